import { complaint, DTypeError } from '../errors.js'
import type { DType } from '../kernels/dtype.js'
import { empty, Tensor } from '../tensor/tensor.js'

/** An element type of the format. */
export interface StoredType {
  /** Of one element. */
  readonly bytes: number
  /**
   * A tensor with these elements and memory of its own.
   *
   * @param what The tensor, for messages.
   * @throws DTypeError when no dtype holds one of them exactly.
   */
  read(who: string, what: string, elements: Uint8Array, shape: readonly number[]): Tensor
}

export const codes: Record<DType, string> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  uint8: 'U8',
}

export const storedTypes: ReadonlyMap<string, StoredType> = new Map([
  ['F32', { bytes: 4, read: as('float32') }],
  ['F64', { bytes: 8, read: as('float64') }],
  ['I32', { bytes: 4, read: as('int32') }],
  ['U8', { bytes: 1, read: as('uint8') }],
  [
    'F16',
    { bytes: 2, read: widened('float32', (view, at) => halves()[view.getUint16(at, true)]!) },
  ],
  ['BF16', { bytes: 2, read: bfloat16 }],
  ['BOOL', { bytes: 1, read: bool }],
  ['I8', { bytes: 1, read: widened('int32', (view, at) => view.getInt8(at)) }],
  ['I16', { bytes: 2, read: widened('int32', (view, at) => view.getInt16(at, true)) }],
  ['U16', { bytes: 2, read: widened('int32', (view, at) => view.getUint16(at, true)) }],
  ['U32', { bytes: 4, read: fitted(4, (view, at) => view.getUint32(at, true)) }],
  ['I64', { bytes: 8, read: fitted(8, (view, at) => view.getBigInt64(at, true)) }],
  ['U64', { bytes: 8, read: fitted(8, (view, at) => view.getBigUint64(at, true)) }],
])

type Read = StoredType['read']

/** The bytes as they are. */
function as(dtype: DType): Read {
  return (_who, _what, elements, shape) => {
    const tensor = empty(shape, dtype)
    new Uint8Array(tensor.buffer).set(elements)
    return tensor
  }
}

/** Each element as it is, in a type that holds all of them. */
function widened(dtype: DType, element: (view: DataView, at: number) => number): Read {
  return (_who, _what, elements, shape) => {
    const tensor = empty(shape, dtype)
    const { data } = tensor
    const view = viewOf(elements)
    const bytes = elements.length / data.length
    for (let i = 0; i < data.length; i++) data[i] = element(view, bytes * i)
    return tensor
  }
}

/** bfloat16 is the upper half of a float32. */
function bfloat16(
  _who: string,
  _what: string,
  elements: Uint8Array,
  shape: readonly number[],
): Tensor {
  const tensor = empty(shape, 'float32')
  const bits = new Uint32Array(tensor.buffer)
  const view = viewOf(elements)
  for (let i = 0; i < bits.length; i++) bits[i] = view.getUint16(2 * i, true) << 16
  return tensor
}

function bool(who: string, what: string, elements: Uint8Array, shape: readonly number[]): Tensor {
  const odd = elements.findIndex((byte) => byte > 1)
  if (odd >= 0) throw inexact(who, what, odd, 'a BOOL, 0 or 1', elements[odd])
  return storedTypes.get('U8')!.read(who, what, elements, shape)
}

/** int32 where that holds every element, else float64 where that does. */
function fitted(bytes: number, element: (view: DataView, at: number) => number | bigint): Read {
  return (who, what, elements, shape) => {
    const tensor = empty(shape, 'float64')
    const { data } = tensor
    const view = viewOf(elements)
    let inInt32 = true
    for (let i = 0; i < data.length; i++) {
      const value = element(view, bytes * i)
      const number = Number(value)
      if (typeof value === 'bigint' && BigInt(number) !== value) {
        throw inexact(who, what, i, 'an integer that float64 can hold', value)
      }
      data[i] = number
      inInt32 &&= number === (number | 0)
    }
    return inInt32 ? tensor.to('int32') : tensor
  }
}

function inexact(who: string, what: string, i: number, expected: string, got: unknown): DTypeError {
  return new DTypeError(
    complaint(who, `element ${i} of ${what}`, expected, got, 'the option only leaves tensors out'),
  )
}

function viewOf(elements: Uint8Array): DataView {
  return new DataView(elements.buffer, elements.byteOffset, elements.byteLength)
}

let halvesByBits: Float32Array | undefined

/** Every float16 by its bits. */
function halves(): Float32Array {
  return (halvesByBits ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => half(bits)))
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
