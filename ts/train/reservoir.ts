import { kernels } from '../kernels/backend.js'
import { itemSize } from '../kernels/dtype.js'
import type { Generator } from '../random/generator.js'
import { rand } from '../random/sample.js'
import { empty, Tensor } from '../tensor/tensor.js'

/** Numbers that are drawn at once. */
const DRAWS = 256

/**
 * A sample of the rows of a stream in bounded memory: after n rows each of them is kept with the same
 * probability, capacity / n.
 *
 * Source: Vitter, Random sampling with a reservoir (1985), algorithm R.
 */
export class Reservoir {
  readonly #capacity: number
  readonly #generator: Generator | undefined
  #kept: readonly Tensor[] | null = null
  #seen = 0
  #draws: ArrayLike<number> = []
  #next = 0

  constructor(capacity: number, generator: Generator | undefined) {
    this.#capacity = capacity
    this.#generator = generator
  }

  /** Rows that it holds. */
  get length(): number {
    return Math.min(this.#seen, this.#capacity)
  }

  /** What it holds, for those who look into it: of each tensor the rows. */
  get rows(): readonly Tensor[] {
    return (this.#kept ?? []).map((kept) => kept.narrow(0, this.length))
  }

  /** Takes rows in: the first dimension of tensors that belong together. */
  add(tensors: readonly Tensor[]): void {
    const rows = tensors[0]!.shape[0]!
    this.#kept ??= tensors.map(({ shape, dtype }) =>
      empty([this.#capacity, ...shape.slice(1)], dtype),
    )
    for (let row = 0; row < rows; row++) {
      const place =
        this.#seen < this.#capacity ? this.#seen : Math.floor(this.#uniform() * (this.#seen + 1))
      this.#seen++
      if (place >= this.#capacity) continue
      this.#kept.forEach((kept, i) => {
        copyRow(tensors[i]!, row, kept, place)
      })
    }
  }

  /** Writes rows, drawn with replacement, behind one another from row `start` of each tensor on. */
  sample(into: readonly Tensor[], start: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const place = Math.floor(this.#uniform() * this.length)
      into.forEach((tensor, t) => {
        copyRow(this.#kept![t]!, place, tensor, start + i)
      })
    }
  }

  /** From 0 to 1; a call of the generator for one number costs as much as a step of a small model. */
  #uniform(): number {
    if (this.#next === this.#draws.length) {
      this.#draws = rand([DRAWS], { dtype: 'float64', generator: this.#generator }).data
      this.#next = 0
    }
    return this.#draws[this.#next++]!
  }
}

/** Copies a row of the first dimension. */
export function copyRow(from: Tensor, row: number, to: Tensor, place: number): void {
  const size = to.length / to.shape[0]!
  kernels().copy({ x: slice(from, row, size), y: slice(to, place, size), n: size })
}

function slice({ buffer, byteOffset, dtype }: Tensor, row: number, size: number): Tensor {
  return new Tensor(buffer, byteOffset + row * size * itemSize[dtype], [size], dtype, size)
}
