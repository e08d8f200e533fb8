import { complaint, DTypeError } from '../errors.js'
import type { ParameterSlot } from '../kernels/kernels.js'
import { ALIGNMENT, GradientBuffer, type Placed } from '../nn/gradient-buffer.js'
import type { Parameter } from '../nn/parameter.js'
import type { FloatDType, TypedArray } from '../kernels/dtype.js'
import { abandon } from '../tensor/abandoned.js'
import { empty, type Tensor } from '../tensor/tensor.js'

/** A parameter with its place among the gradients and in each state array. */
interface Member extends Placed {
  readonly parameter: Parameter
  /** Its place in the group. */
  readonly index: number
}

/**
 * The parameters of a group that share a dtype, with their gradients in one flat buffer and their state in
 * another, so that a step over all of them is one kernel call.
 */
export class Bucket {
  /** Elements of one state array. */
  readonly stateLength: number
  state: Tensor
  slots: readonly ParameterSlot[] = []
  readonly #members: readonly Member[]
  readonly #dtype: FloatDType

  constructor(dtype: FloatDType, parameters: readonly Parameter[]) {
    const members: Member[] = []
    let offset = 0
    parameters.forEach((parameter, index) => {
      if (parameter.dtype !== dtype) return
      members.push({ parameter, index, offset })
      offset += Math.ceil(parameter.length / ALIGNMENT) * ALIGNMENT
    })
    this.#dtype = dtype
    this.#members = members
    this.stateLength = offset
    this.state = empty([0], dtype)
    GradientBuffer.house(dtype, members, offset)
  }

  /**
   * Brings `slots` in line with the gradients that are there. A step of an unchanged network finds
   * them so and allocates nothing.
   *
   * @throws DTypeError when a parameter has changed its dtype.
   */
  collect(where: string): void {
    let count = 0
    let same = true
    for (const { parameter, index } of this.#members) {
      if (parameter.grad === null) continue
      const slot = this.slots[count++]
      same &&= slot !== undefined && slot.index === index && slot.gradient === parameter.grad
    }
    if (!same || count !== this.slots.length) this.slots = this.#build(where)
  }

  #build(where: string): ParameterSlot[] {
    const slots: ParameterSlot[] = []
    for (const { parameter, index, offset } of this.#members) {
      const gradient = parameter.grad
      if (gradient === null) continue
      if (parameter.dtype !== this.#dtype) {
        const hint = 'make the optimizer after module.to()'
        throw new DTypeError(
          complaint(where, `parameter ${index}`, `${this.#dtype} as before`, parameter.dtype, hint),
        )
      }
      slots.push({ parameter, gradient, index, stateOffset: offset })
    }
    return slots
  }

  /** Makes room for `count` state arrays, keeping those that exist; new ones hold `initial`. */
  reserve(count: number, initial: number): void {
    if (this.state.length >= count * this.stateLength) return
    const grown = empty([count * this.stateLength], this.#dtype)
    grown.elements.set(this.state.elements)
    grown.elements.fill(initial, this.state.length)
    abandon(this.state.buffer)
    this.state = grown
  }

  /**
   * The part of each of `count` state arrays that belongs to a parameter of the group, not copied (new
   * ones hold `initial`); null when the parameter is in another bucket.
   */
  partsOf(index: number, count: number, initial: number): TypedArray[] | null {
    const member = this.#members.find((candidate) => candidate.index === index)
    if (member === undefined) return null
    this.reserve(count, initial)
    const { data } = this.state
    return Array.from({ length: count }, (_, array) => {
      const start = array * this.stateLength + member.offset
      return data.subarray(start, start + member.parameter.length)
    })
  }
}
