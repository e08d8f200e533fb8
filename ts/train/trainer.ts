import { setGradEnabled } from '../autograd/grad-mode.js'
import { setImmediate } from 'node:timers/promises'

import { heldMemoryCanGo } from '../capture/held-memory.js'
import type { Criterion } from '../criterion/criterion.js'
import { DataLoader } from '../data/data-loader.js'
import { complaint, ShapeError } from '../errors.js'
import { isRecording, kernels, noteUse } from '../kernels/backend.js'
import type { Metric } from '../metrics/metric.js'
import type { Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { clipGradNorm_ } from '../nn/utils/clip-grad-norm.js'
import { setBatchRows } from '../random/batch-rows.js'
import { arange, zerosLike } from '../tensor/create.js'
import { formatShape, Tensor } from '../tensor/tensor.js'
import { type Batch, checkBatch } from './arguments.js'
import { type Batches, cut, Groups, type IndexedLoader, isIndexed, noBatches } from './batches.js'
import { type BatchKinds, kindsOf, kindsOfRanks, rowsOf, sized } from './batch-kinds.js'
import { type Dealt, isEven, sumOf } from './dealt.js'
import { type Flow, wait } from './flow.js'
import type { StepOutputs } from './joined-outputs.js'
import { forwardBefore } from './mistakes.js'
import type { Modes } from './modes.js'
import type { Notices, OddLoss } from './notices.js'
import type { Ranks } from './ranks.js'
import { type Manner, Replayable } from './replayable.js'
import { parametersOf, type TrainingOptimizer } from './snapshot.js'
import { Tally, type TallyState } from './tally.js'

/** Results of the steps that one replay keeps until JavaScript has seen them. */
const MOST_KEPT = 16 * 2 ** 20
/**
 * How long the results of steps are taken down before others have their turn. A request to a server waits
 * for several turns, so of 2 ms it felt three times as much.
 */
const SLICE_MS = 0.5

export interface TrainerOptions {
  readonly who: string
  readonly model: Module
  /** The training flags that steps are computed with. */
  readonly modes: Modes
  readonly criterion: Criterion
  /** Null to evaluate. */
  readonly optimizer: TrainingOptimizer | null
  readonly metrics: readonly Metric<unknown>[]
  readonly clipGradNorm?: number | undefined
  /** Batches whose gradients make one optimizer step. */
  readonly accumulate: number
  /** Why steps are not to be captured; null to try it. */
  readonly eagerly: string | null
  readonly manner: Manner
  readonly notices: Notices
  /** The other processes of the training; null where it is of one. */
  readonly ranks: Ranks | null
}

export interface EpochOptions {
  /** What messages call it: `epoch 3`. */
  readonly name: string
  /** The most steps between two calls of `onSteps`; 1: one replay a step. */
  readonly pause: number
  /** Steps that were done before, the batches of all ranks in them, and what they came to. */
  readonly done?:
    { readonly steps: number; readonly batches: number; readonly tally: TallyState } | undefined
  /** When the order of the epoch has been drawn. */
  onOrder?(): void
  /** Between two steps, with how many of the epoch are done, and batches of all ranks. */
  onSteps?(steps: number, batches: number, tally: Tally): Flow<void>
  /** Samples done of the steps that a replay is running. */
  onProgress?(rows: number): void
}

interface Source {
  readonly batches: Batches
  readonly dataset: unknown
  readonly batchSize: unknown
}

/** Runs the batches of an epoch through a model: forward, and unless it evaluates, backward and step. */
export class Trainer {
  readonly #options: TrainerOptions
  readonly #onBatches: Replayable<Record<string, Tensor>, StepOutputs>
  /** Steps of several ranks that do not all have as many samples, by how many these have. */
  readonly #uneven = new Map<string, Replayable<Record<string, Tensor>, StepOutputs>>()
  /** What the last epoch was of, and how a loader cut it. */
  #source: Source | null = null
  #onIndex: Replayable<{ index: Tensor }, StepOutputs> | null = null
  #lastBatch: Batch | null = null
  #looked = false
  /** Parameters of the model that the optimizer does not hold. */
  #others: readonly Parameter[] = []
  /**
   * What the losses of batches of a kind count, where their targets do not matter. Those of most criteria
   * count their samples: as long as there is no other, kinds, which cost as much as a small operation to
   * tell apart, are not asked for.
   */
  readonly #weights = new Map<ReturnType<BatchKinds>, number | null>()

  constructor(options: TrainerOptions) {
    this.#options = options
    this.#onBatches = this.#steps(null)
  }

  /** @param dealt Null where all ranks have as many samples. */
  #steps(dealt: Dealt | null): Replayable<Record<string, Tensor>, StepOutputs> {
    const { modes, eagerly, manner } = this.#options
    return new Replayable(
      (inputs) => {
        const batches = pairs(inputs)
        return this.#step(batches, kindsOf(batches), dealt)
      },
      modes,
      eagerly,
      manner,
    )
  }

  /** What runs a step of batches that were dealt so. */
  #stepsOf(dealt: Dealt | null): Replayable<Record<string, Tensor>, StepOutputs> {
    if (dealt === null || dealt.every(isEven)) return this.#onBatches
    const key = dealt.join(';')
    let found = this.#uneven.get(key)
    if (found === undefined) this.#uneven.set(key, (found = this.#steps(dealt)))
    if (this.reason !== null) found.runEagerly(this.reason)
    return found
  }

  /** Why steps run eagerly; null when they are captured. */
  get reason(): string | null {
    return this.#onBatches.reason ?? this.#onIndex?.reason ?? null
  }

  /**
   * Makes a batch of so many samples out of those it was trained on, or of all of a batch if those are
   * fewer; null before the first epoch.
   */
  sampler(): ((samples: number) => Batch) | null {
    const source = this.#onIndex === null ? null : (this.#source!.batches as IndexedLoader)
    if (source !== null) {
      return (samples) => {
        const count = Math.min(samples, source.batchSize, source.dataset.length)
        return source.dataset.gather(arange(count, { dtype: 'int32' })) as Batch
      }
    }
    const batch = this.#lastBatch
    return batch === null ? null : (samples) => firstOf(batch, samples)
  }

  /** @throws ValueError when there was no sample. */
  *epoch(batches: Batches, options: EpochOptions): Flow<Tally> {
    const tally = new Tally(this.#options.metrics)
    if (options.done !== undefined) tally.loadStateDict(options.done.tally)
    if (this.reason === null && !this.#isKnown(batches)) {
      const { dataset, batchSize } = batches as Partial<IndexedLoader>
      this.#source = { batches, dataset, batchSize }
      this.#onIndex =
        isIndexed(batches) && this.#pays(options.pause) ? this.#indexed(batches) : null
    }
    if (this.reason !== null) this.#prepare()
    if (this.#onIndex !== null && this.reason === null) {
      yield* this.#epochByIndex(batches as IndexedLoader, this.#onIndex, tally, options)
    } else {
      if (this.reason !== null) this.#onBatches.runEagerly(this.reason)
      yield* this.#epochByBatch(batches, tally, options)
    }
    if (tally.rows === 0) throw noBatches(this.#options.who, options.name)
    return tally
  }

  /** Whether the last epoch was of these, cut in the same way. */
  #isKnown(batches: Batches): boolean {
    const { dataset, batchSize } = batches as Partial<IndexedLoader>
    const source = this.#source
    return (
      source?.batches === batches && source.dataset === dataset && source.batchSize === batchSize
    )
  }

  /** A run that works on a copy of the dataset must not be one of a few steps. */
  #pays(pause: number): boolean {
    return this.#options.manner.sync || pause === Infinity || !heldMemoryCanGo()
  }

  #indexed({ dataset, batchSize }: IndexedLoader): Replayable<{ index: Tensor }, StepOutputs> {
    const { modes, eagerly, manner } = this.#options
    return new Replayable(
      ({ index }) => {
        noteUse(dataset)
        const parts = cut(index, batchSize)
        const batches = parts.map((rows) => this.#checked(dataset.gather(rows)))
        return this.#step(batches, sized(sizes(index, batchSize)), null)
      },
      modes,
      eagerly,
      manner,
    )
  }

  #checked(batch: readonly Tensor[]): Batch {
    checkBatch(this.#options.who, batch)
    return batch
  }

  *#epochByBatch(batches: Batches, tally: Tally, options: EpochOptions): Flow<void> {
    const { who, accumulate, manner, ranks } = this.#options
    const { size } = ranks ?? ALONE
    let { steps, batches: done } = options.done ?? NONE
    let before = done
    const groups = new Groups(who, batches, accumulate * size, manner, before)
    const dropsLast = batches instanceof DataLoader && batches.dropLast
    try {
      for (let first = true; ; first = false) {
        const all = yield* groups.next()
        // What is left of the batch of all ranks goes as a last batch does.
        if (dropsLast && before === 0) all.length -= all.length % size
        if (all.length === 0) return
        if (first) options.onOrder?.()
        this.#lastBatch = all[0]!
        if (before > 0) {
          before -= all.length
          continue
        }
        const { group, dealt } = ranks === null ? { group: all, dealt: null } : ranks.dealTo(all)
        let outputs = yield* this.#stepsOf(dealt).run(named(group))
        if (ranks === null || dealt === null) {
          const rows = group.map(([x]) => rowsOf(x))
          this.#take(tally, outputs, rows, kindsOf(group))
        } else {
          const kinds = kindsOfRanks(all, size)
          const shares = { dealt, own: kindsOf(group), kinds }
          outputs = yield* ranks.joined(outputs, 0, shares, this.#weights)
          this.#take(tally, outputs, dealt.map(sumOf), kinds)
        }
        const data = (_step: number, i: number): { data: Batch } => ({ data: group[i]! })
        this.#look(tally, outputs, options.name, steps, data)
        done += all.length
        yield* this.#pause(options, ++steps, done, tally)
      }
    } finally {
      yield* groups.close()
    }
  }

  *#epochByIndex(
    loader: IndexedLoader,
    replayable: Replayable<{ index: Tensor }, StepOutputs>,
    tally: Tally,
    options: EpochOptions,
  ): Flow<void> {
    const { batchSize, dropLast } = loader
    const { pause } = options
    const { ranks, accumulate } = this.#options
    const { size } = ranks ?? ALONE
    const order = loader.drawOrder()
    options.onOrder?.()
    /** Samples of a batch and of a step, of all ranks. */
    const batch = batchSize * size
    const rows = batch * accumulate
    const before = options.done ?? NONE
    const from = Math.min(before.batches * batchSize, order.length)
    const used = dropLast ? order.length - ((order.length - from) % batch) : order.length
    const full = Math.floor((used - from) / rows)
    const whole = order.narrow(0, from, full * rows)
    const own = ranks?.deal(whole, batchSize) ?? whole
    const ownRows = rows / size
    const dealt = Array.from({ length: accumulate }, () => Array<number>(size).fill(batchSize))
    const parts = dealt.map(sumOf)
    const shares = { dealt, own: sized(dealt.map(() => batchSize)), kinds: sized(parts) }
    const data = (step: number, i: number): { data: Batch; samples: Tensor } => {
      const start = from + (step - before.steps) * rows + i * batch
      const samples = order.narrow(0, start, Math.min(batch, used - start))
      return { data: this.#checked(loader.dataset.gather(samples)), samples }
    }
    const batchesAt = (end: number): number => Math.ceil(end / batchSize)
    let step = 0
    while (step < full) {
      const first = own.narrow(0, step * ownRows, ownRows)
      const captured = pause === 1 ? null : replayable.capturedFor({ index: first })
      if (captured === null) {
        let outputs = yield* replayable.run({ index: first })
        if (ranks !== null) {
          outputs = yield* ranks.joined(outputs, 0, shares, this.#weights)
        }
        this.#take(tally, outputs, parts, sized(parts))
        this.#look(tally, outputs, options.name, before.steps + step, data)
        step++
      } else {
        const most = Math.max(1, Math.floor(MOST_KEPT / Math.max(1, captured.outputBytes)))
        const steps = Math.min(most, full - step, pause - ((before.steps + step) % pause))
        const index = own.narrow(0, step * ownRows, steps * ownRows).reshape([steps, ownRows])
        const onProgress = (done: number): void => {
          options.onProgress?.(tally.rows + done * rows)
        }
        let outputs = yield* replayable.scan(captured, { index }, onProgress)
        if (ranks !== null) {
          outputs = yield* ranks.joined(outputs, 1, shares, this.#weights)
        }
        yield* this.#takeAll(tally, outputs, steps, parts)
        this.#look(tally, outputs, options.name, before.steps + step, data)
        step += steps
      }
      yield* this.#pause(options, before.steps + step, batchesAt(from + step * rows), tally)
    }
    const end = from + full * rows
    if (end < used) {
      const rest = order.narrow(0, end, used - end)
      const outputs = yield* this.#rest(loader, replayable, rest)
      const parts = sizes(rest, batch)
      this.#take(tally, outputs, parts, sized(parts))
      this.#look(tally, outputs, options.name, before.steps + step, data)
      yield* this.#pause(options, before.steps + step + 1, batchesAt(used), tally)
    }
  }

  /** The last step of an epoch, of fewer samples than the others: what it has returned on all ranks. */
  *#rest(
    loader: IndexedLoader,
    replayable: Replayable<{ index: Tensor }, StepOutputs>,
    rest: Tensor,
  ): Flow<StepOutputs> {
    const { ranks } = this.#options
    if (ranks === null) return yield* replayable.run({ index: rest })
    const { batchSize } = loader
    const all = cut(rest, batchSize).map((rows) => this.#checked(loader.dataset.gather(rows)))
    const { group, dealt } = ranks.dealTo(all)
    const results = yield* this.#stepsOf(dealt).run(named(group))
    const shares = { dealt, own: kindsOf(group), kinds: sized(dealt.map(sumOf)) }
    return yield* ranks.joined(results, 0, shares, this.#weights)
  }

  /** Between two steps. */
  *#pause(options: EpochOptions, steps: number, batches: number, tally: Tally): Flow<void> {
    if (options.onSteps === undefined) return
    yield* options.onSteps(steps, batches, tally)
    if (options.pause === 1 && this.reason !== null) this.#prepare()
  }

  /**
   * The model may have got other modules and the optimizer other parameters: looked at whenever a step is
   * recorded, as it is after such a change, and for steps that run eagerly before each epoch and after
   * each callback.
   */
  #prepare(): void {
    const { model, modes, optimizer } = this.#options
    modes.update()
    const optimized = new Set(parametersOf(optimizer))
    this.#others = model.parameters().filter((parameter) => !optimized.has(parameter))
  }

  /** One step over a group of batches: what is captured. */
  #step(batches: readonly Batch[], kinds: BatchKinds, dealt: Dealt | null): StepOutputs {
    const before = setGradEnabled(this.#options.optimizer !== null)
    try {
      return this.#compute(batches, kinds, dealt)
    } finally {
      setGradEnabled(before)
      setBatchRows(null)
    }
  }

  #compute(batches: readonly Batch[], kinds: BatchKinds, dealt: Dealt | null): StepOutputs {
    const { model, criterion, optimizer, metrics, clipGradNorm, ranks } = this.#options
    const outputs: StepOutputs = {}
    if (isRecording()) this.#prepare()
    if (optimizer !== null) {
      noteUse(optimizer)
      optimizer.zeroGrad()
      for (const parameter of this.#others) parameter.zeroGrad()
    }
    batches.forEach(([x, y], i) => {
      setBatchRows(ranks && ranks.rowsOf(rowsOf(x), dealt?.[i]))
      const prediction = this.#forward(x)
      const loss = criterion.forward(prediction, y)
      if (loss.length !== 1) throw this.#manyLosses(loss)
      outputs[`loss${i}`] = loss
      const weight = criterion.lossWeight(prediction, y)
      if (weight instanceof Tensor) {
        // The criterion keeps it until its next batch.
        outputs[`weight${i}`] = batches.length > 1 ? weight.clone() : weight
        if (ranks?.isAbsent(dealt?.[i])) outputs[`weight${i}`] = zerosLike(weight)
      } else if (weight !== rowsOf(x) || this.#weights.size > 0) {
        this.#weights.set(kinds(i), weight)
      }
      if (metrics.length > 0) {
        outputs[`prediction${i}`] = prediction
        outputs[`target${i}`] = y
      }
      if (optimizer === null) return
      const gradient = criterion.backward(prediction, y)
      const share =
        ranks === null ? 1 : ranks.share(gradient, outputs[`weight${i}`] ?? weight, dealt?.[i])
      const scale = share / batches.length
      if (scale !== 1) {
        kernels().affine({ x: gradient, y: gradient, n: gradient.length, scale, shift: 0 })
      }
      model.backwardParameters(x, gradient)
    })
    setBatchRows(null)
    if (optimizer !== null) {
      ranks?.addUp(model)
      if (clipGradNorm !== undefined) {
        outputs['gradNorm'] = clipGradNorm_(model.parameters(), clipGradNorm)
      }
      optimizer.step()
    }
    return outputs
  }

  /** Of a training the first time looks at the model, too. */
  #forward(x: Tensor): Tensor {
    const { model, criterion, optimizer, notices } = this.#options
    if (optimizer === null || this.#looked) return model.forward(x)
    this.#looked = true
    const { prediction, mistake } = forwardBefore(criterion, model, x)
    notices.mistake(mistake)
    return prediction
  }

  #take(tally: Tally, outputs: StepOutputs, rows: readonly number[], kinds: BatchKinds): void {
    rows.forEach((count, i) => {
      const { [`prediction${i}`]: prediction, [`target${i}`]: target } = outputs
      this.#addLosses(tally, outputs, i, count, kinds)
      if (prediction !== undefined) tally.addBatch(prediction, target!)
    })
    if (outputs['gradNorm'] !== undefined) tally.addGradNorms(outputs['gradNorm'].data)
  }

  /** The losses of the batches at one place of their groups. */
  #addLosses(tally: Tally, outputs: StepOutputs, i: number, rows: number, kinds: BatchKinds): void {
    const { [`loss${i}`]: loss, [`weight${i}`]: weight } = outputs
    const same = this.#weights.size === 0 ? undefined : this.#weights.get(kinds(i))
    tally.addLosses(rows, loss!.data, weight?.data ?? (same === undefined ? rows : same))
  }

  /**
   * Tells of a loss that is not finite.
   *
   * @param first The number of the step that comes first in the outputs.
   * @param dataOf The batch of a step at a place of its group.
   */
  #look(
    tally: Tally,
    outputs: StepOutputs,
    name: string,
    first: number,
    dataOf: (step: number, i: number) => Pick<OddLoss, 'data' | 'samples'>,
  ): void {
    const { notices, accumulate } = this.#options
    if (tally.isFinite || notices.diverged) return
    for (let step = 0; step < outputs['loss0']!.length; step++) {
      for (let i = 0; `loss${i}` in outputs; i++) {
        const loss = outputs[`loss${i}`]!.data[step]!
        if (Number.isFinite(loss) || outputs[`weight${i}`]?.data[step] === 0) continue
        const batch = (first + step) * accumulate + i
        notices.notFinite(name, { loss, batch, ...dataOf(first + step, i) })
        return
      }
    }
  }

  /** The same for results that were stacked, with the event loop turning where they are many. */
  *#takeAll(
    tally: Tally,
    outputs: StepOutputs,
    steps: number,
    rows: readonly number[],
  ): Flow<void> {
    if (this.#options.metrics.length === 0) {
      // Steps may take a microsecond; this takes some nanoseconds of each.
      const kinds = sized(rows)
      rows.forEach((count, i) => {
        this.#addLosses(tally, outputs, i, count, kinds)
      })
      if (outputs['gradNorm'] !== undefined) tally.addGradNorms(outputs['gradNorm'].data)
      return
    }
    let turned = performance.now()
    for (let step = 0; step < steps; step++) {
      if (!this.#options.manner.sync && performance.now() - turned > SLICE_MS) {
        yield* wait(setImmediate())
        turned = performance.now()
      }
      const entries = Object.entries(outputs).map(([name, all]) => [name, all.select(0, step)])
      this.#take(tally, Object.fromEntries(entries) as StepOutputs, rows, sized(rows))
    }
  }

  #manyLosses(loss: Tensor): ShapeError {
    return new ShapeError(
      complaint(
        this.#options.who,
        'the loss of a batch',
        'one number',
        `shape ${formatShape(loss.shape)}`,
        "use a criterion with reduction 'mean' or 'sum'",
      ),
    )
  }
}

const ALONE = { size: 1 }
const NONE = { steps: 0, batches: 0 }

/** Rows of the batches that a vector of sample numbers makes. */
function sizes(index: Tensor, batchSize: number): number[] {
  return cut(index, batchSize).map(({ length }) => length)
}

/** The first samples of a batch; the whole one where its tensors do not have them in common. */
function firstOf(batch: Batch, samples: number): Batch {
  const rows = batch[0].shape[0] ?? 1
  if (samples >= rows || batch.some(({ shape }) => shape[0] !== rows)) return batch
  return batch.map((tensor) => tensor.narrow(0, 0, samples)) as unknown as Batch
}

/** Batches as inputs x0, y0, x1, y1, … */
function named(batches: readonly Batch[]): Record<string, Tensor> {
  const inputs = batches.flatMap(([x, y], i) => [
    [`x${i}`, x],
    [`y${i}`, y],
  ])
  return Object.fromEntries(inputs) as Record<string, Tensor>
}

/** The batches of inputs x0, y0, x1, y1, … */
function pairs(inputs: Readonly<Record<string, Tensor>>): Batch[] {
  const count = Object.keys(inputs).length / 2
  return Array.from({ length: count }, (_, i) => [inputs[`x${i}`]!, inputs[`y${i}`]!])
}
