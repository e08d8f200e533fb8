import { types } from 'node:util'

import { checkObject, optionsOf } from '../check.js'
import { complaint, DTypeError, FormatError, ValueError } from '../errors.js'
import { type DType, itemSize } from '../kernels/dtype.js'
import { empty, formatShape, Tensor } from '../tensor/tensor.js'
import { shown } from './json.js'
import { checkData, CHECKSUM, sign, unsigned } from './safetensors-checksum.js'
import {
  isObject,
  LONGEST_HEADER,
  METADATA,
  parseHeader,
  type SafetensorsLimits,
} from './safetensors-header.js'

/** Tensors by name, and the text that travels with them. */
export interface Safetensors {
  tensors: Record<string, Tensor>
  metadata: Record<string, string>
}

export interface SafetensorsOptions {
  /** Text by key, kept in the header. */
  metadata?: Readonly<Record<string, string>>
}

export interface ReadSafetensorsOptions extends SafetensorsLimits {
  /**
   * Refuse a file that is not as it was written, where its writer has left a checksum, as gradlane does.
   * Default true.
   */
  checksum?: boolean
}

interface Entry {
  readonly dtype: string
  readonly shape: number[]
  readonly data_offsets: [number, number]
}

interface StoredType {
  readonly dtype: DType
  readonly bytes: number
}

const codes: Record<DType, string> = { float32: 'F32', float64: 'F64', int32: 'I32', uint8: 'U8' }

const storedTypes = new Map<string, StoredType>([
  ['F32', { dtype: 'float32', bytes: 4 }],
  ['F64', { dtype: 'float64', bytes: 8 }],
  ['I32', { dtype: 'int32', bytes: 4 }],
  ['U8', { dtype: 'uint8', bytes: 1 }],
  // PyTorch counts batches in 64 bits; read as int32 where every element fits.
  ['I64', { dtype: 'int32', bytes: 8 }],
])

/**
 * The bytes of a safetensors file: the header's length (8 bytes), the header (JSON), the elements. The
 * metadata begin with a checksum of all of it, `gradlane_gmac`, which other readers take for one text
 * more.
 *
 * @throws ValueError when a value is not a tensor, a name is reserved, the metadata is not text, or there
 *   is more of both than the format can hold.
 * @see https://huggingface.co/docs/safetensors
 */
export function safetensorsToBuffer(
  tensors: Readonly<Record<string, Tensor>>,
  options: SafetensorsOptions = {},
): Uint8Array<ArrayBuffer> {
  const who = 'safetensorsToBuffer'
  checkObject(who, 'the tensors', tensors)
  const { metadata } = optionsOf(who, options)
  if (metadata !== undefined) checkObject(who, 'metadata', metadata)
  const entries = Object.entries(tensors)
  for (const [name, tensor] of entries) {
    if (name === METADATA) throw new ValueError(`${who}: the name ${METADATA} is reserved`)
    if (!(tensor instanceof Tensor)) {
      throw new ValueError(complaint(who, JSON.stringify(name), 'a Tensor', tensor))
    }
  }
  // Wide elements first, so that all are aligned however long the narrow ones are.
  const byWidth = [...entries].sort(([, a], [, b]) => itemSize[b.dtype] - itemSize[a.dtype])
  const places = new Map<string, [number, number]>()
  let end = 0
  for (const [name, tensor] of byWidth) {
    const start = end
    end += tensor.length * itemSize[tensor.dtype]
    places.set(name, [start, end])
  }

  const parts = entries.map(([name, { dtype, shape }]) =>
    member(name, { dtype: codes[dtype], shape, data_offsets: places.get(name)! }),
  )
  const texts = Object.entries(metadata ?? {}).map(([key, text]) => {
    if (key === CHECKSUM) throw new ValueError(`${who}: the metadata ${CHECKSUM} is reserved`)
    if (typeof text !== 'string') {
      throw new ValueError(complaint(who, `metadata ${key}`, 'a string', text))
    }
    return member(key, text)
  })
  parts.unshift(`${[unsigned, ...texts].join(',')}}`)
  const json = Buffer.from(`${parts.join(',')}}`)
  const dataStart = 8 + Math.ceil(json.length / 8) * 8
  if (dataStart - 8 > LONGEST_HEADER) {
    const what = 'names and metadata together'
    const got = String(json.length)
    throw new ValueError(complaint(who, what, `at most ${LONGEST_HEADER} bytes`, got))
  }

  const bytes = Buffer.allocUnsafeSlow(dataStart + end)
  bytes.writeBigUInt64LE(BigInt(dataStart - 8))
  json.copy(bytes, 8)
  bytes.fill(' ', 8 + json.length, dataStart)
  for (const [name, tensor] of entries) {
    const { data } = tensor
    const elements = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    bytes.set(elements, dataStart + places.get(name)![0])
  }
  sign(bytes, dataStart)
  return bytes
}

/**
 * Reads the bytes of a safetensors file. The tensors have memory of their own.
 *
 * Element types F32, F64, I32 and U8; I64 becomes int32 where every element fits.
 *
 * @throws FormatError when the bytes are cut off or damaged, the header is not valid or past a limit,
 *   tensors overlap or leave gaps, or a name is there twice. Nothing is returned then.
 */
export function safetensorsFromBuffer(
  bytes: Uint8Array,
  options: ReadSafetensorsOptions = {},
): Safetensors {
  const { tensors, metadata } = parseSafetensors('safetensorsFromBuffer', bytes, options)
  return { tensors, metadata }
}

/** @internal `who` opens the messages; `checked` tells whether there was a checksum, and it was right. */
export function parseSafetensors(
  who: string,
  bytes: Uint8Array,
  options: ReadSafetensorsOptions,
): Safetensors & { checked: boolean } {
  if (!types.isUint8Array(bytes)) {
    throw new ValueError(complaint(who, 'the bytes', 'a Uint8Array', bytes))
  }
  const { checksum: wanted = true, ...limits } = optionsOf(who, options)
  const { header, dataStart, checksum } = parseHeader(who, bytes, limits, wanted)
  const metadata = parseMetadata(who, header[METADATA])
  const entries = Object.entries(header).filter(([name]) => name !== METADATA)
  const checked = entries.map(([name, entry]) => [name, checkedEntry(who, name, entry)] as const)
  checkCoverage(who, checked, bytes.length - dataStart)
  if (checksum !== null) checkData(who, bytes, dataStart, checksum)

  const tensors: Record<string, Tensor> = {}
  for (const [name, { dtype, shape, data_offsets }] of checked) {
    const elements = bytes.subarray(dataStart + data_offsets[0], dataStart + data_offsets[1])
    const value =
      dtype === 'I64' ? narrowed(who, name, elements, shape) : copied(dtype, elements, shape)
    // A plain assignment to __proto__ would be lost.
    Object.defineProperty(tensors, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return { tensors, metadata, checked: checksum !== null }
}

function member(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`
}

function parseMetadata(who: string, metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {}
  if (!isObject(metadata) || Object.values(metadata).some((text) => typeof text !== 'string')) {
    throw new FormatError(complaint(who, METADATA, 'an object of strings', excerpt(metadata)))
  }
  const texts = Object.entries(metadata).filter(([key]) => key !== CHECKSUM)
  return Object.fromEntries(texts) as Record<string, string>
}

function checkedEntry(who: string, name: string, value: unknown): Entry {
  const what = `the entry of ${shown(name)}`
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {}
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    const expected = 'dtype, shape and data_offsets'
    throw new FormatError(complaint(who, what, expected, excerpt(value)))
  }
  const type = storedTypes.get(dtype)
  if (type === undefined) {
    const known = [...storedTypes.keys()].join(', ')
    throw new DTypeError(complaint(who, `the dtype of ${shown(name)}`, known, dtype))
  }
  const bytes = shape.reduce((product, dim) => product * dim, type.bytes)
  const [start, end] = offsets as [number, number]
  if (end - start !== bytes) {
    const expected = `${bytes} bytes for ${formatShape(shape)} of ${dtype}`
    throw new FormatError(complaint(who, `${what}, its data_offsets`, expected, `${end - start}`))
  }
  return { dtype, shape, data_offsets: [start, end] }
}

/** The tensors must follow one another without gap or overlap, up to the end of the file. */
function checkCoverage(
  who: string,
  entries: readonly (readonly [string, Entry])[],
  length: number,
): void {
  const sorted = [...entries].sort(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  )
  let end = 0
  for (const [name, { data_offsets: offsets }] of sorted) {
    if (offsets[0] !== end) {
      const what = `the data of ${shown(name)}`
      const hint = offsets[0] < end ? 'it overlaps another tensor' : 'there is a gap before it'
      throw new FormatError(complaint(who, what, `at ${end}`, `${offsets[0]}`, hint))
    }
    end = offsets[1]
  }
  if (end !== length) {
    const hint = length < end ? 'the file is cut off' : 'there are bytes after the last tensor'
    throw new FormatError(complaint(who, 'the data', `${end} bytes`, `${length}`, hint))
  }
}

function copied(dtype: string, elements: Uint8Array, shape: number[]): Tensor {
  const tensor = empty(shape, storedTypes.get(dtype)!.dtype)
  new Uint8Array(tensor.buffer).set(elements)
  return tensor
}

function narrowed(who: string, name: string, elements: Uint8Array, shape: number[]): Tensor {
  const tensor = empty(shape, 'int32')
  const { data } = tensor
  const view = new DataView(elements.buffer, elements.byteOffset, elements.byteLength)
  for (let i = 0; i < data.length; i++) {
    const value = view.getBigInt64(8 * i, true)
    if (BigInt.asIntN(32, value) !== value) {
      const what = `element ${i} of ${shown(name)}`
      throw new DTypeError(complaint(who, what, 'an I64 that int32 can hold', value))
    }
    data[i] = Number(value)
  }
  return tensor
}

/** The beginning of a value as JSON, for a message. */
function excerpt(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}
