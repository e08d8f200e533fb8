import { checkArguments } from '../check.js'
import { BCELoss } from '../criterion/bce.js'
import { BCEWithLogitsLoss } from '../criterion/bce-with-logits.js'
import type { Criterion } from '../criterion/criterion.js'
import { CrossEntropyLoss } from '../criterion/cross-entropy.js'
import { NLLLoss } from '../criterion/nll.js'
import { withoutOthers } from '../kernels/processes.js'
import { Augmentation } from '../nn/augmentation.js'
import { Dropout, Dropout2d } from '../nn/dropout.js'
import { RandomBrightness } from '../nn/random-brightness.js'
import type { Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { Adam } from '../optim/adam.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Options, readOptions, signal, unchecked, type Values, whole } from '../options.js'
import { type Batch, checkBatch, checkCriterion, checkModel, checkOptimizer } from './arguments.js'
import { forwardBefore, holdsNone } from './mistakes.js'
import { oddNumberOf } from './odd-data.js'
import { parametersOf, Snapshot, type TrainingOptimizer } from './snapshot.js'
import { finish, finishGently, meanOf, type Task, throughout } from './task.js'

export interface SanityCheckOptions {
  criterion: Criterion
  /**
   * Tries to overfit the batch. Its state and options are put back. Default: Adam with lr 1e-3 and, if
   * that fails, a second time with 1e-2.
   */
  optimizer?: TrainingOptimizer
  /** Steps in which the batch has to be overfitted. Default 300. */
  steps?: number
}

const OPTIONS = {
  criterion: unchecked<Criterion>(),
  optimizer: unchecked<TrainingOptimizer>(),
  steps: whole(1, 300),
} satisfies Options<SanityCheckOptions>

const ASYNC = { ...OPTIONS, signal: signal() }

/** What is wrong with the gradient of a parameter. */
export type GradientFault = 'no gradient' | 'all zero' | 'not finite' | 'not in the optimizer'

/** What `sanityCheck` found out. `toString` tells it in words. */
export interface SanityReport {
  /** Whether all that was checked is well. */
  readonly ok: boolean
  /** The loss of the batch before any step, in training mode. */
  readonly loss: number
  /** What it would be if all classes were held for equally likely; null where there are no classes. */
  readonly expectedLoss: number | null
  readonly lossOk: boolean
  /** Parameters with `requiresGrad` that the batch does not train, by path. */
  readonly gradientFaults: Readonly<Record<string, GradientFault>>
  readonly overfit: {
    /** Whether the loss fell to a tenth. */
    readonly ok: boolean
    /** The first loss without dropout and augmentation, and the lowest. */
    readonly from: number
    readonly to: number
    /** Steps until then. */
    readonly steps: number
  }
  /** Mistakes that were found in the data, the model and the optimizer, in words. */
  readonly causes: readonly string[]
  toString(): string
}

/**
 * Looks for the mistakes that make training fail in silence:
 *
 * - The loss at the start. A fresh classifier holds all C classes for equally likely, so it is near
 *   ln C (ln 2 for one logit): at most 0.3 ln C away, or 0.25 if that is more. Checked for criteria
 *   without class weights whose reduction is `mean`.
 * - Gradients. After one backward pass every parameter with `requiresGrad` has one, finite and not all
 *   zero.
 * - Causes of these: a NaN in the batch, with row and column; a softmax or a sigmoid before a criterion that
 *   computes it itself; an optimizer that holds none of the model's parameters.
 * - One batch can be overfitted: within `steps` steps on it, without dropout and augmentation, the loss falls to a
 *   tenth.
 *
 * Model, optimizer and generators are afterwards as before, to the last bit. Do not use them
 * meanwhile.
 *
 * @param batch Features and targets, some 16 to 128 samples.
 * @throws ValueError for an argument that is none.
 * @see A. Karpathy, A recipe for training neural networks, http://karpathy.github.io/2019/04/25/recipe/
 *
 * @example
 * const [batch] = loader
 * console.log(String(await sanityCheck(model, batch, { criterion: new nn.CrossEntropyLoss() })))
 */
export async function sanityCheck(
  model: Module,
  batch: readonly Tensor[],
  options: SanityCheckOptions & { signal?: AbortSignal },
): Promise<SanityReport> {
  checkArguments('sanityCheck', 3, arguments)
  const { signal, ...given } = readOptions('sanityCheck', ASYNC, options)
  return finishGently(alone(check('sanityCheck', model, batch, given)), signal)
}

/** As `sanityCheck`, without a promise. */
export function sanityCheckSync(
  model: Module,
  batch: readonly Tensor[],
  options: SanityCheckOptions,
): SanityReport {
  checkArguments('sanityCheckSync', 3, arguments)
  const given = readOptions('sanityCheckSync', OPTIONS, options)
  return finish(alone(check('sanityCheckSync', model, batch, given)))
}

/** Losses decide how long it takes, so each rank of several does it for itself. */
const alone = <T>(task: Task<T>): Task<T> => throughout(withoutOthers, task)

function* check(
  who: string,
  model: Module,
  batch: readonly Tensor[],
  { criterion, steps, optimizer }: Values<typeof OPTIONS>,
): Task<SanityReport> {
  checkModel(who, model)
  checkBatch(who, batch)
  checkCriterion(who, criterion)
  if (optimizer !== undefined) checkOptimizer(who, optimizer)

  const snapshot = new Snapshot(model, optimizer)
  try {
    model.train()
    model.zeroGrad()
    const [x, y] = batch
    const { prediction, mistake } = forwardBefore(criterion, model, x)
    const loss = meanOf(criterion.forward(prediction, y))
    const expectedLoss = uniformLoss(criterion, prediction)
    model.backwardParameters(x, criterion.backward(prediction, y))
    const gradientFaults = faultsOf(model, optimizer)
    const none = optimizer !== undefined && holdsNone(model, optimizer)
    const causes = [
      oddNumberOf(batch),
      mistake,
      none ? "the optimizer holds none of the model's parameters" : null,
    ].filter((cause) => cause !== null)
    const lossOk =
      Number.isFinite(loss) &&
      (expectedLoss === null || Math.abs(loss - expectedLoss) <= Math.max(0.25, 0.3 * expectedLoss))

    let overfit = yield* fitOne(model, batch, criterion, optimizer ?? adam(model, 1e-3), steps)
    if (!overfit.ok && optimizer === undefined) {
      // Small networks want larger steps.
      snapshot.restore()
      model.train()
      const again = yield* fitOne(model, batch, criterion, adam(model, 1e-2), steps)
      if (!(overfit.to < again.to)) overfit = again
    }
    const faultless = causes.length === 0 && Object.keys(gradientFaults).length === 0
    const ok = lossOk && faultless && overfit.ok
    const report = { ok, loss, expectedLoss, lossOk, gradientFaults, overfit, causes }
    return { ...report, toString: () => inWords(report) }
  } finally {
    snapshot.restore()
  }
}

function adam(model: Module, lr: number): TrainingOptimizer | null {
  const trained = model.parameters().filter(({ requiresGrad }) => requiresGrad)
  return trained.length > 0 ? new Adam(trained, { lr }) : null
}

/** The loss of a prediction that holds all classes for equally likely. */
function uniformLoss(criterion: Criterion, { shape }: Tensor): number | null {
  const { reduction, weight } = criterion as { reduction?: string; weight?: unknown }
  if (reduction === 'sum' || (weight ?? null) !== null) return null
  if (criterion instanceof BCELoss) return Math.LN2
  if (criterion instanceof BCEWithLogitsLoss) {
    return (criterion as { posWeight?: unknown }).posWeight ? null : Math.LN2
  }
  if (criterion instanceof CrossEntropyLoss || criterion instanceof NLLLoss) {
    return Math.log(shape[shape.length === 1 ? 0 : 1]!)
  }
  return null
}

function faultsOf(model: Module, optimizer?: TrainingOptimizer): Record<string, GradientFault> {
  const optimized = optimizer && new Set(parametersOf(optimizer))
  const faults: [path: string, GradientFault][] = []
  for (const [path, parameter] of model.namedParameters()) {
    if (!parameter.requiresGrad || parameter.length === 0) continue
    const fault = faultOf(parameter)
    if (fault !== null) faults.push([path, fault])
    else if (optimized?.has(parameter) === false) faults.push([path, 'not in the optimizer'])
  }
  return Object.fromEntries(faults)
}

function faultOf({ grad }: Parameter): GradientFault | null {
  if (grad === null) return 'no gradient'
  let zero = true
  for (const value of grad.data) {
    if (!Number.isFinite(value)) return 'not finite'
    zero &&= value === 0
  }
  return zero ? 'all zero' : null
}

/** Layers that draw at every forward. */
const DRAWING = [Dropout, Dropout2d, Augmentation, RandomBrightness]

function* fitOne(
  model: Module,
  [x, y]: Batch,
  criterion: Criterion,
  optimizer: TrainingOptimizer | null,
  steps: number,
): Task<SanityReport['overfit']> {
  // What is drawn anew keeps a loss from 0.
  for (const module of model.modules()) {
    if (DRAWING.some((kind) => module instanceof kind)) module.training = false
  }
  let from = NaN
  let to = Infinity
  for (let step = 0; ; step++) {
    const prediction = model.forward(x)
    const loss = meanOf(criterion.forward(prediction, y))
    if (step === 0) from = loss
    if (loss < to) to = loss
    const ok = to <= from / 10
    if (ok || step === steps || optimizer === null || !Number.isFinite(loss)) {
      return { ok, from, to, steps: step }
    }
    optimizer.zeroGrad()
    model.backwardParameters(x, criterion.backward(prediction, y))
    optimizer.step()
    yield
  }
}

function inWords(report: Omit<SanityReport, 'toString'>): string {
  const { loss, expectedLoss, lossOk, gradientFaults, overfit, causes } = report
  const mark = (ok: boolean): string => (ok ? 'ok  ' : 'FAIL')
  const number = (value: number): string => value.toPrecision(4)
  const uniform = expectedLoss === null ? '' : `; ${number(expectedLoss)} if it knew nothing`
  const lines = [`${mark(lossOk)} loss at the start ${number(loss)}${uniform}`]
  if (!lossOk && expectedLoss !== null) {
    lines.push(
      loss < expectedLoss
        ? '     the model knows something already: is it trained, are targets among the features?'
        : '     the outputs are too large at the start: are features scaled, is a softmax applied twice?',
    )
  }
  const faults = Object.entries(gradientFaults)
  lines.push(
    faults.length === 0
      ? `${mark(true)} gradients reach every parameter`
      : `${mark(false)} gradients do not reach every parameter`,
    ...faults.map(([path, fault]) => `     ${path}: ${fault}`),
  )
  const { from, to, steps } = overfit
  lines.push(
    `${mark(overfit.ok)} one batch overfitted: loss from ${number(from)} to ${number(to)} in ${steps} steps`,
  )
  if (!overfit.ok) {
    lines.push('     is the learning rate right, do features and targets belong together?')
  }
  lines.push(...causes.map((cause) => `${mark(false)} ${cause}`))
  return lines.join('\n')
}
