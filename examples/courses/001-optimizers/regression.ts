// The regression of the document: y = x² on [-2, 2) by a network 1-100-1, one sample a step.
import {
  capture,
  Generator,
  nn,
  optim,
  rand,
  randn,
  type Tensor,
  tensor,
  zeros,
} from '../../../ts/index.js'

type Parameters = nn.Parameter[]

/** The document's optimizers, its forms without bias correction and ε by options of ours. */
export const optimizers = {
  // v = m v - γ g, w = w + v: at a constant γ the same as PyTorch's b = m b + g, w = w - γ b
  'SGD with momentum': (p: Parameters) => new optim.SGD(p, { lr: 0.001, momentum: 0.99 }),
  Adagrad: (p: Parameters) => new optim.Adagrad(p, { lr: 0.001, eps: 0 }),
  RMSprop: (p: Parameters) => new optim.RMSprop(p, { lr: 0.001, alpha: 0.99, eps: 0 }),
  Adam: (p: Parameters) =>
    new optim.Adam(p, { lr: 0.001, betas: [0.99, 0.99], eps: 0, biasCorrection: false }),
} as const
export type OptimizerName = keyof typeof optimizers

/** 2,000 rows of one sample each. The noise is one number for all of them, as the document has it. */
export function samples(generator: Generator): { x: Tensor; y: Tensor } {
  const x = rand([2000, 1, 1], { generator })
  const y = zeros([2000, 1, 1])
  const noise = 0.1 * randn([1], { generator }).item()
  x.data.forEach((u, i) => {
    x.data[i] = (u - 0.5) * 4
    y.data[i] = x.data[i] ** 2 + noise
  })
  return { x, y }
}

/** Weights and biases of the document's layers: uniform in [0, 0.1). */
export function network(generator: Generator): nn.Sequential {
  const model = new nn.Sequential(new nn.Linear(1, 100), new nn.Sigmoid(), new nn.Linear(100, 1))
  for (const parameter of model.parameters()) nn.init.uniform_(parameter, 0, 0.1, { generator })
  return model
}

/**
 * Trains by one captured step, a scan an epoch; yields what the network makes of 1, 2, -1 and -2 after
 * each. The document's layers divide the sum of the samples' gradients by the batch size while its
 * loss is a plain square: together the gradient of `MSELoss` with reduction 'mean', here of one
 * output a sample. At batch size 1 the reductions 'mean' and 'sum' are the same.
 */
export async function* learn(name: OptimizerName, seed: number, epochs: number) {
  const generator = new Generator(seed)
  const { x, y } = samples(generator)
  const model = network(generator)
  const optimizer = optimizers[name](model.parameters())
  const criterion = new nn.MSELoss()
  const step = capture(
    (sample: { x: Tensor; y: Tensor }) => {
      optimizer.zeroGrad()
      const prediction = model.forward(sample.x)
      const loss = criterion.forward(prediction, sample.y)
      model.backwardParameters(sample.x, criterion.backward(prediction, sample.y))
      optimizer.step()
      return loss
    },
    { inputs: { x: zeros([1, 1]), y: zeros([1, 1]) } },
  )
  for (let epoch = 0; epoch < epochs; epoch++) {
    await step.scan({ x, y })
    yield Array.from(model.forward(tensor([[1], [2], [-1], [-2]])).data)
  }
}
