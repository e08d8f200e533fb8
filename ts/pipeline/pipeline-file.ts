import { isPlain } from '../check.js'
import { complaint, FormatError, GradlaneError, ValueError } from '../errors.js'
import { ColumnTransformer } from '../data/preprocessing/column-transformer.js'
import { targetFrom } from '../data/preprocessing/registry.js'
import type { Task } from '../data/preprocessing/target-encoding.js'
import type { Json, TransformerState } from '../data/preprocessing/state.js'
import {
  type ModelFile,
  modelToBuffer,
  readModel,
  readModelSync,
  type ModelSource,
} from '../io/model/model-file.js'
import type { ModelSection } from '../io/model/sections.js'
import { readOptions, type Values } from '../options.js'
import { show } from '../show.js'
import { zeros } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'
import { Fitted, type TrainingRecord } from './fitted.js'
import { PIPELINE } from './options.js'
import { type ColumnProfile, isColumnProfile, type Profile } from './profile.js'

/** Of the section. It grows when older versions cannot read it. */
const FORMAT = 1
const SECTION = 'pipeline'

type Settings = Values<typeof PIPELINE>

/** Options that are code, which no file holds. */
const CODE = ['network', 'criterion', 'optimizer', 'scheduler'] as const

/** A pipeline out of a file. */
export interface Restored {
  readonly settings: Settings
  /** The options that it was made with and the file does not hold. */
  readonly lost: readonly string[]
  readonly fitted: Fitted
  readonly facts: Facts
}

/** What a pipeline's file holds beside what it needs. */
export type Facts = Readonly<Record<string, Json>>

/**
 * The bytes of a pipeline's file.
 *
 * @throws ValueError for a module of a class that is not registered, and for facts that are no JSON.
 */
export function bytesOf(
  settings: Settings,
  lost: readonly string[],
  fitted: Fitted,
  facts: Facts,
): ReturnType<typeof modelToBuffer> {
  if (!isPlain(facts)) throw new ValueError(complaint('Pipeline', 'its facts', 'an object', facts))
  const { columns, target, network, profile, record } = fitted
  const columnState = parted('columns', columns.stateDict())
  const targetState = parted('target', target.stateDict())
  const given = CODE.filter((name) => settings[name] !== undefined)
  const { batchSize = null, lr = null } = settings
  const json = {
    format: FORMAT,
    target: settings.target,
    encoding: { config: target.config(), state: targetState.json },
    columns: { config: columns.config(), state: columnState.json },
    profile: [...profile],
    training: record,
    options: { batchSize, lr },
    lost: [...new Set([...lost, ...given])],
    ...(Object.keys(facts).length > 0 && { facts }),
  }
  const tensors = { ...columnState.tensors, ...targetState.tensors }
  const section = { json: json as unknown as ModelSection['json'], tensors }
  return modelToBuffer(network, { extra: { [SECTION]: section } })
}

/** @throws FormatError when it is no file of a pipeline, or not a whole one. */
export async function restored(who: string, source: ModelSource): Promise<Restored> {
  return restoredFrom(who, await readModel(source))
}

/** As `restored`, of bytes. */
export function restoredFromBytes(who: string, bytes: Uint8Array): Restored {
  return restoredFrom(who, readModelSync(bytes))
}

function restoredFrom(who: string, { model, extra }: ModelFile): Restored {
  const section = Object.hasOwn(extra, SECTION) ? extra[SECTION] : undefined
  if (section === undefined || !isPlain(section.json)) {
    const hint = 'io.loadModel loads a model alone, data.Forecaster.load a forecaster'
    throw new FormatError(complaint(who, 'the file', 'one of a Pipeline', 'another one', hint))
  }
  const json = section.json as Record<string, unknown>
  if (json['format'] !== FORMAT) {
    const hint = 'it was written by a newer gradlane'
    throw new FormatError(complaint(who, 'its format', String(FORMAT), show(json['format']), hint))
  }
  try {
    return assembled(who, json, section.tensors, model)
  } catch (error) {
    if (error instanceof FormatError || !(error instanceof GradlaneError)) throw error
    throw new FormatError(
      `${who}: what the file says of the pipeline does not fit: ${error.message}`,
    )
  }
}

function assembled(
  who: string,
  json: Record<string, unknown>,
  tensors: Readonly<Record<string, Tensor>>,
  network: ModelFile['model'],
): Restored {
  const part = (name: string): Record<string, unknown> => {
    const value = json[name]
    if (isPlain(value)) return value as Record<string, unknown>
    throw new FormatError(complaint(who, `its ${name}`, 'an object', value))
  }
  const { config, state } = part('columns')
  const columns = ColumnTransformer.fromConfig(config as never)
  // A copy, as the settings keep one that is not fitted.
  const fittedColumns = ColumnTransformer.fromConfig(config as never)
  fittedColumns.loadStateDict(joined(who, 'columns', state, tensors))
  const encoding = part('encoding')
  const target = targetFrom(encoding['config'] as never)
  target.loadStateDict(joined(who, 'target', encoding['state'], tensors))
  const settings = settingsOf(who, json, target.task, columns)
  const profile = profileFrom(who, json['profile'], columns.columnNames)
  const fitted = new Fitted(
    fittedColumns,
    target,
    network,
    profile,
    recordFrom(who, part('training')),
  )
  // A row goes through, or the network is of other columns.
  fitted.forward(zeros([1, fittedColumns.outputWidth]))
  const facts = json['facts'] === undefined ? {} : (part('facts') as Facts)
  return { settings, lost: lostFrom(who, json['lost']), fitted, facts }
}

function settingsOf(
  who: string,
  { target, options }: Record<string, unknown>,
  task: Task,
  columns: ColumnTransformer,
): Settings {
  const { batchSize, lr } = Object(options) as Record<string, unknown>
  const given = { target, task, columns, batchSize: batchSize ?? undefined, lr: lr ?? undefined }
  return readOptions(who, PIPELINE, given)
}

/** What a file holds of a state: JSON, and tensors by longer names. */
function parted(name: string, state: TransformerState) {
  const json: Record<string, Json> = {}
  const tensors: Record<string, Tensor> = {}
  for (const [key, value] of Object.entries(state)) {
    if (value instanceof Tensor) tensors[`${name}.${key}`] = value
    else json[key] = value
  }
  return { json, tensors }
}

function joined(
  who: string,
  name: string,
  json: unknown,
  tensors: Readonly<Record<string, Tensor>>,
): TransformerState {
  if (!isPlain(json))
    throw new FormatError(complaint(who, `the state of its ${name}`, 'an object', json))
  const own = Object.entries(tensors).filter(([key]) => key.startsWith(`${name}.`))
  const short = own.map(([key, tensor]) => [key.slice(name.length + 1), tensor])
  return { ...(json as TransformerState), ...(Object.fromEntries(short) as TransformerState) }
}

function profileFrom(who: string, value: unknown, names: readonly string[]): Profile {
  const entries = Array.isArray(value) ? (value as unknown[]) : []
  const fits = entries.every((entry, i) => {
    if (!Array.isArray(entry) || entry.length !== 2) return false
    return entry[0] === names[i] && isColumnProfile(entry[1])
  })
  if (fits && entries.length === names.length) return new Map(entries as [string, ColumnProfile][])
  throw new FormatError(complaint(who, 'its profile', 'one of its columns', value))
}

function recordFrom(who: string, record: Record<string, unknown>): TrainingRecord {
  const { ended, rows, validationRows, epochs, logs, partialFitRows = 0 } = record
  const counts = [rows, validationRows, epochs, partialFitRows].every((count) =>
    Number.isSafeInteger(count),
  )
  const figures =
    isPlain(logs) && Object.values(logs as object).every((log) => typeof log === 'number')
  if (typeof ended === 'string' && counts && figures) return record as unknown as TrainingRecord
  throw new FormatError(complaint(who, 'its training', 'what it was trained on', record))
}

function lostFrom(who: string, value: unknown): readonly string[] {
  const known: readonly unknown[] = CODE
  if (Array.isArray(value) && value.every((name) => known.includes(name))) return value as string[]
  throw new FormatError(complaint(who, 'its lost', `some of ${CODE.join(', ')}`, value))
}
