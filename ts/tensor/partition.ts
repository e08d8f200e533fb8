import { complaint, ShapeError } from '../errors.js'
import { itemSize } from '../kernels/dtype.js'
import { axisOf } from './axis.js'
import { copyStrided, type Places, placesOf } from './strided.js'
import { formatShape, type Shape, Tensor } from './tensor.js'
import { allocate, sameShape } from './workspace.js'

/** A tensor as parts that lie one after the other along a dimension. */
export class Partition {
  /** Of the whole. */
  readonly shape: Shape
  /** Of the parts. */
  readonly parts: readonly Shape[]
  /** Whether they lie along the first dimension. */
  readonly #first: boolean
  readonly #outer: number
  /** Elements that the whole has for each place of the dimensions before. */
  readonly #stride: number
  readonly #starts: number[] = []
  readonly #sizes: number[] = []

  private constructor(who: string, shape: Shape, dim: number, sizes: readonly number[]) {
    const axis = axisOf(who, shape, dim)
    this.shape = shape
    this.parts = sizes.map((size) => withSize(shape, axis.dim, size))
    this.#first = axis.dim === 0
    this.#outer = axis.outer
    this.#stride = axis.n * axis.inner
    let start = 0
    for (const size of sizes) {
      this.#starts.push(start * axis.inner)
      this.#sizes.push(size * axis.inner)
      start += size
    }
  }

  /**
   * A shape cut into parts of these sizes along a dimension.
   *
   * @throws ShapeError when there is no such dimension or the sizes do not add up to its size.
   */
  static cut(who: string, shape: Shape, dim: number, sizes: readonly number[]): Partition {
    const { n } = axisOf(who, shape, dim)
    if (sizes.reduce((sum, size) => sum + size, 0) !== n) {
      throw new ShapeError(
        complaint(
          who,
          'the sizes of the parts',
          `whole numbers whose sum is ${n}, as dimension ${dim} of ${formatShape(shape)} has`,
          formatShape(sizes),
        ),
      )
    }
    return new Partition(who, shape, dim, sizes)
  }

  /**
   * Parts of these shapes joined along a dimension; at least one.
   *
   * @throws ShapeError when there is no such dimension, or another one differs.
   */
  static join(who: string, shapes: readonly Shape[], dim: number): Partition {
    const first = shapes[0]!
    const { dim: along } = axisOf(who, first, dim)
    for (const shape of shapes) {
      if (
        shape.length === first.length &&
        sameShape(withSize(shape, along, first[along]!), first)
      ) {
        continue
      }
      throw new ShapeError(
        complaint(
          who,
          'the shapes',
          `the same but for dimension ${along}`,
          `${formatShape(first)} and ${formatShape(shape)}`,
        ),
      )
    }
    const sizes = shapes.map((shape) => shape[along]!)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    return new Partition(who, withSize(first, along, total), along, sizes)
  }

  /** part = part `index` of `whole`. */
  read(whole: Tensor, index: number, part: Tensor): void {
    const sizes = [this.#outer, this.#sizes[index]!]
    copyStrided(whole, this.#places(index), part, placesOf(sizes), sizes)
  }

  /** Part `index` of `whole` as a tensor of its own; along dimension 0 it shares memory. */
  part(whole: Tensor, index: number, shape: Shape): Tensor {
    if (this.#first) {
      const { buffer, byteOffset, dtype } = whole
      const start = byteOffset + this.#starts[index]! * itemSize[dtype]
      return new Tensor(buffer, start, shape, dtype, this.#sizes[index]!)
    }
    const part = allocate(shape, whole.dtype)
    this.read(whole, index, part)
    return part
  }

  /** Part `index` of `whole` = part. */
  write(whole: Tensor, index: number, part: Tensor): void {
    const sizes = [this.#outer, this.#sizes[index]!]
    copyStrided(part, placesOf(sizes), whole, this.#places(index), sizes)
  }

  #places(index: number): Places {
    return { offset: this.#starts[index]!, strides: [this.#stride, 1] }
  }
}

/**
 * Sizes of equal parts of a shape along a dimension.
 *
 * @throws ShapeError when there is no such dimension, or `count` does not divide its size.
 */
export function equalSizes(who: string, shape: Shape, dim: number, count: number): number[] {
  const { n } = axisOf(who, shape, dim)
  if (n % count === 0) return Array<number>(count).fill(n / count)
  const expected = `of a size along dimension ${dim} that ${count} divides`
  throw new ShapeError(complaint(who, 'input', expected, `shape ${formatShape(shape)}`))
}

function withSize(shape: Shape, dim: number, size: number): Shape {
  return Object.freeze(shape.map((old, i) => (i === dim ? size : old)))
}
