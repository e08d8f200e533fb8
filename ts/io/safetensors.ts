import { types } from 'node:util'

import { checkArguments, checkObject } from '../check.js'
import { complaint, DTypeError, FormatError, ShapeError, ValueError } from '../errors.js'
import { itemSize } from '../kernels/dtype.js'
import {
  flag,
  type Option,
  type Options,
  list,
  readOptions,
  unchecked,
  type Values,
} from '../options.js'
import { show } from '../show.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { shown } from './json.js'
import { addChecksum, checkData, CHECKSUM, unsigned } from './safetensors-checksum.js'
import { codes, storedTypes } from './safetensors-elements.js'
import {
  isObject,
  LIMITS,
  LONGEST_HEADER,
  MAX_RANK,
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

const TEXTS: Option<Readonly<Record<string, string>> | undefined> = {
  initial: undefined,
  expected: 'an object of strings',
  accepts: isObject,
}

const WRITE = { metadata: TEXTS } satisfies Options<SafetensorsOptions>

export interface ReadSafetensorsOptions extends SafetensorsLimits {
  /**
   * Refuse a file that is not as it was written, where its writer has left a checksum, as gradlane does.
   * Default true.
   */
  checksum?: boolean
  /** Names of the tensors to read, where others are not wanted or cannot be read. Default: all. */
  only?: readonly string[]
}

export const READ = {
  ...LIMITS,
  checksum: flag(true),
  only: list(unchecked<string>()),
} satisfies Options<ReadSafetensorsOptions>

export interface Entry {
  readonly dtype: string
  readonly shape: number[]
  readonly data_offsets: [number, number]
}

/** `Uint8Array<ArrayBuffer>`, where TypeScript knows it (5.7), and `Uint8Array` before. */
export type Bytes = ReturnType<Uint8Array['slice']>

/**
 * The bytes of a safetensors file: the header's length (8 bytes), the header (JSON), the elements. The
 * metadata begin with a checksum of all of it, `gradlane_gmac`, which other readers take for one text
 * more.
 *
 * @throws ValueError when a value is not a tensor, a name is reserved, the metadata is not text, or there
 *   is more of both than the format can hold; ShapeError for more than 64 dimensions.
 * @see https://huggingface.co/docs/safetensors
 */
export function safetensorsToBuffer(
  tensors: Readonly<Record<string, Tensor>>,
  options: SafetensorsOptions = {},
): Bytes {
  checkArguments('safetensorsToBuffer', 2, arguments)
  const who = 'safetensorsToBuffer'
  checkObject(who, 'the tensors', tensors)
  const { metadata } = readOptions(who, WRITE, options)
  const entries = Object.entries(tensors)
  for (const [name, tensor] of entries) {
    if (name === METADATA) throw new ValueError(`${who}: the name ${METADATA} is reserved`)
    if (!(tensor instanceof Tensor)) {
      throw noTensor(who, JSON.stringify(name), tensor)
    }
    if (tensor.ndim > MAX_RANK) {
      const expected = `of at most ${MAX_RANK} dimensions`
      throw new ShapeError(complaint(who, JSON.stringify(name), expected, String(tensor.ndim)))
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
  addChecksum(bytes, dataStart)
  return bytes
}

/**
 * Reads the bytes of a safetensors file. The tensors have memory of their own.
 *
 * F32, F64, I32 and U8 are read as they are; F16 and BF16 as float32, BOOL as uint8, I8, I16 and U16 as
 * int32; U32, I64 and U64 as int32 where every element fits, else as float64 where every element does.
 *
 * @throws FormatError when the bytes are cut off or damaged, the header is not valid or past a limit,
 *   tensors overlap or leave gaps, or a name is there twice; DTypeError for a tensor of another type, or
 *   with an element that cannot be held exactly; ValueError when `only` names one that is not there.
 *   Nothing is returned then.
 */
export function safetensorsFromBuffer(
  bytes: Uint8Array,
  options: ReadSafetensorsOptions = {},
): Safetensors {
  checkArguments('safetensorsFromBuffer', 2, arguments)
  return parseSafetensors('safetensorsFromBuffer', bytes, options)
}

/** @internal `who` opens the messages. */
export function parseSafetensors(
  who: string,
  bytes: Uint8Array,
  options: ReadSafetensorsOptions,
): Safetensors {
  const given = readOptions(who, READ, options)
  const { only } = given
  const file = openSafetensors(who, bytes, given)
  const names = only === undefined ? [...file.entries.keys()] : [...only]
  for (const name of names) {
    if (file.entries.has(name)) continue
    throw new ValueError(complaint(who, 'only', 'names of tensors of the file', show(name)))
  }
  const tensors = Object.fromEntries(names.map((name) => [name, file.tensor(name)]))
  return { tensors, metadata: file.metadata }
}

/** A file whose header and, where it has one, checksum are right. */
export interface OpenSafetensors {
  readonly metadata: Record<string, string>
  readonly entries: ReadonlyMap<string, Entry>
  /** Whether there was a checksum. */
  readonly checked: boolean
  /** A tensor of `entries`, in memory of its own. @throws DTypeError when it cannot be held exactly. */
  tensor(name: string): Tensor
}

/** @internal Reads no tensor yet. */
export function openSafetensors(
  who: string,
  bytes: Uint8Array,
  { checksum: wanted, ...limits }: Values<Omit<typeof READ, 'only'>>,
): OpenSafetensors {
  if (!types.isUint8Array(bytes)) {
    throw new ValueError(complaint(who, 'the bytes', 'a Uint8Array', bytes))
  }
  const { header, dataStart, checksum } = parseHeader(who, bytes, limits, wanted)
  const metadata = parseMetadata(who, header[METADATA])
  const names = Object.keys(header).filter((name) => name !== METADATA)
  const entries = new Map(names.map((name) => [name, checkedEntry(who, name, header[name])]))
  checkCoverage(who, entries, bytes.length - dataStart)
  if (checksum !== null) checkData(who, bytes, dataStart, checksum)
  const tensor = (name: string): Tensor => {
    const { dtype, shape, data_offsets: offsets } = entries.get(name)!
    const type = storedTypes.get(dtype)
    if (type === undefined) {
      const known = [...storedTypes.keys()].join(', ')
      const hint = 'the option only leaves tensors out'
      throw new DTypeError(complaint(who, `the dtype of ${shown(name)}`, known, dtype, hint))
    }
    const elements = bytes.subarray(dataStart + offsets[0], dataStart + offsets[1])
    return type.read(who, shown(name), elements, shape)
  }
  return { metadata, entries, checked: checksum !== null, tensor }
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
  const [start, end] = offsets as [number, number]
  const width = storedTypes.get(dtype)?.bytes
  const bytes = width === undefined ? Math.max(0, end - start) : width * shape.reduce(times, 1)
  if (end - start !== bytes) {
    const expected = `${bytes} bytes for ${formatShape(shape)} of ${dtype}`
    throw new FormatError(complaint(who, `${what}, its data_offsets`, expected, `${end - start}`))
  }
  return { dtype, shape, data_offsets: [start, end] }
}

/** The tensors must follow one another without gap or overlap, up to the end of the file. */
function checkCoverage(who: string, entries: ReadonlyMap<string, Entry>, length: number): void {
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

/** The beginning of a value as JSON, for a message. */
function excerpt(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function times(product: number, size: number): number {
  return product * size
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}
