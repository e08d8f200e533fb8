import { complaint, FormatError } from '../errors.js'
import type { Option, Options } from '../options.js'
import { reasonOf } from '../show.js'
import { checkHeader } from './safetensors-checksum.js'
import { objection } from './json.js'

export const METADATA = '__metadata__'

/** The limit of the reference implementation: no reader takes a longer header. */
export const LONGEST_HEADER = 100_000_000

/** Dimensions that a file may give a tensor. */
export const MAX_RANK = 64

/** What a reader puts up with, so that no file takes unbounded time and memory. */
export interface SafetensorsLimits {
  /** Bytes of the header. Default 16 MiB, at most 100,000,000, which is as far as the format goes. */
  maxHeaderBytes?: number
  /** Tensors, and texts in the metadata. Default 100,000. A tensor has at most 64 dimensions. */
  maxNames?: number
}

function limit(initial: number): Option<number> {
  const accepts = (value: unknown): boolean => typeof value === 'number' && value >= 0
  return { initial, expected: 'a number of at least 0', accepts }
}

export const LIMITS = {
  maxHeaderBytes: limit(2 ** 24),
  maxNames: limit(100_000),
} satisfies Options<SafetensorsLimits>

export interface Header {
  readonly header: Record<string, unknown>
  /** Where the elements begin. */
  readonly dataStart: number
  /** The checksum of the elements; null where the writer has left none. */
  readonly checksum: string | null
}

/** @throws FormatError when it is none, cut off, damaged, or past a limit; ValueError for a limit that is none. */
export function parseHeader(
  who: string,
  bytes: Uint8Array,
  { maxHeaderBytes, maxNames }: Required<SafetensorsLimits>,
  checked: boolean,
): Header {
  if (bytes.length < 8) {
    throw new FormatError(
      complaint(`${who}, offset 0`, 'the header length', '8 bytes', `${bytes.length}`),
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = Number(view.getBigUint64(0, true))
  const room = Math.min(bytes.length - 8, LONGEST_HEADER)
  if (length > room) {
    const expected = `at most ${room} bytes`
    throw new FormatError(complaint(`${who}, offset 0`, 'the header', expected, `${length}`))
  }
  if (length > maxHeaderBytes) {
    const hint = 'the option maxHeaderBytes allows more'
    const expected = `at most ${maxHeaderBytes} bytes`
    throw new FormatError(complaint(`${who}, offset 0`, 'the header', expected, `${length}`, hint))
  }
  const dataStart = 8 + length
  const checksum = checked ? checkHeader(who, bytes, dataStart) : null
  return {
    header: parsed(`${who}, offset 8`, bytes.subarray(8, dataStart), maxNames),
    dataStart,
    checksum,
  }
}

function parsed(where: string, bytes: Uint8Array, maxNames: number): Record<string, unknown> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new FormatError(`${where}: the header is not valid JSON: it is not UTF-8`)
  }
  if (!text.startsWith('{')) {
    throw new FormatError(complaint(where, 'the header', 'a JSON object', text.slice(0, 20)))
  }
  // An object of objects with lists in them; each tensor has the names dtype, shape and data_offsets.
  const names = [maxNames + 1, 4 * maxNames]
  const wrong = objection(text, { nesting: '{{[', names, items: MAX_RANK })
  if (wrong !== undefined) {
    const hint = wrong.includes('names') ? '; the option maxNames allows more' : ''
    throw new FormatError(`${where}: the header is refused: ${wrong}${hint}`)
  }
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch (error) {
    throw new FormatError(`${where}: the header is not valid JSON: ${reasonOf(error)}`)
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
