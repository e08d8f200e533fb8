import { type FloatDType, type nn, type optim, rand, type Tensor, tensor } from '../../ts/index.js'

/** A network with all that its training step needs, made from a seed. */
export interface Training {
  readonly model: nn.Module
  readonly optimizer: optim.Optimizer<{ lr: number }>
  readonly inputs: { readonly x: Tensor; readonly y: Tensor }
  /** One step; returns the loss. */
  step(batch: { x: Tensor; y: Tensor }): Tensor
  /** What changes after half of the steps. */
  readonly halfway?: () => void
}

export interface Parts extends Pick<Training, 'model' | 'optimizer' | 'halfway'> {
  readonly criterion: nn.Criterion
  readonly x: Tensor
  readonly y: Tensor
  /** Between backward and the optimizer's step. */
  readonly clip?: (parameters: nn.Parameter[]) => void
  /** Backward passes whose gradients add up. Default 1. */
  readonly passes?: number
}

export function training({ criterion, x, y, clip, passes = 1, ...parts }: Parts): Training {
  const { model, optimizer } = parts
  return {
    ...parts,
    inputs: { x, y },
    step(batch) {
      optimizer.zeroGrad()
      let loss: Tensor
      let pass = 0
      do {
        const prediction = model.forward(batch.x)
        loss = criterion.forward(prediction, batch.y)
        model.backward(batch.x, criterion.backward(prediction, batch.y))
      } while (++pass < passes)
      clip?.(model.parameters())
      optimizer.step()
      return loss
    },
  }
}

/** Random numbers of [-1, 1). */
export function signed(shape: readonly number[], dtype: FloatDType): Tensor {
  const x = rand(shape, { dtype })
  for (let i = 0; i < x.length; i++) x.data[i] = 2 * x.data[i]! - 1
  return x
}

/** Whole numbers below `classes`. */
export function labels(length: number, classes: number): Tensor {
  const values = Array.from({ length }, (_, i) => (7 * i * i + 13 * i + 2) % classes)
  return tensor(values, { dtype: 'int32' })
}
