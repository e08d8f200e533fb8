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
  /** Which one of the stream each row was, from 1 on. */
  readonly #numbers: Float64Array
  #seen = 0
  #length = 0
  #draws: ArrayLike<number> = []
  #next = 0

  constructor(capacity: number, generator: Generator | undefined) {
    this.#capacity = capacity
    this.#numbers = new Float64Array(capacity)
    this.#generator = generator
  }

  /** Rows that it holds. */
  get length(): number {
    return this.#length
  }

  /** Rows of the stream so far. */
  get seen(): number {
    return this.#seen
  }

  /** What it holds, for those who look into it: of each tensor the rows. */
  get rows(): readonly Tensor[] {
    return (this.#kept ?? []).map((kept) => kept.narrow(0, 0, this.length))
  }

  /** Takes rows in: the first dimension of tensors that belong together. */
  add(tensors: readonly Tensor[]): void {
    const rows = tensors[0]!.shape[0]!
    this.#kept ??= tensors.map(({ shape, dtype }) =>
      empty([this.#capacity, ...shape.slice(1)], dtype),
    )
    for (let row = 0; row < rows; row++) {
      const place =
        this.#length < this.#capacity
          ? this.#length++
          : Math.floor(this.#uniform() * (this.#seen + 1))
      this.#seen++
      if (place >= this.#capacity) continue
      this.#numbers[place] = this.#seen
      this.#kept.forEach((kept, i) => {
        copyRow(tensors[i]!, row, kept, place)
      })
    }
  }

  /** Forgets the rows of the stream that came after the first `seen` of them. */
  forgetAfter(seen: number): void {
    let length = 0
    for (let place = 0; place < this.#length; place++) {
      if (this.#numbers[place]! > seen) continue
      this.#numbers[length] = this.#numbers[place]!
      if (length < place) for (const kept of this.#kept!) copyRow(kept, place, kept, length)
      length++
    }
    this.#length = length
    this.#seen = Math.min(this.#seen, seen)
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
