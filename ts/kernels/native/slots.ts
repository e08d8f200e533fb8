import { complaint, DTypeError } from '../../errors.js'
import type { DType } from '../dtype.js'
import type { ParameterSlot } from '../kernels.js'

/** The element type of slots. */
export const dtypeOf = (slots: readonly ParameterSlot[]): DType =>
  slots[0]?.gradient.dtype ?? 'float32'

/** The slots as arguments. The core takes one dtype a call, so a mixture is refused here. */
export function flatten(
  op: string,
  dtype: DType,
  slots: readonly ParameterSlot[],
): (ArrayBuffer | number)[] {
  const flat: (ArrayBuffer | number)[] = []
  for (const { parameter, gradient, index, stateOffset } of slots) {
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
    flat.push(
      parameter.buffer,
      parameter.byteOffset,
      gradient.buffer,
      gradient.byteOffset,
      gradient.length,
      index,
      stateOffset,
    )
  }
  return flat
}
