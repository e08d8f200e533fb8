import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

import { isPlain } from '../check.js'
import { complaint, FormatError, ValueError } from '../errors.js'
import { info } from '../info.js'
import { parseSafetensors, safetensorsToBuffer } from '../io/safetensors.js'
import { reasonOf } from '../show.js'
import { Tensor } from '../tensor/tensor.js'
import { type Flow, wait } from './flow.js'

/** What a checkpoint holds: tensors, numbers, words, booleans, null, and lists and objects of them. */
export type State =
  | Tensor
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly State[]
  | { readonly [key: string]: State }

const FORMAT = 'gradlane-checkpoint'
const VERSION = '2'

/** All that is no tensor, as JSON in UTF-8. */
const REST = 'state.json'

/** Lists and objects inside of each other. */
const MAX_DEPTH = 100

/** Numbers that JSON has not. */
const ODD_NUMBERS = ['NaN', 'Infinity', '-Infinity', '-0']

/**
 * The bytes of a checkpoint: a safetensors file whose tensors are those of the state, by their path in
 * it, and one more that holds the rest. They are a copy: the state may change afterwards.
 *
 * @throws ValueError when something in the state is of another kind, such as a Map.
 */
export function checkpointToBuffer(state: State): Uint8Array {
  const { tensors, rest } = encoded(state)
  const text = new TextEncoder().encode(JSON.stringify(rest))
  tensors[REST] = new Tensor(text.buffer, 0, [text.length], 'uint8', text.length)
  const metadata = { format: FORMAT, formatVersion: VERSION, gradlane: info().version }
  return safetensorsToBuffer(tensors, { metadata })
}

/** @throws ValueError when something in the state, which is called so, could not be saved. */
export function checkState(name: string, state: State): void {
  encoded({ [name]: state })
}

/**
 * The state in a checkpoint; undefined when there is no such file.
 *
 * @throws FormatError when the file is no checkpoint, or damaged, or of another version of the format.
 */
export function* readCheckpoint(file: string, sync: boolean): Flow<State> {
  let bytes: Uint8Array
  try {
    bytes = yield* wait(sync ? readFileSync(file) : readFile(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const who = `checkpoint ${file}`
  // Whatever could be written can be read: the length of a header is all that limits the names in it.
  const limits = { maxHeaderBytes: Infinity, maxNames: Infinity }
  const { tensors, metadata, checked } = parseSafetensors(who, bytes, limits)
  if (metadata['format'] !== FORMAT) {
    throw new FormatError(`${who}: it is a safetensors file, but no checkpoint of fit`)
  }
  if (metadata['formatVersion'] !== VERSION) {
    throw new FormatError(
      `${who}: it was written by gradlane ${metadata['gradlane']} in version ` +
        `${metadata['formatVersion']} of the format; this one reads version ${VERSION}`,
    )
  }
  if (!checked) {
    throw new FormatError(`${who}: it has no checksum, so it was written anew by something else`)
  }
  return decoded(who, tensors)
}

interface Encoded {
  readonly tensors: Record<string, Tensor>
  readonly rest: unknown
}

function encoded(state: State): Encoded {
  const tensors: Record<string, Tensor> = {}
  return { tensors, rest: encode(state, [], tensors) }
}

function encode(value: State, path: readonly string[], tensors: Record<string, Tensor>): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return ODD_NUMBERS.includes(textOf(value)) ? { $number: textOf(value) } : value
    case 'undefined':
      return { $undefined: true }
    case 'object':
      if (value === null) return null
      if (value instanceof Tensor) return { $tensor: named(value, path.join('.'), tensors) }
      if (path.length === MAX_DEPTH) throw refused(path, `nested ${MAX_DEPTH} deep or in a circle`)
      if (Array.isArray(value)) {
        // Not `map`, which passes over what is missing. A metric may have gathered millions of numbers.
        return Array.from(value, (part: State, i) =>
          Number.isInteger(part) && part !== 0 ? part : encode(part, [...path, String(i)], tensors),
        )
      }
      if (isPlain(value)) return encodeObject(value as Record<string, State>, path, tensors)
      throw refused(path, `an instance of ${nameOfClass(value)}`)
    default:
      throw refused(path, `a ${typeof value}`)
  }
}

function encodeObject(
  value: { readonly [key: string]: State },
  path: readonly string[],
  tensors: Record<string, Tensor>,
): unknown {
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(path, 'an object with symbols')
  const entries = Object.entries(value).map(([key, part]) => {
    const name = key.startsWith('$') ? `$${key}` : key
    return [name, encode(part, [...path, key], tensors)] as const
  })
  return Object.fromEntries(entries)
}

/** Two paths may read the same, for names may have dots. */
function named(tensor: Tensor, path: string, tensors: Record<string, Tensor>): string {
  const name = Object.hasOwn(tensors, path) || path === REST ? `${path}'` : path
  if (name !== path) return named(tensor, name, tensors)
  tensors[name] = tensor
  return name
}

function nameOfClass(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } }
  return typeof constructor?.name === 'string' ? constructor.name : 'no class'
}

function refused(path: readonly string[], got: string): ValueError {
  const kinds = 'a tensor, number, string, boolean, null, undefined, or an array or object of them'
  return new ValueError(complaint('checkpoint', path.join('.'), kinds, got))
}

function decoded(who: string, tensors: Record<string, Tensor>): State {
  const { [REST]: rest, ...others } = tensors
  if (rest?.dtype !== 'uint8') throw new FormatError(`${who}: it has no ${REST}`)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rest.data))
  } catch (error) {
    throw new FormatError(`${who}: ${REST} is not valid JSON: ${reasonOf(error)}`)
  }
  return decode(who, value, [], others)
}

function decode(
  who: string,
  value: unknown,
  path: readonly string[],
  tensors: Readonly<Record<string, Tensor>>,
): State {
  if (typeof value !== 'object' || value === null) return value as State
  if (path.length > MAX_DEPTH) throw new FormatError(`${who}: ${REST} is nested too deeply`)
  if (Array.isArray(value)) {
    return value.map((part, i) =>
      typeof part === 'number' ? part : decode(who, part, [...path, String(i)], tensors),
    )
  }
  const entries = Object.entries(value as Record<string, unknown>)
  const [[tag, content] = ['']] = entries
  if (/^\$(?!\$)/.test(tag)) {
    if (tag === '$undefined') return undefined
    if (tag === '$number' && ODD_NUMBERS.includes(String(content))) return Number(content)
    const name = String(content)
    if (tag === '$tensor' && Object.hasOwn(tensors, name)) return tensors[name]!
    throw new FormatError(`${who}: ${path.join('.')} is ${tag} ${name}, which is not there`)
  }
  const parts = entries.map(([key, part]) => {
    const name = key.startsWith('$') ? key.slice(1) : key
    return [name, decode(who, part, [...path, name], tensors)] as const
  })
  return Object.fromEntries(parts)
}

function textOf(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
