import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { leadingSize } from './functional/linear.js'
import type { Module } from './module.js'
import type { Parameter } from './parameter.js'

/** What a layer over the last dimension derives from its input's shape, kept until another comes. */
export class FeaturePlan {
  outputShape: Shape = []
  /** Product of all sizes but the last. */
  rows = 0
  #inputShape: Shape | null = null

  /** @throws ValueError when a size is not a whole number ≥ 0. */
  constructor(
    who: string,
    readonly inFeatures: number,
    readonly outFeatures: number,
  ) {
    for (const [name, size] of Object.entries({ inFeatures, outFeatures })) {
      if (!Number.isInteger(size) || size < 0) {
        throw new ValueError(complaint(who, name, 'a whole number of at least 0', size))
      }
    }
  }

  /** @throws ShapeError unless the last size is inFeatures. */
  take(layer: Module, shape: Shape): void {
    if (this.#inputShape !== null && sameShape(shape, this.#inputShape)) return
    if (shape.at(-1) !== this.inFeatures) {
      const size = shape.reduce((product, dim) => product * dim, 1)
      const flat = shape.length > 2 && shape[0]! * this.inFeatures === size
      throw new ShapeError(
        complaint(
          layer.describe(),
          'input',
          `shape (…, ${this.inFeatures})`,
          `shape ${formatShape(shape)}`,
          flat ? 'put nn.Flatten() before it' : undefined,
        ),
      )
    }
    this.outputShape = Object.freeze([...shape.slice(0, -1), this.outFeatures])
    this.rows = leadingSize(shape)
    this.#inputShape = shape
  }
}

/**
 * For layers that let users put other parameters in, to share them say.
 *
 * @throws ShapeError, DTypeError unless they have these shapes and the dtype of the first.
 */
export function checkParameters(
  layer: Module,
  parameters: Readonly<Record<string, readonly [Parameter | null, Shape]>>,
): void {
  const dtype = Object.values(parameters)[0]![0]!.dtype
  for (const [name, [parameter, shape]] of Object.entries(parameters)) {
    if (parameter === null) continue
    if (!sameShape(parameter.shape, shape)) {
      const [expected, got] = [formatShape(shape), formatShape(parameter.shape)]
      throw new ShapeError(complaint(layer.describe(), name, `shape ${expected}`, `shape ${got}`))
    }
    if (parameter.dtype !== dtype) {
      throw new DTypeError(
        complaint(layer.describe(), name, `${dtype} as the weight is`, parameter.dtype),
      )
    }
  }
}

/** The error for an input of another dtype than the weight's. */
export function otherDtype(layer: Module, input: Tensor, weight: Parameter): DTypeError {
  return new DTypeError(
    complaint(
      layer.describe(),
      'input',
      `${weight.dtype} as the weight is`,
      input.dtype,
      `use input.to('${weight.dtype}')`,
    ),
  )
}
