import { allocate } from '../kernels/allocate.js'
import { type FloatDType, itemSize } from '../kernels/dtype.js'
import { keepHere } from '../tensor/memory.js'
import { Tensor } from '../tensor/tensor.js'
import { sharePlaces } from '../tensor/written.js'

/**
 * Gradients, and parts of an optimizer's state, start on multiples of so many elements, and so on whole cache lines:
 * 64 bytes are 16 float32 or 8 float64. What is left between two of them belongs to nobody.
 */
export const ALIGNMENT = 16

/** Where the gradient of a parameter lies. */
export interface GradientHome {
  readonly buffer: GradientBuffer
  /** In elements. */
  readonly offset: number
}

/** A parameter with the place of its gradient. */
export interface Placed {
  readonly parameter: { gradHome: GradientHome | null }
  readonly offset: number
}

/**
 * The gradients of some parameters of one dtype, side by side in one ArrayBuffer, which is made when the
 * first of them is needed. What goes over all of them goes over few runs of memory: see `partsOf`.
 *
 * The ArrayBuffer cannot be transferred to another thread, which would take all of them away.
 */
export class GradientBuffer {
  readonly #dtype: FloatDType
  readonly #offsets: readonly number[]
  readonly #length: number
  #memory: ArrayBuffer | null = null

  private constructor(dtype: FloatDType, offsets: readonly number[], length: number) {
    this.#dtype = dtype
    this.#offsets = offsets
    this.#length = length
  }

  /**
   * Has the gradients of these parameters lie side by side from their next first share on, in the order of
   * their offsets. Where they do already, as those of another optimizer, they stay.
   */
  static house(dtype: FloatDType, placed: readonly Placed[], length: number): void {
    if (isHoused(placed)) return
    const offsets = placed.map(({ offset }) => offset)
    const buffer = new GradientBuffer(dtype, offsets, length)
    for (const { parameter, offset } of placed) parameter.gradHome = { buffer, offset }
  }

  /** The place of a gradient as a tensor like its parameter. */
  at(offset: number, { shape, length }: Tensor): Tensor {
    this.#memory ??= this.#make()
    return new Tensor(this.#memory, offset * itemSize[this.#dtype], shape, this.#dtype, length)
  }

  /** Zeros, so that what lies between two gradients counts for nothing. */
  #make(): ArrayBuffer {
    // Not of a step that is being captured, but of all steps.
    const memory = allocate(this.#length * itemSize[this.#dtype])
    keepHere(memory)
    const begins = this.#offsets.map((offset) => offset * itemSize[this.#dtype])
    sharePlaces(memory, begins)
    return memory
  }
}

function isHoused(placed: readonly Placed[]): boolean {
  const first = placed[0]?.parameter.gradHome
  if (!first) return false
  const start = first.offset - placed[0]!.offset
  return placed.every(({ parameter: { gradHome }, offset }) => {
    return gradHome?.buffer === first.buffer && gradHome.offset === start + offset
  })
}
