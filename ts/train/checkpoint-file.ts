import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'

import { FormatError, ValueError } from '../errors.js'
import { info } from '../info.js'
import { parseSafetensors, safetensorsToBuffer } from '../io/safetensors.js'
import { Tensor } from '../tensor/tensor.js'
import { type Flow, wait } from './flow.js'

/** What a checkpoint holds: tensors, numbers, words, booleans, null, and lists and objects of them. */
export type State =
  Tensor | number | string | boolean | null | readonly State[] | { readonly [key: string]: State }

const FORMAT = 'gradlane-checkpoint'
const VERSION = 1

/**
 * The bytes of a checkpoint: a safetensors file whose tensors are those of the state, by their path in
 * it, and whose metadata holds the rest. They are a copy: the state may change afterwards.
 */
export function checkpointToBuffer(state: State): Uint8Array {
  const tensors: Record<string, Tensor> = {}
  const metadata = {
    format: FORMAT,
    formatVersion: String(VERSION),
    gradlane: info().version,
    state: JSON.stringify(encode(state, '', tensors)),
  }
  return safetensorsToBuffer(tensors, { metadata })
}

/**
 * The state in a checkpoint; undefined when there is no such file. Removes what writers that were
 * killed have left beside it.
 *
 * @throws FormatError when the file is no checkpoint, or cut off, or of a newer gradlane.
 */
export function* readCheckpoint(file: string, sync: boolean): Flow<State | undefined> {
  let bytes: Uint8Array
  try {
    yield* removeLeftovers(file, sync)
    bytes = yield* wait(sync ? readFileSync(file) : readFile(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const { tensors, metadata } = parseSafetensors(`checkpoint ${file}`, bytes, {})
  if (metadata['format'] !== FORMAT) {
    throw new FormatError(`checkpoint ${file}: it is a safetensors file, but no checkpoint of fit`)
  }
  if (metadata['formatVersion'] !== String(VERSION)) {
    throw new FormatError(
      `checkpoint ${file}: it was written by gradlane ${metadata['gradlane']} in version ` +
        `${metadata['formatVersion']} of the format; this one reads version ${VERSION}`,
    )
  }
  return decode(JSON.parse(metadata['state'] ?? 'null'), tensors)
}

function* removeLeftovers(file: string, sync: boolean): Flow<void> {
  const folder = path.dirname(path.resolve(file))
  const prefix = `.${path.basename(file)}.`
  for (const name of yield* wait(sync ? readdirSync(folder) : readdir(folder))) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue
    const leftover = path.join(folder, name)
    if (sync) rmSync(leftover, { force: true })
    else yield* wait(rm(leftover, { force: true }))
  }
}

function encode(value: State, at: string, tensors: Record<string, Tensor>): unknown {
  if (value instanceof Tensor) {
    tensors[at] = value
    return { $tensor: at }
  }
  // JSON has no NaN and no infinities.
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) }
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  const inside = (key: string | number): string => (at === '' ? String(key) : `${at}.${key}`)
  if (Array.isArray(value)) {
    return value.map((part: State, i) => encode(part, inside(i), tensors))
  }
  if (typeof value !== 'object') {
    throw new ValueError(`checkpoint: ${at} is a ${typeof value}, which cannot be saved`)
  }
  const entries = Object.entries(value).filter(([, part]) => (part as unknown) !== undefined)
  return Object.fromEntries(entries.map(([key, part]) => [key, encode(part, inside(key), tensors)]))
}

function decode(value: unknown, tensors: Readonly<Record<string, Tensor>>): State {
  if (typeof value !== 'object' || value === null) return value as State
  if (Array.isArray(value)) return value.map((part) => decode(part, tensors))
  const { $tensor: name, $number: number } = value as { $tensor?: string; $number?: string }
  if (number !== undefined) return Number(number)
  if (name !== undefined) return tensors[name]!
  const entries = Object.entries(value).map(([key, part]) => [key, decode(part, tensors)] as const)
  return Object.fromEntries(entries)
}
