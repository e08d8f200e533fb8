import { noGrad } from '../autograd/grad-mode.js'
import type { Dataset } from '../data/dataset.js'
import { WindowDataset } from '../data/sequences/windows.js'
import { mul, sub } from '../ops/index.js'
import { tensor } from '../tensor/create.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { featuresOf, type Layout, type Scaling, widthOf } from './features.js'
import type { Series } from './series.js'

/** Windows (N, past, width) whose first column is told from its last value, and that value, shape (N, 1). */
export function fromLast(x: Tensor, first: Tensor): { x: Tensor; last: Tensor } {
  const last = x.narrow(1, x.shape[1]! - 1, 1).narrow(2, 0, 1)
  return { x: sub(x, mul(last, first)), last: last.reshape([-1, 1]) }
}

/** 1 for the first column, 0 for the others: shape (1, 1, width). */
export function firstOf(width: number): Tensor {
  return tensor([[Array.from({ length: width }, (_, i) => (i === 0 ? 1 : 0))]])
}

/** The windows of all series, told from the last value of each. */
export class SeriesWindows implements Dataset<[Tensor, Tensor]> {
  readonly length: number
  readonly #windows: WindowDataset
  readonly #first: Tensor

  constructor(series: readonly Series[], scaling: Scaling, layout: Layout) {
    const { past, horizon } = layout
    const width = widthOf(layout)
    const lengths = series.map(({ target }) => target.length)
    const steps = lengths.reduce((sum, length) => sum + length, 0)
    const all = empty([steps, width], 'float32')
    let at = 0
    for (const each of series) {
      const features = featuresOf(each, scaling, layout)
      ;(all.data as Float32Array).set(features, at)
      at += features.length
    }
    this.#windows = new WindowDataset(all, { past, horizon, target: 0, lengths })
    this.length = this.#windows.length
    this.#first = firstOf(width)
  }

  get(index: number): [Tensor, Tensor] {
    const [x, y] = this.#windows.get(index)
    return this.#told(x.reshape([1, ...x.shape]), y.reshape([1, ...y.shape])).map((part) =>
      part.reshape(part.shape.slice(1)),
    ) as [Tensor, Tensor]
  }

  gather(index: Tensor): [Tensor, Tensor] {
    return this.#told(...this.#windows.gather(index))
  }

  #told(x: Tensor, y: Tensor): [Tensor, Tensor] {
    return noGrad(() => {
      const told = fromLast(x, this.#first)
      return [told.x, sub(y, told.last)]
    })
  }
}
