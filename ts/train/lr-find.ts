import { checkArguments } from '../check.js'
import { show } from '../show.js'
import { setImmediate } from 'node:timers/promises'
import type { Criterion } from '../criterion/criterion.js'
import { complaint, ValueError } from '../errors.js'
import { withoutOthers } from '../kernels/processes.js'
import type { Module } from '../nn/module.js'
import {
  flag,
  type Option,
  type Options,
  positive,
  readOptions,
  share,
  signal,
  unchecked,
  type Values,
  whole,
} from '../options.js'
import { Generator } from '../random/generator.js'
import { Tensor } from '../tensor/tensor.js'
import {
  type Batch,
  checkBatch,
  checkCriterion,
  checkModel,
  checkOptimizer,
  type Loader,
} from './arguments.js'
import { type Batches, batchesOf, type BatchSource, checkCut, Groups } from './batches.js'
import { drive } from './flow.js'
import { checkHolds } from './mistakes.js'
import { oddNumberOf } from './odd-data.js'
import { Snapshot, type TrainingOptimizer } from './snapshot.js'
import { meanOf } from './task.js'
import { warn } from './warn.js'

export interface LrFindOptions {
  criterion: Criterion
  /** With more than one group, their learning rates keep their proportions; `lrs` is the first's. */
  optimizer: TrainingOptimizer
  /** Samples of a batch, where tensors are given instead of a loader. Default 32. */
  batchSize?: number
  /** A new random order each epoch, where tensors are given instead of a loader. Default true. */
  shuffle?: boolean
  /** The first learning rate. Default 1e-7. */
  minLr?: number
  /** The last one. Default 10. */
  maxLr?: number
  /** Batches. Default 100. */
  steps?: number
  /** β of the running average of the loss, in [0, 1). Default 0.9. */
  smoothing?: number
  /** Stops when the smoothed loss is so many times the lowest one. Default 4. */
  divergence?: number
}

const DIVERGENCE: Option<number> = {
  initial: 4,
  expected: 'a number above 1',
  accepts: (value) => typeof value === 'number' && value > 1,
}

const OPTIONS = {
  criterion: unchecked<Criterion>(),
  optimizer: unchecked<TrainingOptimizer>(),
  minLr: positive(1e-7),
  maxLr: positive(10),
  steps: whole(2, 100),
  smoothing: share(0.9, '[0, 1)'),
  divergence: DIVERGENCE,
  batchSize: whole(1),
  shuffle: flag(),
} satisfies Options<LrFindOptions>

const ASYNC = { ...OPTIONS, signal: signal() }

/** A sweep over learning rates. `toString` sums it up in a line. */
export interface LrFindResult {
  readonly lrs: readonly number[]
  /** Of the batch at each learning rate. */
  readonly losses: readonly number[]
  /** Their running average, corrected for its start from 0. */
  readonly smoothedLosses: readonly number[]
  /**
   * Where the smoothed loss falls fastest over the logarithm of the learning rate, before its lowest
   * point; null where it does not fall.
   */
  readonly suggestion: number | null
  /** Whether the loss diverged before the last learning rate. */
  readonly diverged: boolean
  toString(): string
}

const WARM_UP = 5

/**
 * Looks for a learning rate: trains for `steps` batches while it grows from `minLr` to `maxLr`, each
 * time by the same factor, and watches the loss. Model, optimizer and generators (the loader's too) are
 * afterwards as before, to the last bit. Do not use them meanwhile.
 *
 * @param loader Batches [features, targets]; begun anew when it ends. May be asynchronous. Or the two tensors
 *   of all samples, as `fit` takes them.
 * @throws ValueError for an argument that is none, or when there are no batches.
 * @see Smith, Cyclical learning rates for training neural networks, https://arxiv.org/abs/1506.01186
 *
 * @example
 * const { suggestion } = await lrFind(model, loader, { criterion, optimizer })
 * for (const group of optimizer.paramGroups) group.lr = suggestion ?? group.lr
 */
export async function lrFind(
  model: Module,
  loader: BatchSource,
  options: LrFindOptions & { signal?: AbortSignal },
): Promise<LrFindResult> {
  checkArguments('lrFind', 3, arguments)
  const { signal, ...given } = readOptions('lrFind', ASYNC, options)
  signal?.throwIfAborted()
  const sweep = new Sweep('lrFind', model, loader, given)
  try {
    while (sweep.wantsEpoch()) {
      const groups = new Groups('lrFind', sweep.batches, 1, { sync: false, signal })
      try {
        for (;;) {
          const [batch] = await drive(groups.next())
          if (batch === undefined || !sweep.step(batch)) break
          await setImmediate()
        }
      } finally {
        await drive(groups.close())
      }
    }
    return sweep.result()
  } finally {
    sweep.restore()
  }
}

/** As `lrFind`, without a promise. */
export function lrFindSync(
  model: Module,
  loader: BatchSource,
  options: LrFindOptions,
): LrFindResult {
  checkArguments('lrFindSync', 3, arguments)
  const sweep = new Sweep('lrFindSync', model, loader, readOptions('lrFindSync', OPTIONS, options))
  try {
    while (sweep.wantsEpoch()) {
      for (const batch of sweep.batches as Loader) if (!sweep.step(batch)) break
    }
    return sweep.result()
  } finally {
    sweep.restore()
  }
}

class Sweep {
  readonly #who: string
  readonly #model: Module
  readonly #criterion: Criterion
  readonly #optimizer: TrainingOptimizer
  readonly #settings: Required<
    Pick<LrFindOptions, 'minLr' | 'maxLr' | 'steps' | 'smoothing' | 'divergence'>
  >
  readonly #factors: readonly number[]
  readonly #snapshot: Snapshot
  readonly batches: Batches
  readonly #lrs: number[] = []
  readonly #losses: number[] = []
  readonly #smoothed: number[] = []
  #average = 0
  #diverged = false
  /** Batches at the start of the epoch, to notice a loader that has no more. */
  #epochStart = -1

  constructor(who: string, model: Module, loader: unknown, given: Values<typeof OPTIONS>) {
    this.#who = who
    const { criterion, optimizer, steps, smoothing, divergence, minLr, maxLr } = given
    checkModel(who, model)
    const { batchSize = 32, shuffle = true } = given
    checkCut(who, loader, given)
    this.batches = batchesOf(who, 'the loader', loader, who !== 'lrFind', { batchSize, shuffle })
    checkCriterion(who, criterion)
    checkOptimizer(who, optimizer)
    checkHolds(who, model, optimizer)
    if (!(minLr < maxLr)) {
      const got = `${show(minLr)} and ${show(maxLr)}`
      throw new ValueError(complaint(who, 'minLr and maxLr', '0 < minLr < maxLr', got))
    }
    this.#model = model
    this.#criterion = criterion
    this.#optimizer = optimizer
    this.#settings = { minLr, maxLr, steps, smoothing, divergence }
    const first = optimizer.paramGroups[0]!.lr
    this.#factors = optimizer.paramGroups.map(({ lr }) => (first > 0 ? lr / first : 1))
    const { generator } = loader as { generator?: unknown }
    this.#snapshot = new Snapshot(
      model,
      optimizer,
      generator instanceof Generator ? [generator] : [],
    )
    model.train()
  }

  /** Whether another pass over the loader is wanted, and of use. */
  wantsEpoch(): boolean {
    const count = this.#losses.length
    if (this.#diverged || count === this.#settings.steps || count === this.#epochStart) return false
    this.#epochStart = count
    return true
  }

  /** One batch; whether another is wanted. */
  step(batch: readonly Tensor[]): boolean {
    checkBatch(this.#who, batch)
    const { minLr, maxLr, steps, smoothing, divergence } = this.#settings
    const done = this.#losses.length
    const lr = minLr * (maxLr / minLr) ** (done / (steps - 1))
    this.#optimizer.paramGroups.forEach((group, i) => (group.lr = lr * this.#factors[i]!))
    // Losses decide how long it takes, so each rank of several does it for itself.
    const loss = withoutOthers(() => this.#train(batch))
    if (loss === null) return true
    this.#average = smoothing * this.#average + (1 - smoothing) * loss
    const smoothed = this.#average / (1 - smoothing ** (done + 1))
    if (!Number.isFinite(smoothed)) {
      if (done === 0) this.#warnOf(loss, batch)
      this.#diverged = true
      return false
    }
    this.#lrs.push(lr)
    this.#losses.push(loss)
    this.#smoothed.push(smoothed)
    this.#diverged = done >= WARM_UP && smoothed > divergence * Math.min(...this.#smoothed)
    return !this.#diverged && done + 1 < steps
  }

  /** The loss before the step; null of a batch whose targets are all ignored. */
  #train([x, y]: Batch): number | null {
    this.#optimizer.zeroGrad()
    const prediction = this.#model.forward(x)
    const loss = meanOf(this.#criterion.forward(prediction, y))
    const weight = this.#criterion.lossWeight(prediction, y)
    if ((weight instanceof Tensor ? weight.item() : weight) === 0) return null
    if (!Number.isFinite(loss)) return loss
    this.#model.backwardParameters(x, this.#criterion.backward(prediction, y))
    this.#optimizer.step()
    return loss
  }

  #warnOf(loss: number, batch: Batch): void {
    const cause = oddNumberOf(batch) ?? 'its data are finite; sanityCheck looks for the cause'
    warn(`${this.#who}: the loss of the first batch is ${loss}: ${cause}`)
  }

  result(): LrFindResult {
    const [lrs, smoothed] = [this.#lrs, this.#smoothed]
    if (lrs.length === 0 && !this.#diverged) {
      const hint = 'an iterator can be gone through only once: pass what makes iterators'
      throw new ValueError(
        complaint(this.#who, 'the loader', 'of at least one batch', 'none', hint),
      )
    }
    const suggestion = steepest(lrs, smoothed)
    const diverged = this.#diverged
    return {
      lrs,
      losses: this.#losses,
      smoothedLosses: smoothed,
      suggestion,
      diverged,
      toString: () => inWords(lrs, suggestion, diverged),
    }
  }

  restore(): void {
    this.#snapshot.restore()
  }
}

/** Where the losses fall fastest over the logarithm of the learning rate, before the lowest. */
function steepest(lrs: readonly number[], losses: readonly number[]): number | null {
  const lowest = losses.indexOf(Math.min(...losses))
  let best = 0
  let found: number | null = null
  for (let i = Math.min(WARM_UP, lowest); i <= lowest; i++) {
    const [before, after] = [Math.max(i - 1, 0), Math.min(i + 1, losses.length - 1)]
    const slope = (losses[after]! - losses[before]!) / Math.log(lrs[after]! / lrs[before]!)
    if (slope < best) {
      best = slope
      found = lrs[i]!
    }
  }
  return found
}

function inWords(lrs: readonly number[], suggestion: number | null, diverged: boolean): string {
  const found =
    suggestion === null ? 'the loss falls nowhere' : `learning rate ${suggestion.toExponential(2)}`
  const [first, last] = [lrs[0] ?? NaN, lrs.at(-1) ?? NaN]
  const range = `${lrs.length} tried from ${first.toExponential(0)} to ${last.toExponential(0)}`
  return `lrFind: ${found}; ${range}${diverged ? ', then the loss diverged' : ''}`
}
