import { checkArguments, checkPath, isWithin } from '../check.js'
import { promisify, types } from 'node:util'
import type { ZlibOptions } from 'node:zlib'
import { complaint, FormatError } from '../errors.js'
import type { DType } from '../kernels/dtype.js'
import { dtype, type Option, type Options, readOptions } from '../options.js'
import { empty, formatShape, type Tensor } from '../tensor/tensor.js'
import { readWhole, readWholeSync } from './whole-file.js'

export interface ReadIdxOptions {
  /**
   * Element type of the tensor. Default: that of the file (`uint8`, `int32` for 8- to 32-bit signed
   * integers, `float32`, `float64`). `int32` makes class indices out of a file of labels.
   */
  dtype?: DType
  /**
   * Most bytes that a gzip stream may unpack to. Default 1 GiB. A stream is unpacked no further than the
   * sizes at its beginning say.
   */
  maxBytes?: number
}

/** A path, a `file:` URL, or the bytes themselves. */
export type IdxSource = string | URL | Uint8Array

interface ElementType {
  readonly name: string
  readonly bytes: number
  readonly dtype: DType
  read(view: DataView, offset: number): number
}

// The type codes of the format; multi-byte elements are big-endian.
const elementTypes = new Map<number, ElementType>([
  [0x08, { name: 'uint8', bytes: 1, dtype: 'uint8', read: (view, at) => view.getUint8(at) }],
  [0x09, { name: 'int8', bytes: 1, dtype: 'int32', read: (view, at) => view.getInt8(at) }],
  [0x0b, { name: 'int16', bytes: 2, dtype: 'int32', read: (view, at) => view.getInt16(at) }],
  [0x0c, { name: 'int32', bytes: 4, dtype: 'int32', read: (view, at) => view.getInt32(at) }],
  [0x0d, { name: 'float32', bytes: 4, dtype: 'float32', read: (view, at) => view.getFloat32(at) }],
  [0x0e, { name: 'float64', bytes: 8, dtype: 'float64', read: (view, at) => view.getFloat64(at) }],
])

const MAX_ELEMENTS = 2 ** 31 - 1

const MAX_BYTES: Option<number> = {
  initial: 2 ** 30,
  expected: 'a number of at least 1',
  accepts: (value) => isWithin(value, 1, Infinity),
}

const OPTIONS = { dtype: dtype(), maxBytes: MAX_BYTES } satisfies Options<ReadIdxOptions>

/** Bytes of a gzip stream in which the header must come; they unpack to 16 MiB at most. */
const BEGINNING = 2 ** 14

/**
 * Reads a tensor in the IDX format, which MNIST and its successors come in; gzip is recognised by its
 * first bytes.
 *
 * @throws FormatError when the bytes are not IDX, are cut off, go on after the last element, or unpack to
 *   more than `maxBytes`.
 * @see https://yann.lecun.org/exdb/mnist/index.html
 *
 * @example
 * const images = await io.readIdx('train-images-idx3-ubyte.gz')                     // uint8 (60000, 28, 28)
 * const labels = await io.readIdx('train-labels-idx1-ubyte.gz', { dtype: 'int32' }) // int32 (60000)
 */
export async function readIdx(source: IdxSource, options: ReadIdxOptions = {}): Promise<Tensor> {
  checkArguments('readIdx', 2, arguments)
  const who = whoOf(source)
  const { dtype, maxBytes } = readOptions(who, OPTIONS, options)
  const bytes = types.isUint8Array(source) ? source : await readWhole(source)
  if (!isGzip(bytes)) return parse(who, bytes, dtype)
  const maxOutputLength = unpackedLength(who, bytes, maxBytes)
  const { gunzip } = process.getBuiltinModule('node:zlib')
  const unpacked = promisify(gunzip)(bytes, { maxOutputLength })
  return parse(who, await unpacked.catch(corruptGzip(who, maxOutputLength)), dtype)
}

/** As `readIdx`, without a promise. */
export function readIdxSync(source: IdxSource, options: ReadIdxOptions = {}): Tensor {
  checkArguments('readIdxSync', 2, arguments)
  const who = whoOf(source)
  const { dtype, maxBytes } = readOptions(who, OPTIONS, options)
  const bytes = types.isUint8Array(source) ? source : readWholeSync(source)
  if (!isGzip(bytes)) return parse(who, bytes, dtype)
  const maxOutputLength = unpackedLength(who, bytes, maxBytes)
  return parse(who, unzip(who, bytes, { maxOutputLength }), dtype)
}

function whoOf(source: IdxSource): string {
  if (types.isUint8Array(source)) return 'readIdx(buffer)'
  checkPath('readIdx', 'the source', source, 'a path, a file URL or bytes')
  return `readIdx(${String(source)})`
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** What a stream must unpack to, by the header at its beginning. */
function unpackedLength(who: string, bytes: Uint8Array, maxBytes: number): number {
  const beginning = bytes.subarray(0, BEGINNING)
  const { constants } = process.getBuiltinModule('node:zlib')
  const finishFlush = bytes.length > BEGINNING ? constants.Z_SYNC_FLUSH : constants.Z_FINISH
  const { type, shape, start } = parseHeader(who, unzip(who, beginning, { finishFlush }))
  const length = start + countOf(who, shape) * type.bytes
  if (length > maxBytes) {
    const expected = `at most ${maxBytes} bytes, unpacked`
    const got = `${length} for ${formatShape(shape)} of ${type.name}`
    const hint = 'the option maxBytes allows more'
    throw new FormatError(complaint(who, 'the file', expected, got, hint))
  }
  return Math.min(length, process.getBuiltinModule('node:buffer').constants.MAX_LENGTH)
}

function unzip(who: string, bytes: Uint8Array, options: ZlibOptions): Buffer {
  try {
    return process.getBuiltinModule('node:zlib').gunzipSync(bytes, options)
  } catch (error) {
    return corruptGzip(who, options.maxOutputLength)(error)
  }
}

function corruptGzip(who: string, expected: number | undefined): (error: unknown) => never {
  return (error) => {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      fail(who, expected!, 'the data', `at an end after ${expected!} bytes`, 'more of them')
    }
    throw new FormatError(`${who}: the gzip stream is corrupt: ${message}`)
  }
}

function countOf(who: string, shape: readonly number[]): number {
  const count = shape.reduce((product, dim) => product * dim, 1)
  if (count <= MAX_ELEMENTS) return count
  return fail(who, 4, 'the element count', 'at most 2^31 - 1', `${formatShape(shape)} = ${count}`)
}

function parse(who: string, bytes: Uint8Array, dtype: DType | undefined): Tensor {
  const { type, shape, start } = parseHeader(who, bytes)
  const count = countOf(who, shape)
  const end = start + count * type.bytes
  if (bytes.length !== end) {
    const expected = `${end - start} bytes for ${formatShape(shape)} of ${type.name}`
    fail(who, Math.min(bytes.length, end), 'the data', expected, `${bytes.length - start}`)
  }
  const result = empty(shape, type.dtype)
  const { data } = result
  if (type.name === 'uint8') {
    data.set(bytes.subarray(start))
  } else {
    const view = viewOf(bytes)
    for (let i = 0; i < count; i++) data[i] = type.read(view, start + i * type.bytes)
  }
  return result.to(dtype ?? type.dtype)
}

/** Two zero bytes, the element type, the number of dimensions, then each size as 32 bits. */
function parseHeader(
  who: string,
  bytes: Uint8Array,
): { type: ElementType; shape: number[]; start: number } {
  if (bytes.length < 4) fail(who, 0, 'the magic number', '4 bytes', `${bytes.length}`)
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    const got = `${hex(bytes[0]!)} ${hex(bytes[1]!)}`
    fail(who, 0, 'the magic number', '0x00 0x00 and two more bytes', `${got} first`)
  }
  const type = elementTypes.get(bytes[2]!)
  if (type === undefined) {
    const known = Array.from(elementTypes, ([code, { name }]) => `${hex(code)} ${name}`)
    return fail(who, 2, 'the element type', `one of ${known.join(', ')}`, hex(bytes[2]!))
  }
  const rank = bytes[3]!
  const start = 4 + 4 * rank
  if (bytes.length < start) {
    const what = `the ${rank === 1 ? 'size of 1 dimension' : `sizes of ${rank} dimensions`}`
    fail(who, 4, what, `${4 * rank} bytes`, `${bytes.length - 4}`)
  }
  const view = viewOf(bytes)
  return { type, shape: Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i)), start }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function fail(who: string, offset: number, what: string, expected: string, got: string): never {
  throw new FormatError(complaint(`${who}, offset ${offset}`, what, expected, got))
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}
