import { setGradEnabled } from '../autograd/grad-mode.js'
import { setImmediate } from 'node:timers/promises'

import { heldMemoryCanGo } from '../capture/held-memory.js'
import type { Criterion } from '../criterion/criterion.js'
import { complaint, ShapeError } from '../errors.js'
import { isRecording, kernels, noteUse } from '../kernels/backend.js'
import type { Metric } from '../metrics/metric.js'
import type { Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { clipGradNorm_ } from '../nn/utils/clip-grad-norm.js'
import { arange } from '../tensor/create.js'
import { formatShape, Tensor } from '../tensor/tensor.js'
import { type Batch, checkBatch } from './arguments.js'
import { type Batches, cut, Groups, type IndexedLoader, isIndexed, noBatches } from './batches.js'
import { type Flow, wait } from './flow.js'
import { forwardBefore } from './mistakes.js'
import type { Modes } from './modes.js'
import type { Notices, OddLoss } from './notices.js'
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
}

export interface EpochOptions {
  /** What messages call it: `epoch 3`. */
  readonly name: string
  /** The most steps between two calls of `onSteps`; 1: one replay a step. */
  readonly pause: number
  /** Steps that were done before, with what they came to. */
  readonly done?: { readonly steps: number; readonly tally: TallyState } | undefined
  /** When the order of the epoch has been drawn. */
  onOrder?(): void
  /** Between two steps, with how many of the epoch are done. */
  onSteps?(steps: number, tally: Tally): Flow<void>
  /** Samples done of the steps that a replay is running. */
  onProgress?(rows: number): void
}

/** Tensors that one step returns, named by the place of the batch in its group: loss0, loss1, … */
type StepOutputs = Record<string, Tensor>

interface Source {
  readonly batches: Batches
  readonly dataset: unknown
  readonly batchSize: unknown
}

/** Tells the batches of a group, by their places in it, apart from those of other sizes. */
type BatchKinds = (i: number) => string | number

/** Runs the batches of an epoch through a model: forward, and unless it evaluates, backward and step. */
export class Trainer {
  readonly #options: TrainerOptions
  readonly #onBatches: Replayable<Record<string, Tensor>, StepOutputs>
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
    const { modes, eagerly, manner } = options
    this.#onBatches = new Replayable(
      (inputs) => {
        const batches = pairs(inputs)
        return this.#step(batches, kindsOf(batches))
      },
      modes,
      eagerly,
      manner,
    )
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
        return this.#step(batches, sized(sizes(index, batchSize)))
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
    const { who, accumulate, manner } = this.#options
    const groups = new Groups(who, batches, accumulate, manner)
    try {
      for (let step = 1; ; step++) {
        const group = yield* groups.next()
        if (group.length === 0) return
        if (step === 1) options.onOrder?.()
        this.#lastBatch = group[0]!
        if (step <= (options.done?.steps ?? 0)) continue
        const inputs = group.flatMap(([x, y], i) => [
          [`x${i}`, x],
          [`y${i}`, y],
        ])
        const outputs = yield* this.#onBatches.run(
          Object.fromEntries(inputs) as Record<string, Tensor>,
        )
        this.#take(
          tally,
          outputs,
          group.map(([x]) => rowsOf(x)),
          kindsOf(group),
        )
        const data = (_step: number, i: number): { data: Batch } => ({ data: group[i]! })
        this.#look(tally, outputs, options.name, step - 1, data)
        yield* this.#pause(options, step, tally)
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
    const order = loader.drawOrder()
    options.onOrder?.()
    const rows = batchSize * this.#options.accumulate
    const used = dropLast ? order.length - (order.length % batchSize) : order.length
    const full = Math.floor(used / rows)
    const data = (step: number, i: number): { data: Batch; samples: Tensor } => {
      const start = step * rows + i * batchSize
      const samples = order.narrow(0, start, Math.min(batchSize, used - start))
      return { data: this.#checked(loader.dataset.gather(samples)), samples }
    }
    let step = options.done?.steps ?? 0
    while (step < full) {
      const first = order.narrow(0, step * rows, rows)
      const captured = pause === 1 ? null : replayable.capturedFor({ index: first })
      if (captured === null) {
        const parts = sizes(first, batchSize)
        const outputs = yield* replayable.run({ index: first })
        this.#take(tally, outputs, parts, sized(parts))
        this.#look(tally, outputs, options.name, step, data)
        step++
      } else {
        const most = Math.max(1, Math.floor(MOST_KEPT / Math.max(1, captured.outputBytes)))
        const steps = Math.min(most, full - step, pause - (step % pause))
        const index = order.narrow(0, step * rows, steps * rows).reshape([steps, rows])
        const onProgress = (done: number): void => {
          options.onProgress?.(tally.rows + done * rows)
        }
        const outputs = yield* replayable.scan(captured, { index }, onProgress)
        yield* this.#takeAll(tally, outputs, steps, sizes(first, batchSize))
        this.#look(tally, outputs, options.name, step, data)
        step += steps
      }
      yield* this.#pause(options, step, tally)
    }
    if (step === full && full * rows < used) {
      const rest = order.narrow(0, full * rows, used - full * rows)
      const parts = sizes(rest, batchSize)
      const outputs = yield* replayable.run({ index: rest })
      this.#take(tally, outputs, parts, sized(parts))
      this.#look(tally, outputs, options.name, step, data)
      yield* this.#pause(options, step + 1, tally)
    }
  }

  /** Between two steps. */
  *#pause(options: EpochOptions, steps: number, tally: Tally): Flow<void> {
    if (options.onSteps === undefined) return
    yield* options.onSteps(steps, tally)
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
  #step(batches: readonly Batch[], kinds: BatchKinds): StepOutputs {
    const before = setGradEnabled(this.#options.optimizer !== null)
    try {
      return this.#compute(batches, kinds)
    } finally {
      setGradEnabled(before)
    }
  }

  #compute(batches: readonly Batch[], kinds: BatchKinds): StepOutputs {
    const { model, criterion, optimizer, metrics, clipGradNorm } = this.#options
    const outputs: StepOutputs = {}
    if (isRecording()) this.#prepare()
    if (optimizer !== null) {
      noteUse(optimizer)
      optimizer.zeroGrad()
      for (const parameter of this.#others) parameter.zeroGrad()
    }
    batches.forEach(([x, y], i) => {
      const prediction = this.#forward(x)
      const loss = criterion.forward(prediction, y)
      if (loss.length !== 1) throw this.#manyLosses(loss)
      outputs[`loss${i}`] = loss
      const weight = criterion.lossWeight(prediction, y)
      if (weight instanceof Tensor) {
        // The criterion keeps it until its next batch.
        outputs[`weight${i}`] = batches.length > 1 ? weight.clone() : weight
      } else if (weight !== rowsOf(x) || this.#weights.size > 0) {
        this.#weights.set(kinds(i), weight)
      }
      if (metrics.length > 0) {
        outputs[`prediction${i}`] = prediction
        outputs[`target${i}`] = y
      }
      if (optimizer === null) return
      const gradient = criterion.backward(prediction, y)
      if (batches.length > 1) {
        kernels().affine({
          x: gradient,
          y: gradient,
          n: gradient.length,
          scale: 1 / batches.length,
          shift: 0,
        })
      }
      model.backwardParameters(x, gradient)
    })
    if (optimizer !== null) {
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

function rowsOf({ shape }: Tensor): number {
  return shape[0] ?? 1
}

function kindsOf(batches: readonly Batch[]): BatchKinds {
  return (i) => {
    const [x, y] = batches[i]!
    return `${x.shape.join()} ${y.shape.join()}`
  }
}

/** Where all samples have one shape. */
function sized(rows: readonly number[]): BatchKinds {
  return (i) => rows[i]!
}

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

/** The batches of inputs x0, y0, x1, y1, … */
function pairs(inputs: Readonly<Record<string, Tensor>>): Batch[] {
  const count = Object.keys(inputs).length / 2
  return Array.from({ length: count }, (_, i) => [inputs[`x${i}`]!, inputs[`y${i}`]!])
}
