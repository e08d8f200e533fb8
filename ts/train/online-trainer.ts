import { noGrad } from '../autograd/grad-mode.js'
import { checkArguments } from '../check.js'
import type { Criterion } from '../criterion/criterion.js'
import { complaint, NotFiniteError } from '../errors.js'
import { modelFromBuffer, modelToBuffer } from '../io/model/model-file.js'
import { kernels } from '../kernels/backend.js'
import { ReduceKind } from '../kernels/kernels.js'
import type { Module } from '../nn/module.js'
import type { OptimizerStateDict } from '../optim/optimizer.js'
import type { Parameter } from '../nn/parameter.js'
import { stateEntries } from '../nn/state-dict.js'
import {
  callable,
  type Option,
  type Options,
  readOptions,
  required,
  unchecked,
  whole,
} from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { overwrite } from '../tensor/overwrite.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { checkCriterion, checkModel, checkOptimizer } from './arguments.js'
import { drive, driveSync } from './flow.js'
import { Modes } from './modes.js'
import { PageHinkley } from './page-hinkley.js'
import { checkRows, kindOf, type RowKind } from './online-rows.js'
import { Replayable } from './replayable.js'
import { copyRow, Reservoir } from './reservoir.js'
import type { TrainingOptimizer } from './snapshot.js'

export interface OnlineTrainerOptions {
  criterion: Criterion
  /** Makes the optimizer for the parameters of the copy that learns. */
  optimizer: (parameters: Parameter[]) => TrainingOptimizer
  /** Rows of a step. Default 1. */
  batchSize?: number
  /**
   * Rows that are remembered, a fair sample of all so far, to be learned from again beside new ones.
   * Default 0: none.
   */
  replay?: number
  /** Remembered rows that each step learns from, too. Default: as many as new ones. */
  replayRows?: number
  /** Watches the loss of new rows. Default: nothing does. */
  drift?: PageHinkley
  /** After so many rows the state is kept as the good one, for `rollback`. 0: never. Default 1000. */
  snapshotEvery?: number
  /** Draws the rows that are remembered. Default: the default generator. */
  generator?: Generator
}

const DRIFT: Option<PageHinkley | undefined> = {
  initial: undefined,
  expected: 'a PageHinkley',
  accepts: (value) => value instanceof PageHinkley,
}

/** What is not of model and criterion. */
export const ONLINE = {
  batchSize: whole(1, 1),
  replay: whole(0, 0),
  replayRows: whole(1),
  drift: DRIFT,
  snapshotEvery: whole(0, 1000),
  generator: generatorOption,
} satisfies Options<Omit<OnlineTrainerOptions, 'criterion' | 'optimizer'>>

const OPTIONS = {
  criterion: required(unchecked<Criterion>()),
  optimizer: required(callable<(parameters: Parameter[]) => TrainingOptimizer>()),
  ...ONLINE,
} satisfies Options<OnlineTrainerOptions>

/** Weights times rows of a step that may run on the thread that asks for it, if it is as quick as that. */
const SMALL = 2 ** 17
const QUICK_MS = 0.2
/** The first of them also record the step. A machine that was busy then is tried again later. */
const TRIES = 5
const TRY_AGAIN = 500

/** What `partialFit` tells. */
export interface PartialFitResult {
  /** Mean loss of the new rows, each before it was learned from. */
  readonly loss: number
  readonly rows: number
  /** Whether the loss has risen in a way that `drift` takes for another kind of data. */
  readonly drift: boolean
}

/** A state to go back to. */
interface Kept {
  readonly tensors: readonly Tensor[]
  readonly optimizer: OptimizerStateDict
  /** Rows that the memory had seen. */
  readonly seen: number
}

type Batch = Readonly<Record<'x' | 'y', Tensor>>

/**
 * A model that learns while it answers. A copy of it learns, off the main thread unless a step takes no
 * longer than a thread needs to wake up; after each call of
 * `partialFit` the model takes over the weights in one go, so `model.forward` computes with those of before or
 * of after, never with half a step. A model of a class of one's own needs `io.registerModule` for that.
 *
 * Calls that come while another is at work wait for their turn. A call after which the loss or a weight is
 * not finite is undone, with all since the state that was last kept; the model answers with that.
 *
 * @example
 * const online = new OnlineTrainer(model, { criterion: new nn.MSELoss(), optimizer: (p) => new optim.Adam(p), replay: 500 })
 * server.on('measured', (x, y) => online.partialFit(x, y)) // (1, 8), (1, 1)
 * model.forward(x) // at any time
 */
export class OnlineTrainer {
  /** What answers: in evaluation mode, with the weights after the last call. */
  readonly model: Module
  readonly optimizer: TrainingOptimizer
  readonly #settings: ReturnType<typeof settingsOf>
  readonly #learner: Module
  /** Steps of new rows alone, and of new rows with remembered ones behind them. */
  readonly #plain: Replayable<Batch, Tensor>
  readonly #mixed: Replayable<Batch, Tensor>
  readonly #manner = { sync: false }
  readonly #weights: number
  /** Milliseconds of the fastest step on this thread. */
  #fastest = Infinity
  #tries = 0
  /** Tensors of the copy that learns, and those of the model. */
  readonly #pairs: readonly (readonly [learning: Tensor, answering: Tensor])[]
  readonly #reservoir: Reservoir | null
  /** What rows are like, since the first ones. */
  #kind: RowKind | null = null
  #good: Kept
  #sinceGood = 0
  #rows = 0
  #turn: Promise<unknown> = Promise.resolve()

  /** @throws ValueError when an option is out of its range, or the model cannot be copied. */
  constructor(model: Module, options: OnlineTrainerOptions) {
    checkArguments(new.target.name, 2, arguments)
    checkModel('OnlineTrainer', model)
    const settings = settingsOf(options)
    this.model = model
    this.#settings = settings
    this.#learner = modelFromBuffer(modelToBuffer(model)).train()
    model.eval()
    const parameters = this.#learner.parameters()
    this.#weights = parameters.reduce((count, { length }) => count + length, 0)
    this.optimizer = settings.optimizer(parameters)
    checkOptimizer('OnlineTrainer', this.optimizer)
    this.#pairs = pairsOf(this.#learner, model)
    this.#reservoir =
      settings.replay > 0 ? new Reservoir(settings.replay, settings.generator) : null
    const modes = Modes.of(this.#learner)
    const step = (old: number) =>
      new Replayable((batch: Batch) => this.#compute(batch, old), modes, null, this.#manner)
    this.#plain = step(0)
    this.#mixed = step(this.#replayRows)
    this.#good = this.#state()
  }

  /** Rows that were learned from. */
  get rows(): number {
    return this.#rows
  }

  /**
   * Learns from rows, a step for each `batchSize` of them.
   *
   * @param x Shape (n, …). @param y What the criterion takes for its target, shape (n, …).
   * @throws ShapeError, DTypeError, ValueError when rows do not fit or hold NaN or infinite numbers; the
   *   model stays as it was. NotFiniteError when the loss or a weight becomes NaN or infinite: all is as it
   *   was when it was last kept.
   */
  async partialFit(x: Tensor, y: Tensor): Promise<PartialFitResult> {
    checkArguments('partialFit', 2, arguments)
    checkRows(x, y, this.#kind)
    const [ownX, ownY] = [x.clone(), y.clone()] // the caller may write to theirs
    return this.#inTurn(() => this.#learn(ownX, ownY))
  }

  /** Keeps the state after all calls so far as the good one. */
  snapshot(): Promise<void> {
    return this.#inTurn(() => {
      this.#keep()
    })
  }

  /**
   * Goes back to the state that was last kept: after so many rows, by `snapshot`, or the first one. Rows
   * that came since are not remembered.
   */
  rollback(): Promise<void> {
    return this.#inTurn(() => {
      this.#goBack()
    })
  }

  #inTurn<T>(body: () => T | Promise<T>): Promise<T> {
    const result = this.#turn.then(body)
    this.#turn = result.catch(() => undefined)
    return result
  }

  /** A step; the loss of all rows but the last `old`. */
  #compute({ x, y }: Batch, old: number): Tensor {
    const { criterion } = this.#settings
    this.optimizer.zeroGrad()
    const prediction = this.#learner.forward(x)
    const fresh = x.shape[0]! - old
    const first = (tensor: Tensor): Tensor => tensor.narrow(0, 0, fresh)
    const told = old === 0 ? null : noGrad(() => criterion.forward(first(prediction), first(y)))
    const loss = criterion.forward(prediction, y)
    this.#learner.backwardParameters(x, criterion.backward(prediction, y))
    this.optimizer.step()
    return told ?? loss
  }

  get #replayRows(): number {
    return this.#settings.replayRows ?? this.#settings.batchSize
  }

  async #learn(x: Tensor, y: Tensor): Promise<PartialFitResult> {
    checkRows(x, y, this.#kind) // of what was not known when it was called
    const rows = x.shape[0]!
    const { batchSize } = this.#settings
    const steps = Math.floor(rows / batchSize)
    const losses: number[] = []
    const remembers = this.#reservoir !== null && this.#reservoir.length > 0
    const rest = rows - steps * batchSize
    if (steps > 0) {
      losses.push(...(await this.#run(this.#batches(x, y, 0, steps, batchSize), remembers)))
    }
    if (rest > 0) {
      losses.push(...(await this.#run(this.#batches(x, y, rows - rest, 1, rest), remembers)))
    }
    this.#publishOrRollBack(losses)
    this.#reservoir?.add([x, y])
    this.#kind ??= kindOf(x, y)
    this.#rows += rows
    this.#sinceGood += rows
    const { snapshotEvery, drift } = this.#settings
    if (snapshotEvery > 0 && this.#sinceGood >= snapshotEvery) this.#keep()
    const alarms = drift === undefined ? [] : losses.filter((loss) => drift.update(loss))
    const total = losses.reduce((sum, loss, i) => sum + loss * (i < steps ? batchSize : rest), 0)
    return { loss: total / rows, rows, drift: alarms.length > 0 }
  }

  /** Inputs of steps, (steps, rows, …): of each the new rows, then remembered ones. */
  #batches(x: Tensor, y: Tensor, from: number, steps: number, rows: number): Batch {
    const reservoir = this.#reservoir
    if (reservoir === null || reservoir.length === 0) {
      const cut = (tensor: Tensor): Tensor =>
        tensor.narrow(0, from, steps * rows).reshape([steps, rows, ...tensor.shape.slice(1)])
      return { x: cut(x), y: cut(y) }
    }
    const more = this.#replayRows
    const all = [x, y].map(({ shape, dtype }) =>
      empty([steps * (rows + more), ...shape.slice(1)], dtype),
    )
    for (let step = 0; step < steps; step++) {
      const start = step * (rows + more)
      for (let row = 0; row < rows; row++) {
        copyRow(x, from + step * rows + row, all[0]!, start + row)
        copyRow(y, from + step * rows + row, all[1]!, start + row)
      }
      reservoir.sample(all, start + rows, more)
    }
    const [allX, allY] = all.map((tensor) =>
      tensor.reshape([steps, rows + more, ...tensor.shape.slice(1)]),
    )
    return { x: allX!, y: allY! }
  }

  /** Runs a step for each batch and gives the losses. What fails leaves the weights as they were. */
  async #run({ x, y }: Batch, remembered: boolean): Promise<number[]> {
    const steps = x.shape[0]!
    const batch = (i: number): Batch => ({ x: x.select(0, i), y: y.select(0, i) })
    const step = remembered ? this.#mixed : this.#plain
    try {
      const captured = steps > 1 ? step.capturedFor(batch(0)) : null
      if (captured !== null) {
        const losses = await drive(step.scan(captured, { x, y }, () => undefined))
        return Array.from(losses.data)
      }
      const losses: number[] = []
      for (let i = 0; i < steps; i++) losses.push((await this.#runOne(step, batch(i))).item())
      return losses
    } catch (error) {
      for (const [learning, answering] of this.#pairs) {
        overwrite(learning, answering)
      }
      throw error
    }
  }

  /** On this thread where that takes less time than another one to wake up. */
  async #runOne(step: Replayable<Batch, Tensor>, batch: Batch): Promise<Tensor> {
    const small = this.#weights * batch.x.shape[0]! <= SMALL
    const quick = this.#fastest < QUICK_MS || this.#tries++ % TRY_AGAIN < TRIES
    if (!small || !quick) return drive(step.run(batch))
    const start = performance.now()
    this.#manner.sync = true
    try {
      return driveSync('partialFit', step.run(batch))
    } finally {
      this.#manner.sync = false
      this.#fastest = Math.min(this.#fastest, performance.now() - start)
    }
  }

  #publishOrRollBack(losses: readonly number[]): void {
    const odd = losses.find((loss) => !Number.isFinite(loss))
    if (odd === undefined && this.#pairs.every(([learning]) => allFinite(learning))) {
      this.#publish()
      return
    }
    this.#goBack()
    const got = odd === undefined ? 'a weight that is not' : String(odd)
    const hint = 'the model is as it was when it was last kept; a smaller learning rate may help'
    throw new NotFiniteError(
      complaint('partialFit', 'the loss and all weights', 'finite', got, hint),
    )
  }

  /** On this thread and in one go: nobody computes with some of the weights. */
  #publish(): void {
    for (const [learning, answering] of this.#pairs) {
      overwrite(answering, learning)
    }
  }

  #goBack(): void {
    const { tensors, optimizer, seen } = this.#good
    this.#reservoir?.forgetAfter(seen)
    this.#pairs.forEach(([learning], i) => {
      overwrite(learning, tensors[i]!)
    })
    this.optimizer.loadStateDict(optimizer)
    this.#publish()
  }

  #state(): Kept {
    const tensors = this.#pairs.map(([learning]) => learning.clone())
    const seen = this.#reservoir?.seen ?? 0
    return { tensors, optimizer: this.optimizer.stateDict(), seen }
  }

  #keep(): void {
    this.#good = this.#state()
    this.#sinceGood = 0
  }
}

function settingsOf(options: OnlineTrainerOptions) {
  const settings = readOptions('OnlineTrainer', OPTIONS, options)
  checkCriterion('OnlineTrainer', settings.criterion)
  return settings
}

function pairsOf(learner: Module, model: Module): (readonly [Tensor, Tensor])[] {
  const answering = new Map(stateEntries(model))
  const pairs = new Map<Tensor, Tensor>()
  for (const [name, tensor] of stateEntries(learner)) pairs.set(tensor, answering.get(name)!)
  return [...pairs]
}

const checkedSum = { float32: empty([], 'float32'), float64: empty([], 'float64') }

/** Whether a sum over all elements is finite, which one that is not would spoil. */
function allFinite(tensor: Tensor): boolean {
  const { dtype, length } = tensor
  if ((dtype !== 'float32' && dtype !== 'float64') || length === 0) return true
  const out = checkedSum[dtype]
  kernels().reduce({ kind: ReduceKind.sum, x: tensor, out, outer: 1, n: length, inner: 1, beta: 0 })
  return Number.isFinite(out.data[0])
}
