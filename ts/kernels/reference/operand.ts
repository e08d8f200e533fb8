import { DTypeError, ValueError } from '../../errors.js'
import { itemSize, type TypedArray, viewOf } from '../dtype.js'
import type { View } from '../kernels.js'

/** The elements of a float operand. */
export type Floats = Float32Array | Float64Array

const nothing = {
  float32: new Float32Array(0),
  float64: new Float64Array(0),
  int32: new Int32Array(0),
  uint8: new Uint8Array(0),
} as const

/**
 * The first `n` elements of an operand, after checking that its buffer still holds them. Every
 * operation fetches all of its operands through here before it writes, so one that throws has
 * changed nothing.
 *
 * @throws ValueError naming the operation and the operand.
 */
export function elements(view: View, n: number, op: string, operand: string): TypedArray {
  const { dtype, buffer, byteOffset } = view
  const size = itemSize[dtype]
  const rest = Math.max(0, buffer.byteLength - byteOffset)
  if (n < 0 || n * size > rest) {
    throw new ValueError(
      `${op}: ${operand} needs ${n} x ${size} bytes, its buffer holds ${rest} from there on; ` +
        'was the ArrayBuffer detached or resized?',
    )
  }
  if (byteOffset % size !== 0) {
    throw new ValueError(`${op}: ${operand} does not start at a multiple of ${size} bytes`)
  }
  // a typed array over a detached buffer cannot be made, not even one of no elements
  return n === 0 ? nothing[dtype] : viewOf(dtype, buffer, byteOffset, n)
}

/** `elements` of an operand that must be float32 or float64. */
export function floats(view: View, n: number, op: string, operand: string): Floats {
  if (view.dtype !== 'float32' && view.dtype !== 'float64') {
    throw new DTypeError(`${op}: expected float32 or float64, got ${view.dtype}`)
  }
  return elements(view, n, op, operand) as Floats
}

/** `floats` of an operand that may be left out. */
export function optionalFloats(
  view: View | null,
  n: number,
  op: string,
  operand: string,
): Floats | null {
  return view === null ? null : floats(view, n, op, operand)
}

/** `elements` of an operand that must be float64: hyper-parameters, step counters, norms. */
export function doubles(view: View, n: number, op: string, operand: string): Float64Array {
  if (view.dtype !== 'float64') {
    throw new DTypeError(`${op}: expected ${operand} to be float64, got ${view.dtype}`)
  }
  return elements(view, n, op, operand) as Float64Array
}

/** `elements` of an operand that must be int32: indices, labels, generator states. */
export function ints(view: View, n: number, op: string, operand: string): Int32Array {
  if (view.dtype !== 'int32') {
    throw new DTypeError(`${op}: expected ${operand} to be int32, got ${view.dtype}`)
  }
  return elements(view, n, op, operand) as Int32Array
}

/** `elements` of an operand that must be uint8: masks. */
export function bytes(view: View, n: number, op: string, operand: string): Uint8Array {
  if (view.dtype !== 'uint8') {
    throw new DTypeError(`${op}: expected ${operand} to be uint8, got ${view.dtype}`)
  }
  return elements(view, n, op, operand) as Uint8Array
}
