import { complaint, DTypeError } from '../../errors.js'
import type { DType } from '../dtype.js'
import type { ParameterSlot } from '../kernels.js'
import { type Floats, floats } from './operand.js'

/** How many elements of a per-parameter array the slots reach to. */
export const counterExtent = (slots: readonly ParameterSlot[]): number =>
  slots.reduce((most, slot) => Math.max(most, slot.index + 1), 0)

export interface Pair {
  readonly parameter: Floats
  readonly gradient: Floats
  readonly index: number
  readonly stateOffset: number
}

/** All parameters and gradients, checked before the first of them is written. */
export function pairs(slots: readonly ParameterSlot[], dtype: DType, op: string): Pair[] {
  return slots.map(({ parameter, gradient, index, stateOffset }) => {
    if (parameter.dtype !== dtype || gradient.dtype !== dtype) {
      throw new DTypeError(
        complaint(
          op,
          'every parameter and gradient',
          `${dtype}, as the first of this call`,
          `parameter ${parameter.dtype}, gradient ${gradient.dtype}`,
        ),
      )
    }
    return {
      parameter: floats(parameter, gradient.length, op, 'parameter'),
      gradient: floats(gradient, gradient.length, op, 'gradient'),
      index,
      stateOffset,
    }
  })
}
