import { checkArguments, checkPath, isPlain } from '../../check.js'
import { complaint, FormatError, ValueError } from '../../errors.js'
import { Module, type TensorModule } from '../../nn/module.js'
import { stateEntries } from '../../nn/state-dict.js'
import { flag, type Option, type Options, readOptions } from '../../options.js'
import { reasonOf, show } from '../../show.js'
import type { Tensor } from '../../tensor/tensor.js'
import { version } from '../../version.js'
import { writeAtomically, writeAtomicallySync } from '../atomic-write.js'
import { type Bytes, openSafetensors, safetensorsToBuffer } from '../safetensors.js'
import { LIMITS, type SafetensorsLimits } from '../safetensors-header.js'
import { readWhole, readWholeSync } from '../whole-file.js'
import { architectureOf, checkedArchitecture } from './architecture.js'
import { build } from './build.js'
import {
  checkedSections,
  encodedSections,
  type ModelSection,
  type ReadModelSection,
} from './sections.js'
import { checkState, readState } from './state.js'
import { parsedJson } from './values.js'

/** Of what stands under these names in the metadata. It grows when older versions cannot read a file. */
const FORMAT = 1
const MODEL = 'gradlane_model'
const EXTRA = 'gradlane_extra'

export interface SaveModelOptions {
  /** Text by key, kept in the header. */
  metadata?: Readonly<Record<string, string>>
  /** What travels with the model, by name: `readModel` gives it back. */
  extra?: Readonly<Record<string, ModelSection>>
}

function objectOf<V>(of: string): Option<Readonly<Record<string, V>>> {
  return { initial: {}, expected: `an object of ${of}`, accepts: isPlain }
}

const SAVE = {
  metadata: objectOf<string>('strings'),
  extra: objectOf<ModelSection>('sections'),
} satisfies Options<SaveModelOptions>

export interface LoadModelOptions extends SafetensorsLimits {
  /** Refuse a file that is not as it was written. Default true. */
  checksum?: boolean
}

const LOAD = { ...LIMITS, checksum: flag(true) } satisfies Options<LoadModelOptions>

/** A path, a `file:` URL or the bytes of a file. */
export type ModelSource = string | URL | Uint8Array

/** All that a file holds. */
export interface ModelFile {
  model: Module
  /** Sections by name, as they were saved. */
  extra: Record<string, ReadModelSection>
  metadata: Record<string, string>
  /** Of the format of the file. */
  format: number
  /** Of the gradlane that wrote it. */
  version: string
}

/**
 * The bytes of a model's file: see `saveModel`.
 *
 * @throws ValueError when a module is of a class that is not registered, or something given cannot be held.
 */
export function modelToBuffer(model: TensorModule, options: SaveModelOptions = {}): Bytes {
  checkArguments('modelToBuffer', 2, arguments)
  return bytesOf('modelToBuffer', model, options)
}

/**
 * Saves a model whole: its architecture, weights and buffers, which parameters are frozen or shared, and
 * whether it is in training or evaluation mode. The file is one of safetensors, so whatever reads that
 * format finds the tensors by their names in the state dict. It is replaced as `saveSafetensors` does.
 *
 * Modules of a class of one's own need `registerModule`. Random generators of modules' own are not saved:
 * a dropout layer that is loaded draws from the default one.
 *
 * @param target A path or a `file:` URL, in a folder that exists.
 * @throws ValueError when a module is of a class that is not registered, or something given cannot be held.
 *
 * @example
 * await io.saveModel(model, 'penguins.safetensors', { extra: { classes: { json: ['Adelie', 'Gentoo'] } } })
 * const again = await io.loadModel('penguins.safetensors')
 */
export async function saveModel(
  model: TensorModule,
  target: string | URL,
  options: SaveModelOptions = {},
): Promise<void> {
  checkArguments('saveModel', 3, arguments)
  checkPath('saveModel', 'the target', target)
  await writeAtomically(target, bytesOf('saveModel', model, options))
}

/** As `saveModel`, without a promise. */
export function saveModelSync(
  model: TensorModule,
  target: string | URL,
  options: SaveModelOptions = {},
): void {
  checkArguments('saveModelSync', 3, arguments)
  checkPath('saveModelSync', 'the target', target)
  writeAtomicallySync(target, bytesOf('saveModelSync', model, options))
}

/**
 * The model of a file that `saveModel` has written, of this version or an older one. Nothing in a file is
 * executed, no random number is drawn, and no more memory is taken than the file has elements for.
 *
 * @param source A path, a `file:` URL or the bytes of a file.
 * @throws FormatError when the file is cut off, damaged, made wrongly, past a limit or of a newer format, or
 *   names a class that is not registered.
 */
export async function loadModel(
  source: ModelSource,
  options: LoadModelOptions = {},
): Promise<Module> {
  checkArguments('loadModel', 2, arguments)
  return modelOf(await bytesFrom('loadModel', source), options)
}

/** As `loadModel`, without a promise. */
export function loadModelSync(source: ModelSource, options: LoadModelOptions = {}): Module {
  checkArguments('loadModelSync', 2, arguments)
  return modelOf(bytesFromSync('loadModelSync', source), options)
}

/** As `loadModel`, of the bytes of a file. */
export function modelFromBuffer(bytes: Uint8Array, options: LoadModelOptions = {}): Module {
  checkArguments('modelFromBuffer', 2, arguments)
  return modelOf({ who: 'modelFromBuffer', bytes }, options)
}

/**
 * All that a model's file holds: the model, what was saved beside it, and by which version.
 *
 * @throws as `loadModel`.
 */
export async function readModel(
  source: ModelSource,
  options: LoadModelOptions = {},
): Promise<ModelFile> {
  checkArguments('readModel', 2, arguments)
  return fileOf(await bytesFrom('readModel', source), options)
}

/** As `readModel`, without a promise. */
export function readModelSync(source: ModelSource, options: LoadModelOptions = {}): ModelFile {
  checkArguments('readModelSync', 2, arguments)
  return fileOf(bytesFromSync('readModelSync', source), options)
}

function bytesOf(who: string, model: TensorModule, options: SaveModelOptions): Bytes {
  if (!(model instanceof Module))
    throw new ValueError(complaint(who, 'the model', 'a Module', model))
  const { metadata, extra } = readOptions(who, SAVE, options)
  for (const name of [MODEL, EXTRA]) {
    if (Object.hasOwn(metadata, name)) {
      throw new ValueError(`${who}: the metadata ${name} is reserved`)
    }
  }
  const architecture = architectureOf(who, model as Module)
  const tensors = new Map<string, Tensor>(stateEntries(model))
  checkAgain(who, architecture, tensors)
  const sections = encodedSections(who, extra, tensors)
  const texts = {
    ...metadata,
    [MODEL]: JSON.stringify({ format: FORMAT, version, ...architecture }),
    ...(Object.keys(sections).length > 0 ? { [EXTRA]: JSON.stringify(sections) } : {}),
  }
  const bytes = safetensorsToBuffer(Object.fromEntries(tensors), { metadata: texts })
  checkReadable(who, bytes)
  return bytes
}

/** What is saved can be loaded. @throws ValueError when it cannot. */
function checkAgain(
  who: string,
  architecture: ReturnType<typeof architectureOf>,
  tensors: ReadonlyMap<string, Tensor>,
): void {
  try {
    const again = build(who, checkedArchitecture(who, JSON.parse(JSON.stringify(architecture))))
    checkState(who, again, tensors.keys(), (name) => tensors.get(name)?.shape)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const reason = reasonOf(error).slice(who.length + 2)
    throw new ValueError(`${who}: a model made anew from its description is another one: ${reason}`)
  }
}

/** Within the limits that readers have unless told otherwise. */
function checkReadable(who: string, bytes: Bytes): void {
  const header = Number(Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigUInt64LE())
  const most = LIMITS.maxHeaderBytes.initial
  if (header <= most) return
  const what = 'the names, the metadata and the JSON together'
  const hint = 'what is large belongs into the tensors of a section'
  throw new ValueError(complaint(who, what, `at most ${most} bytes`, `${header}`, hint))
}

interface Source {
  /** For messages. */
  readonly who: string
  readonly bytes: Uint8Array
}

async function bytesFrom(who: string, source: ModelSource): Promise<Source> {
  if (ArrayBuffer.isView(source)) return { who, bytes: source }
  checkPath(who, 'the source', source, 'a path, a file URL or a Buffer')
  return { who: `${who}(${String(source)})`, bytes: await readWhole(source) }
}

function bytesFromSync(who: string, source: ModelSource): Source {
  if (ArrayBuffer.isView(source)) return { who, bytes: source }
  checkPath(who, 'the source', source, 'a path, a file URL or a Buffer')
  return { who: `${who}(${String(source)})`, bytes: readWholeSync(source) }
}

function modelOf(source: Source, options: LoadModelOptions): Module {
  return opened(source, options).model
}

function fileOf(source: Source, options: LoadModelOptions): ModelFile {
  const { readExtra, ...file } = opened(source, options)
  return { ...file, extra: readExtra() }
}

interface Opened extends Omit<ModelFile, 'extra'> {
  readonly readExtra: () => ModelFile['extra']
}

function opened({ who, bytes }: Source, options: LoadModelOptions): Opened {
  const file = openSafetensors(who, bytes, readOptions(who, LOAD, options))
  const { [MODEL]: text, [EXTRA]: extra, ...metadata } = file.metadata
  if (text === undefined) {
    const hint = 'loadSafetensors reads tensors, loadStateDict puts them into a model that you make'
    throw new FormatError(complaint(who, 'the file', 'one of saveModel', 'tensors alone', hint))
  }
  const description = parsedJson(who, 'the description of the model', text)
  const { format, version: writer } = checkedFormat(who, description)
  const { names, read } = checkedSections(
    who,
    extra === undefined ? {} : parsedJson(who, 'what is beside the model', extra),
    (name) => file.entries.has(name),
    (name) => file.tensor(name),
  )
  const model = build(who, checkedArchitecture(who, description))
  const stored = [...file.entries.keys()].filter((name) => !names.has(name))
  const shapeOf = (name: string) => (names.has(name) ? undefined : file.entries.get(name)?.shape)
  checkState(who, model, stored, shapeOf)
  readState(who, model, (name) => file.tensor(name))
  return { model, metadata, format, version: writer, readExtra: read }
}

function checkedFormat(who: string, description: unknown): Pick<ModelFile, 'format' | 'version'> {
  const { format, version: writer } = Object(description) as Record<string, unknown>
  if (typeof format !== 'number' || !(format >= 1) || typeof writer !== 'string') {
    const got = `format ${show(format)} of version ${show(writer)}`
    throw new FormatError(complaint(who, 'the description', 'of a format and a version', got))
  }
  if (format > FORMAT) {
    const hint = `it was written by gradlane ${writer}, this is ${version}`
    throw new FormatError(complaint(who, 'its format', `at most ${FORMAT}`, `${format}`, hint))
  }
  return { format, version: writer }
}
