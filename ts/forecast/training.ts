import { HuberLoss } from '../criterion/huber.js'
import { DataLoader } from '../data/data-loader.js'
import type { Dataset } from '../data/dataset.js'
import { Subset } from '../data/subset.js'
import { complaint, ValueError } from '../errors.js'
import type { Module } from '../nn/module.js'
import { AdamW, OneCycleLR } from '../optim/index.js'
import type { Values } from '../options.js'
import { show } from '../show.js'
import { abs, sub } from '../ops/index.js'
import { arange } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { fit } from '../train/fit.js'
import { History } from '../train/history.js'
import { predict } from '../train/predict.js'
import { type Layout, scalingOf, widthOf } from './features.js'
import { FittedForecaster } from './fitted.js'
import { seasonOf } from './frequency.js'
import { twoNetworksOf } from './network.js'
import type { FIT, FORECASTER } from './options.js'
import { before, type Read, type Series, type SeriesSettings, seriesOf } from './series.js'
import { SeriesWindows } from './windows.js'

export type Settings = Values<typeof FORECASTER>

/** Fewer windows say too little: of the error, and of what is to be learned. */
const LEAST_CALIBRATION = 9
const LEAST_TRAINING = 8
const STEPS = 1500

export function readSettings({
  time,
  target,
  key,
  covariates,
  known,
  fill,
}: Settings): SeriesSettings {
  return { time, target, key, columns: [...(covariates ?? []), ...(known ?? [])], fill }
}

/**
 * Learns from a table.
 *
 * @throws ValueError, NotFiniteError when table and options do not fit; what `fit` throws.
 */
export async function train(
  who: string,
  settings: Settings,
  given: Values<typeof FIT>,
  table: unknown,
): Promise<{ fitted: FittedForecaster; history: History }> {
  checkColumns(who, settings)
  const read = seriesOf(who, table, readSettings(settings), null, settings.frequency)
  return trainOn(who, settings, given, read)
}

/**
 * The same of series that were read already.
 *
 * The network that is kept learns from all windows. A second one, which the latest windows are held from,
 * learns as long as it did and is measured on them: so the errors are of steps as far behind the training as
 * those to come are, and never of windows that were learned from.
 */
export async function trainOn(
  who: string,
  settings: Settings,
  given: Values<typeof FIT>,
  { series, frequency, notes, dates }: Read,
): Promise<{ fitted: FittedForecaster; history: History }> {
  given.signal?.throwIfAborted()
  const { horizon, calendar } = settings
  const history = given.history ?? new History()
  history.warnings.push(...notes)
  const season = settings.season ?? seasonOf(frequency)
  const past = settings.past ?? pastOf(series, season, horizon)
  const layout: Layout = {
    horizon,
    past,
    frequency,
    calendar,
    covariates: settings.covariates?.length ?? 0,
    known: settings.known?.length ?? 0,
  }
  const parts = partsOf(who, series, past, horizon, settings.calibration)
  // Nothing of what the error is measured on goes into the scales.
  const seen = series.map((each, i) => before(each, parts.ends[i]!))
  const scaling = scalingOf(who, seen, horizon)
  const windows = new SeriesWindows(series, scaling, layout)
  const [network, measured] = twoNetworksOf(who, settings.network, past, widthOf(layout), horizon)
  const epochs = given.epochs ?? epochsOf(parts.training.length, settings.batchSize)
  const earlier = history.epochs.length
  await learn(network, windows, settings, epochs, epochs, { ...given, history })
  const { signal, threads, priority, progress, capture, clipGradNorm } = given
  const same = { signal, threads, priority, progress, capture, clipGradNorm, details: false }
  const ran = history.epochs.length - earlier
  await learn(measured, new Subset(windows, parts.training), settings, epochs, ran, same)
  const held = new Subset(windows, parts.calibration)
  const [x, y] = held.gather(arange(held.length, { dtype: 'int32' }))
  const errors = abs(sub(await predict(measured, x, { signal }), y))
  const fitted = FittedForecaster.of(
    readSettings(settings),
    layout,
    season,
    dates,
    scaling,
    network,
    errors,
    series,
  )
  return { fitted, history }
}

function epochsOf(windows: number, batchSize: number): number {
  return Math.min(200, Math.max(5, Math.ceil(STEPS / Math.ceil(windows / batchSize))))
}

/** @param epochs Those that the learning rate is laid out for. @param ran Those that are run, of the first. */
async function learn(
  network: Module,
  windows: Dataset<[Tensor, Tensor]>,
  { batchSize, lr }: Settings,
  epochs: number,
  ran: number,
  { clipGradNorm, ...given }: Partial<Values<typeof FIT>>,
): Promise<void> {
  const parameters = network.parameters()
  const groups = [
    { params: parameters.filter(({ ndim }) => ndim > 1), weightDecay: 0.01 },
    { params: parameters.filter(({ ndim }) => ndim < 2), weightDecay: 0 },
  ].filter(({ params }) => params.length > 0)
  const optimizer = new AdamW(groups, { lr })
  await fit(network, new DataLoader(windows, { batchSize, shuffle: true }), {
    ...given,
    criterion: new HuberLoss(),
    optimizer,
    scheduler: new OneCycleLR(optimizer, { maxLr: lr, totalSteps: epochs, cycleMomentum: false }),
    epochs: ran,
    clipGradNorm: clipGradNorm ?? 1,
  })
  network.eval()
}

function checkColumns(who: string, settings: Settings): void {
  const { time, target, key, covariates = [], known = [] } = settings
  const names = [time, target, ...(key === undefined ? [] : [key]), ...covariates, ...known]
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return
  const expected = 'different columns for time, target, key, covariates and known'
  throw new ValueError(complaint(who, 'the options', expected, `${show(twice)} twice`))
}

/** Two seasons and two horizons, as far as that leaves windows to learn from. */
function pastOf(series: readonly Series[], season: number, horizon: number): number {
  const shortest = Math.min(...series.map(({ target }) => target.length))
  const most = Math.floor((shortest - 3 * horizon) / 3)
  return Math.max(1, Math.min(Math.max(2 * season, 2 * horizon, 8), most))
}

interface WindowParts {
  readonly training: number[]
  readonly calibration: number[]
  /** By series: the step from which on nothing was learned. */
  readonly ends: readonly number[]
}

/** The latest windows of each series are those that the error is measured on; none before reaches into their horizons. */
function partsOf(
  who: string,
  series: readonly Series[],
  past: number,
  horizon: number,
  share: number,
): WindowParts {
  const training: number[] = []
  const calibration: number[] = []
  const ends: number[] = []
  let first = 0
  for (const { target } of series) {
    const count = Math.max(0, target.length - past - horizon + 1)
    const free = Math.max(0, count - horizon + 1)
    const held = Math.min(Math.max(Math.ceil(share * count), 20), Math.floor(free / 2))
    for (let i = 0; i < free - held; i++) training.push(first + i)
    for (let i = count - held; i < count; i++) calibration.push(first + i)
    ends.push(target.length - held - horizon + 1)
    first += count
  }
  if (training.length >= LEAST_TRAINING && calibration.length >= LEAST_CALIBRATION)
    return { training, calibration, ends }
  const least = past + 2 * horizon - 2 + 2 * LEAST_CALIBRATION + 1
  const longest = Math.max(...series.map(({ target }) => target.length))
  const got = `${longest} steps for a past of ${past} and a horizon of ${horizon}`
  const hint = 'look at a shorter past, or forecast fewer steps'
  throw new ValueError(complaint(who, 'the series', `of at least ${least} steps`, got, hint))
}
