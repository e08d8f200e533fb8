import { isIterable, itemsOf } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { type FloatDType, itemSize } from '../../kernels/dtype.js'
import type { ParameterSlot, View } from '../../kernels/kernels.js'
import { Parameter } from '../parameter.js'

/** Gradients that lie one after the other, as one vector. */
interface Run extends View {
  length: number
}

/** Gradients of one dtype, for a kernel call takes one. */
export interface Part {
  readonly dtype: FloatDType
  readonly runs: readonly Run[]
  readonly slots: readonly ParameterSlot[]
}

/**
 * The gradients of parameters by dtype, in as few runs of memory as they lie in; those without a gradient
 * are left out.
 *
 * @throws ValueError when something is no Parameter.
 */
export function partsOf(who: string, parameters: Parameter | Iterable<Parameter>): Part[] {
  const items = isIterable(parameters) ? itemsOf(who, 'the parameters', parameters) : [parameters]
  const found: Record<FloatDType, Run[]> = { float32: [], float64: [] }
  for (const parameter of items) {
    if (!(parameter instanceof Parameter)) {
      const hint = 'pass model.parameters()'
      throw new ValueError(complaint(who, 'every item', 'a Parameter', parameter, hint))
    }
    if (parameter.grad !== null) add(found[parameter.dtype], parameter.grad)
  }
  return (['float32', 'float64'] as const)
    .filter((dtype) => found[dtype].length > 0)
    .map((dtype) => {
      const runs = found[dtype]
      return { dtype, runs, slots: runs.map(slotOf) }
    })
}

function add(runs: Run[], { buffer, byteOffset, length, dtype }: View): void {
  const last = runs.at(-1)
  const end = last === undefined ? 0 : last.byteOffset + last.length * itemSize[dtype]
  if (last?.buffer === buffer && end === byteOffset) last.length += length
  else runs.push({ buffer, byteOffset, length, dtype })
}

/** For kernels that look at gradients alone. */
export function slotOf(gradient: View): ParameterSlot {
  return { parameter: gradient, gradient, index: 0, stateOffset: 0 }
}
