import { complaint, FormatError } from '../errors.js'
import type { StateDict } from '../nn/state-dict.js'
import type { OptimizerStateDict } from '../optim/optimizer.js'
import { Tensor } from '../tensor/tensor.js'
import type { State } from './checkpoint-encoding.js'
import type { EpochRecord, StopRecord, WeightRecord } from './records.js'
import type { ValidationSplit } from './split.js'
import type { TallyState } from './tally.js'

/** Batches as a place in an epoch counts them; null for a stream, of which nothing is known. */
export interface Order {
  readonly samples: number
  readonly batchSize: number
  readonly dropLast: boolean
  readonly accumulate: number
  /** Processes that each take a batch of a step. */
  readonly ranks: number
}

/** Where a training stands. */
export interface Position {
  /** The epoch in progress, or the next one, counted from 0. */
  readonly epoch: number
  /** Optimizer steps of it that are done. */
  readonly steps: number
  /** Batches of it in those steps, of all processes. */
  readonly batches: number
  /** Optimizer steps over all epochs. */
  readonly step: number
  /** What the batches of those steps came to; null at the beginning of an epoch. */
  readonly tally: TallyState | null
  /** Who has ended the training; null as long as nobody has. */
  readonly stopped: StopRecord | null
}

/** All that a checkpoint keeps. */
export interface Saved extends Position {
  readonly order: Order | null
  readonly model: StateDict
  readonly optimizer: OptimizerStateDict
  readonly scheduler: Record<string, unknown> | null
  readonly split: ReturnType<ValidationSplit['stateDict']>
  /** Of the callbacks that have one, in their order. */
  readonly callbacks: readonly Record<string, unknown>[]
  readonly generators: readonly Tensor[]
  readonly generatorsAtEpoch: readonly Tensor[]
  readonly history: readonly EpochRecord[]
  readonly weights: readonly WeightRecord[]
  readonly warnings: readonly string[]
}

/** Whether a value is what a field has to be. */
type Check = (value: unknown) => boolean

const isNumber: Check = (value) => typeof value === 'number'
const isText: Check = (value) => typeof value === 'string'
const isBoolean: Check = (value) => typeof value === 'boolean'
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isObject: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Tensor)
const isGenerator: Check = (value) =>
  value instanceof Tensor && value.dtype === 'int32' && value.length === 4
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const mapOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value as object).every(check)
/** An object with these fields, among others. */
const objectOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]))

const isHistogram = objectOf({
  min: isNumber,
  max: isNumber,
  mean: isNumber,
  std: isNumber,
  notFinite: isCount,
  counts: listOf(isCount),
})

const fields: Readonly<Record<keyof Saved, readonly [expected: string, check: Check]>> = {
  epoch: ['a whole number of at least 0', isCount],
  steps: ['a whole number of at least 0', isCount],
  batches: ['a whole number of at least 0', isCount],
  step: ['a whole number of at least 0', isCount],
  tally: [
    'null, or sums and the states of metrics',
    orNull(
      objectOf({
        loss: isNumber,
        weight: orNull(isNumber),
        rows: isNumber,
        norms: isNumber,
        steps: isCount,
        metrics: listOf(isObject),
      }),
    ),
  ],
  stopped: [
    'null, or who has ended the training',
    orNull(objectOf({ by: isText, reason: isText, epoch: isCount, step: isCount })),
  ],
  order: [
    'null, or the sizes of an epoch',
    orNull(
      objectOf({
        samples: isCount,
        batchSize: isCount,
        dropLast: isBoolean,
        accumulate: isCount,
        ranks: isCount,
      }),
    ),
  ],
  model: ['tensors by name', mapOf((value) => value instanceof Tensor)],
  optimizer: [
    'a state dict',
    objectOf({
      state: mapOf(isObject),
      param_groups: listOf(isObject),
    }),
  ],
  scheduler: ['a state dict or null', orNull(isObject)],
  split: [
    'null, or a fraction and a generator',
    orNull(objectOf({ fraction: isNumber, generator: isGenerator })),
  ],
  callbacks: ['a list of state dicts', listOf(isObject)],
  generators: ['a list of generators', listOf(isGenerator)],
  generatorsAtEpoch: ['a list of generators', listOf(isGenerator)],
  history: [
    'a list of epochs',
    listOf(
      objectOf({
        epoch: isCount,
        logs: isObject,
        results: isObject,
        lr: isNumber,
        lrs: listOf(isNumber),
        gradNorm: orNull(isNumber),
        seconds: isNumber,
        validationSeconds: isNumber,
        samplesPerSecond: isNumber,
        ranks: optional(objectOf({ waitingSeconds: listOf(isNumber), efficiency: isNumber })),
      }),
    ),
  ],
  warnings: ['a list of texts', listOf(isText)],
  weights: [
    'a list of histograms',
    listOf(objectOf({ epoch: isCount, parameters: mapOf(isHistogram) })),
  ],
}

/**
 * What a file holds, as it has to be.
 *
 * @throws FormatError that names the first field that is something else.
 */
export function checkedState(who: string, state: State): Saved {
  const saved = (isObject(state) ? state : {}) as Record<string, unknown>
  for (const [name, [expected, check]] of Object.entries(fields)) {
    const value = saved[name]
    if (check(value)) continue
    throw new FormatError(complaint(who, name, expected, kindOf(value)))
  }
  const checked = saved as unknown as Saved
  const { steps, batches, step, tally, generators, generatorsAtEpoch } = checked
  if (steps > step || steps > batches || steps > 0 !== (tally !== null)) {
    const got = `${steps} of ${step} steps, ${batches} batches, ${tally === null ? 'no' : 'a'} tally`
    throw new FormatError(complaint(who, 'the place in the epoch', 'one that there is', got))
  }
  if (generators.length !== generatorsAtEpoch.length) {
    const expected = `${generators.length} generators`
    throw new FormatError(
      complaint(who, 'generatorsAtEpoch', expected, `${generatorsAtEpoch.length}`),
    )
  }
  return checked
}

function kindOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === undefined) return 'nothing'
  return value === null ? 'null' : Array.isArray(value) ? 'another list' : `another ${typeof value}`
}
