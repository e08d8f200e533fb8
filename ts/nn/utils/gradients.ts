import { isIterable, itemsOf } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import type { ParameterSlot } from '../../kernels/kernels.js'
import { Parameter } from '../parameter.js'

const dtypes = ['float32', 'float64'] as const

/**
 * The gradients of parameters by dtype, for a kernel call takes one; those without a gradient are left
 * out.
 *
 * @throws ValueError when something is no Parameter.
 */
export function partsOf(
  who: string,
  parameters: Parameter | Iterable<Parameter>,
): ParameterSlot[][] {
  const items = isIterable(parameters) ? itemsOf(who, 'the parameters', parameters) : [parameters]
  const slots = items.flatMap((parameter) => slotOf(who, parameter))
  return dtypes
    .map((dtype) => slots.filter(({ gradient }) => gradient.dtype === dtype))
    .filter((part) => part.length > 0)
}

function slotOf(who: string, parameter: unknown): ParameterSlot[] {
  if (!(parameter instanceof Parameter)) {
    const hint = 'pass model.parameters()'
    throw new ValueError(complaint(who, 'every item', 'a Parameter', parameter, hint))
  }
  const { grad: gradient } = parameter
  return gradient === null ? [] : [{ parameter, gradient, index: 0, stateOffset: 0 }]
}
