// What a type checker reads: values and types of every part, in the ways that users write them.
import {
  capture,
  data,
  fit,
  type History,
  io,
  metrics,
  nn,
  optim,
  type Shape,
  tensor,
  Tensor,
  ValueError,
} from 'gradlane'

class Scale extends nn.Module {
  readonly scale = new nn.Parameter(tensor([1]))
  protected override computeOutput(x: Tensor): Tensor {
    return x
  }
  protected override computeGradInput(_x: Tensor, gradOutput: Tensor): Tensor {
    return gradOutput
  }
}

export async function train(url: URL, signal: AbortSignal): Promise<History> {
  const x: Tensor = tensor([[0, 1]])
  const shape: Shape = x.shape
  const model = new nn.Sequential(new nn.Linear(shape[1] ?? 1, 2), new Scale())
  const optimizer: optim.AdamW = new optim.AdamW(model.parameters(), { lr: 1e-3 })
  const criterion = new nn.CrossEntropyLoss()
  const loader = new data.DataLoader([x, tensor([1], { dtype: 'int32' })], { batchSize: 1 })
  const accuracy = new metrics.Accuracy()
  const step = capture(() => model.forward(x))
  await step.run()
  await io.saveSafetensors(model.stateDict(), url)
  try {
    return await fit(model, loader, {
      criterion,
      optimizer,
      epochs: 1,
      metrics: [accuracy],
      signal,
    })
  } catch (error) {
    if (error instanceof ValueError) throw new Error(error.code, { cause: error })
    throw error
  }
}
