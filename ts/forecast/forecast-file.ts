import { isPlain } from '../check.js'
import { complaint, FormatError, GradlaneError } from '../errors.js'
import {
  type ModelFile,
  modelToBuffer,
  type ModelSource,
  readModel,
} from '../io/model/model-file.js'
import type { ModelSection } from '../io/model/sections.js'
import { readOptions } from '../options.js'
import { fromTypedArray, tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { FittedForecaster } from './fitted.js'
import type { Frequency } from './frequency.js'
import { FORECASTER } from './options.js'
import type { Series } from './series.js'
import { readSettings, type Settings } from './training.js'

/** Of the section. It grows when older versions cannot read it. */
const FORMAT = 1
export const SECTION = 'forecaster'

export interface RestoredForecaster {
  readonly settings: Settings
  readonly fitted: FittedForecaster
  /** Whether its network came from a function, which no file holds. */
  readonly lost: boolean
}

/** The bytes of a forecaster's file. @throws ValueError for a module of a class that is not registered. */
export function bytesOf(
  settings: Settings,
  lost: boolean,
  fitted: FittedForecaster,
): ReturnType<typeof modelToBuffer> {
  const { layout, season, dates, scaling, network, errors, tails } = fitted
  const named = typeof settings.network === 'string'
  const series = [...tails.values()]
  const json = {
    format: FORMAT,
    settings: { ...settings, network: named ? settings.network : undefined },
    lost: lost || !named,
    layout,
    season,
    dates,
    columns: scaling.columns,
    series: series.map(({ key, start }) => {
      const [mean, scale] = scaling.targets.get(key)!
      return { key, start, mean, scale }
    }),
  }
  const tensors: Record<string, Tensor> = { errors: tensor(errors, { dtype: 'float64' }) }
  series.forEach(({ target, filled, columns }, i) => {
    tensors[`target.${i}`] = fromTypedArray(target.slice())
    tensors[`filled.${i}`] = fromTypedArray(filled.slice())
    columns.forEach((column, place) => {
      tensors[`column.${i}.${place}`] = fromTypedArray(column.slice())
    })
  })
  const plain = JSON.parse(JSON.stringify(json)) as ModelSection['json']
  return modelToBuffer(network, { extra: { [SECTION]: { json: plain!, tensors } } })
}

/** @throws FormatError when it is no file of a forecaster, or not a whole one. */
export async function restored(who: string, source: ModelSource): Promise<RestoredForecaster> {
  const { model, extra }: ModelFile = await readModel(source)
  const section = Object.hasOwn(extra, SECTION) ? extra[SECTION] : undefined
  if (section === undefined || !isPlain(section.json)) {
    const hint = 'io.loadModel loads a model alone, data.Pipeline.load a pipeline'
    throw new FormatError(complaint(who, 'the file', 'one of a Forecaster', 'another one', hint))
  }
  try {
    return assembled(who, section.json as Record<string, unknown>, section.tensors, model)
  } catch (error) {
    if (error instanceof FormatError || !(error instanceof GradlaneError)) throw error
    throw new FormatError(
      `${who}: what the file says of the forecaster does not fit: ${error.message}`,
    )
  }
}

function assembled(
  who: string,
  json: Record<string, unknown>,
  tensors: Readonly<Record<string, Tensor>>,
  network: ModelFile['model'],
): RestoredForecaster {
  const wrong = (what: string, value: unknown): FormatError =>
    new FormatError(complaint(who, `its ${what}`, 'that of a Forecaster', value))
  if (json['format'] !== FORMAT) throw wrong('format', json['format'])
  const settings = readOptions(who, FORECASTER, json['settings'])
  const { covariates = [], known = [], horizon } = settings
  const width = covariates.length + known.length
  const numbers = (name: string): Float64Array => {
    const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined
    if (found === undefined || found.ndim !== 1) throw wrong(name, found)
    if (found.data.some((value) => !Number.isFinite(value))) throw wrong(name, 'odd numbers')
    return Float64Array.from(found.data)
  }
  const isNumber = (value: unknown): value is number => Number.isFinite(value)
  const { past, frequency, calendar } = Object(json['layout']) as Record<string, unknown>
  const step = Object(frequency) as Partial<Frequency>
  const units: readonly unknown[] = ['time', 'month', 'number']
  const steps = units.includes(step.unit) && isNumber(step.step) && step.step > 0
  if (!steps || !Number.isSafeInteger(past) || Number(past) < 1 || typeof calendar !== 'boolean')
    throw wrong('layout', json['layout'])
  const layout = {
    horizon,
    past: Number(past),
    frequency: frequency as Frequency,
    calendar,
    covariates: covariates.length,
    known: known.length,
  }
  const columns = json['columns'] as number[][]
  const pairs = Array.isArray(columns) && columns.length === width
  if (!pairs || !columns.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isNumber))) throw wrong('columns', columns) // prettier-ignore
  const list: unknown = json['series']
  if (!Array.isArray(list) || list.length === 0) throw wrong('series', list)
  const targets = new Map<string | null, readonly [number, number]>()
  const tails = new Map<string | null, Series>()
  list.forEach((entry: unknown, i) => {
    const { key, start, mean, scale } = Object(entry) as Record<string, unknown>
    const named = typeof key === 'string' || key === null
    if (!named || !isNumber(start) || !isNumber(mean) || !isNumber(scale) || !(scale > 0) || tails.has(key)) throw wrong(`series ${i}`, entry) // prettier-ignore
    const target = numbers(`target.${i}`)
    const filled = Uint8Array.from(numbers(`filled.${i}`))
    const own = Array.from({ length: width }, (_, place) => numbers(`column.${i}.${place}`))
    if (target.length === 0 || [filled, ...own].some(({ length }) => length !== target.length))
      throw wrong(`series ${i}`, entry)
    targets.set(key, [mean, scale])
    tails.set(key, { key, start, target, filled, columns: own })
  })
  const errors = tensors['errors']
  if (errors?.ndim !== 2 || errors.shape[1] !== horizon) throw wrong('errors', errors)
  const season = json['season']
  if (!Number.isSafeInteger(season) || Number(season) < 1) throw wrong('season', season)
  const fitted = new FittedForecaster(
    readSettings(settings),
    layout,
    Number(season),
    json['dates'] === true,
    { targets, columns: columns as [number, number][] },
    network,
    errors.toArray() as number[][],
    tails,
  )
  // A window goes through, or the network is of other columns.
  const pasts = [...tails.values()].filter(({ target }) => target.length >= layout.past)
  fitted.of(who, pasts.slice(0, 1), Number.MIN_VALUE)
  return { settings, fitted, lost: json['lost'] === true }
}
