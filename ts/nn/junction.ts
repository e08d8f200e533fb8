import { complaint, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { BinaryKind, Broadcast } from '../kernels/kernels.js'
import { checkFloat } from '../tensor/create.js'
import { checkOneDType } from '../ops/cat.js'
import { Partition } from '../tensor/partition.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'

/**
 * Where one tensor meets one tensor a branch. `part` is the way out, `whole` the way back, and each is
 * the other's gradient. Results come from `allocate`.
 */
export interface Junction {
  /**
   * Prepares for a tensor that goes out to `count` branches.
   *
   * @throws ShapeError when it cannot be shared out.
   */
  planWhole(who: string, whole: Tensor, count: number): void
  /**
   * Prepares for what comes back from the branches.
   *
   * @throws ShapeError, DTypeError when it does not go together.
   */
  planParts(who: string, parts: readonly Tensor[]): void
  /** What branch `index` gets of `whole`, which has the planned shape. */
  part(whole: Tensor, index: number): Tensor
  /** What the branches' tensors, of the planned shapes, make together. */
  whole(parts: readonly Tensor[]): Tensor
}

/** Every branch gets the tensor itself; what comes back is added up. */
export class Shared implements Junction {
  planWhole(): void {}

  planParts(who: string, parts: readonly Tensor[]): void {
    const { shape, dtype } = parts[0]!
    checkFloat(who, 'what a branch gives', dtype)
    checkOneDType(who, parts)
    for (const part of parts) checkShape(who, part, shape)
  }

  part(whole: Tensor): Tensor {
    return whole
  }

  whole(parts: readonly Tensor[]): Tensor {
    const [first, second, ...others] = parts
    const { shape, dtype, length } = first!
    const sum = allocate(shape, dtype)
    if (second === undefined) {
      kernels().copy({ x: first!, y: sum, n: length })
    } else {
      kernels().binary({
        kind: BinaryKind.add,
        broadcast: Broadcast.none,
        a: first!,
        b: second,
        out: sum,
        rows: 1,
        cols: length,
      })
    }
    for (const other of others) kernels().axpby({ x: other, y: sum, n: length, alpha: 1, beta: 1 })
    return sum
  }
}

/** Every branch has its part along a dimension. */
export class Parts implements Junction {
  #partition: Partition | null = null

  /**
   * @param dim The dimension.
   * @param sizes Of the parts; null: equal ones, or what comes back.
   */
  constructor(
    readonly dim: number,
    readonly sizes: readonly number[] | null = null,
  ) {}

  planWhole(who: string, { shape }: Tensor, count: number): void {
    if (this.#partition !== null && sameShape(this.#partition.shape, shape)) return
    this.#partition =
      this.sizes === null
        ? Partition.equal(who, shape, this.dim, count)
        : Partition.cut(who, shape, this.dim, this.sizes)
  }

  planParts(who: string, parts: readonly Tensor[]): void {
    checkOneDType(who, parts)
    const planned = this.#partition?.parts
    if (planned?.every((shape, i) => sameShape(shape, parts[i]!.shape))) return
    const shapes = parts.map(({ shape }) => shape)
    this.#partition = Partition.join(who, shapes, this.dim)
  }

  part(whole: Tensor, index: number): Tensor {
    const partition = this.#partition!
    const part = allocate(partition.parts[index]!, whole.dtype)
    partition.read(whole, index, part)
    return part
  }

  whole(parts: readonly Tensor[]): Tensor {
    const partition = this.#partition!
    const whole = allocate(partition.shape, parts[0]!.dtype)
    for (let i = 0; i < parts.length; i++) partition.write(whole, i, parts[i]!)
    return whole
  }
}

/** @throws ShapeError unless what a branch gives has this shape. */
function checkShape(who: string, { shape }: Tensor, expected: Shape): void {
  if (sameShape(shape, expected)) return
  throw new ShapeError(
    complaint(
      who,
      'what all branches give',
      `of one shape, ${formatShape(expected)}`,
      formatShape(shape),
    ),
  )
}
