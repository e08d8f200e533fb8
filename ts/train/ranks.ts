import type { DataLoader } from '../data/data-loader.js'
import { noGrad } from '../autograd/grad-mode.js'
import { complaint, DistributedError } from '../errors.js'
import { keep } from '../distributed/calls.js'
import type { Job } from '../distributed/job.js'
import type { World } from '../distributed/world.js'
import { info } from '../info.js'
import { getBackend, kernels } from '../kernels/backend.js'
import type { Module } from '../nn/module.js'
import { stateEntries } from '../nn/state-dict.js'
import { cat, div, mul } from '../ops/index.js'
import type { BatchRows } from '../random/batch-rows.js'
import { reasonOf } from '../show.js'
import { defaultGenerator, Generator } from '../random/generator.js'
import { tensor } from '../tensor/create.js'
import { empty, Tensor } from '../tensor/tensor.js'
import { getNumThreads } from '../threads.js'
import { noteWrite } from '../tensor/written.js'
import type { Batch } from './arguments.js'
import { type BatchKinds, rowsOf } from './batch-kinds.js'
import { sumOf } from './dealt.js'
import type { Settings } from './fit-options.js'
import { type Flow, wait } from './flow.js'
import { gradientBuckets } from './gradient-buckets.js'
import { joinedOutputs, type Shares, type StepOutputs } from './joined-outputs.js'
import type { RankFacts, RanksRecord } from './records.js'

/** What else is asked of the world of a training. */
type Fellow = World & Pick<Job, 'endOfFit'>

/** @throws DistributedError unless kernels reach the other processes. */
export function ranksOf({ who, model, loader }: Settings, world: World): Ranks {
  const { generator } = loader as { generator?: unknown }
  return new Ranks(who, world, model, generator instanceof Generator ? [generator] : [])
}

/** What has to be the same on all ranks, a line each. */
function linesOf(settings: Settings): string[] {
  const { model, criterion, optimizer, scheduler, schedulerInterval, loader, metrics } = settings
  const { numSamples, batchSize, dropLast } = loader as Partial<DataLoader<Tensor[]>>
  const groups = optimizer.paramGroups.map((group) => {
    const params = (group as { params?: unknown }).params
    const options = { ...group, params: Array.isArray(params) ? params.length : null }
    return JSON.stringify(options)
  })
  const { epochs, accumulate, clipGradNorm, split, checkpoint, resume, callbacks } = settings
  const validation = settings.validation as { numSamples?: unknown } | undefined
  const names = (list: readonly object[]): string =>
    list.map((item) => item.constructor.name).join(' ')
  return [
    ...Array.from(stateEntries(model)).map(
      ([name, { dtype, shape }]) => `a model with ${name}, ${dtype} of shape (${shape.join(', ')})`,
    ),
    ...String(model)
      .split('\n')
      .map((line) => `a model with ${line.trim()}`),
    `the criterion ${String(criterion)}`,
    `the optimizer ${optimizer.constructor.name} with ${groups.join(' ')}`,
    `the scheduler ${scheduler === undefined ? 'none' : names([scheduler])} by ${schedulerInterval}`,
    `${epochs} epochs`,
    `accumulate ${accumulate}`,
    `clipGradNorm ${clipGradNorm ?? 'none'}`,
    `a loader of ${numSamples ?? 'unknown'} samples in batches of ${batchSize ?? 'unknown'}, dropLast ${dropLast ?? false}`,
    `validation by ${split === null ? JSON.stringify(validation?.numSamples ?? validation !== undefined) : `a split of ${split.fraction}`}`,
    `the metrics ${metrics.map(({ name }) => name).join(' ') || 'none'}`,
    `the callbacks ${names(callbacks) || 'none'}`,
    `a checkpoint ${checkpoint === null ? 'none' : `every ${checkpoint.everySteps} steps`}`,
    `resume ${resume}`,
  ]
}

/** @param waitingSeconds and seconds of an epoch, by rank. */
export function ranksRecord(waitingSeconds: number[], seconds: readonly number[]): RanksRecord {
  return { waitingSeconds, efficiency: 1 - sumOf(waitingSeconds) / sumOf(seconds) }
}

/**
 * A training of several processes. Batch `k` of an epoch is that of rank `k mod size`, so what they train on
 * in one step is one batch of `size` times as many samples. What a step returns is gathered and put together to
 * what a single process would have returned for that batch: everything behind it decides alike on all ranks.
 */
export class Ranks {
  readonly rank: number
  readonly size: number
  readonly #world: Fellow
  readonly #generators: readonly Generator[]
  #facts: readonly RankFacts[] = []

  /** @throws DistributedError unless kernels reach the other processes. */
  constructor(who: string, world: World, model: Module, others: readonly Generator[]) {
    if (getBackend() !== 'native') {
      const hint = 'MPI is reached through the binary'
      throw new DistributedError(
        complaint(who, 'the backend', 'native', 'reference', `several ranks: ${hint}`),
      )
    }
    this.rank = world.rank
    this.size = world.size
    this.#world = world as Fellow
    this.#generators = [...new Set([defaultGenerator, ...model.generators(), ...others])]
  }

  /**
   * Before anything is begun.
   *
   * @throws DistributedError on all ranks unless they are about to do the same.
   */
  *compare(settings: Settings): Flow<void> {
    yield* this.#compare(settings.who, linesOf(settings))
  }

  /**
   * Of a file that the others may not have: what rank 0 reads, on all ranks.
   *
   * @throws what reading has thrown there; on the others DistributedError.
   */
  *readFirst(who: string, read: () => Flow<Uint8Array | undefined>): Flow<Uint8Array | undefined> {
    let bytes: Uint8Array | undefined
    let failure: unknown = null
    if (this.rank === 0) {
      try {
        bytes = yield* read()
      } catch (error) {
        failure = error
        bytes = new TextEncoder().encode(reasonOf(error))
      }
    }
    const found = tensor([bytes === undefined ? -1 : bytes.length, Number(failure !== null)], {
      dtype: 'float64',
    })
    yield* wait(this.#world.broadcast(found))
    const [length, failed] = found.data as Float64Array
    if (length! < 0) return undefined
    const all = empty([length!], 'uint8')
    const data = all.data as Uint8Array
    if (bytes !== undefined) data.set(bytes)
    yield* wait(this.#world.broadcast(all))
    if (failed === 0) return data
    if (this.rank === 0) throw failure
    const reason = new TextDecoder().decode(data)
    throw new DistributedError(
      `${who}: rank 0 (${this.#world.hosts[0]!}) could not read it: ${reason}`,
    )
  }

  /** Before the first step: all ranks begin with the weights of rank 0 and its random numbers. */
  *begin({ model, manner }: Settings): Flow<void> {
    yield* this.adopt(new Set(Array.from(stateEntries(model), ([, tensor]) => tensor)))
    yield* this.align()
    yield* this.#introduce(manner.threads)
  }

  /** By rank. Empty before `begin`. */
  get facts(): readonly RankFacts[] {
    return this.#facts
  }

  *#introduce(threads: number | undefined): Flow<void> {
    const own = tensor([info().cores, threads ?? getNumThreads()], { dtype: 'int32' })
    const { data } = yield* wait(this.#world.allGather(own))
    this.#facts = this.#world.hosts.map((host, rank) => ({
      host,
      cores: data[2 * rank]!,
      threads: data[2 * rank + 1]!,
    }))
  }

  /** Seconds for which this process has waited for the others so far. */
  get waitedSeconds(): number {
    return this.#world.waitedSeconds
  }

  /**
   * Tells the others for how long this rank has waited in an epoch.
   *
   * @param seconds That the epoch took here.
   */
  *waiting(waited: number, seconds: number): Flow<RanksRecord> {
    const own = tensor([waited, seconds], { dtype: 'float64' })
    const all = yield* wait(this.#world.allGather(own))
    return ranksRecord(
      all.select(1, 0).toArray() as number[],
      all.select(1, 1).toArray() as number[],
    )
  }

  /**
   * Behind the last step, and what rank 0 writes.
   *
   * @throws DistributedError when the training of another rank has failed.
   */
  *end(): Flow<void> {
    yield* wait(this.#world.endOfFit(false))
  }

  /**
   * The others are told that this one has failed; if they have all failed, the world goes on.
   *
   * @param memory What has that of the training, in which messages may still arrive.
   */
  *fail(error: unknown, memory: object): Flow<void> {
    if (error instanceof DistributedError) keep(memory)
    try {
      yield* wait(this.#world.endOfFit(true))
    } catch {
      // it has failed elsewhere in another way, or the world has; the error is on its way
    }
  }

  /**
   * Compares what the ranks are about to do.
   *
   * @param lines What has to be the same on all of them.
   * @throws DistributedError on all ranks, naming the first one that differs, and in what.
   */
  *#compare(who: string, lines: readonly string[]): Flow<void> {
    const bytes = new TextEncoder().encode(lines.join('\n'))
    const count = empty([1], 'int32')
    count.data[0] = bytes.length
    const counts = yield* wait(this.#world.allGather(count))
    const most = Math.max(...counts.data)
    const own = empty([most], 'uint8')
    ;(own.data as Uint8Array).set(bytes)
    const all = yield* wait(this.#world.allGather(own))
    const textOf = (rank: number): string[] => {
      const data = (all.select(0, rank).data as Uint8Array).subarray(0, counts.data[rank])
      return new TextDecoder().decode(data).split('\n')
    }
    const first = textOf(0)
    for (let rank = 1; rank < this.size; rank++) {
      const other = textOf(rank)
      const at = Array.from({ length: Math.max(first.length, other.length) }, (_, i) => i).find(
        (i) => first[i] !== other[i],
      )
      if (at === undefined) continue
      const name = `rank ${rank} (${this.#world.hosts[rank]!})`
      const [got, expected] = [other[at] ?? 'nothing', first[at] ?? 'nothing']
      throw new DistributedError(
        complaint(who, `the training of ${name}`, `that of rank 0, ${expected}`, got),
      )
    }
  }

  /** Writes what rank 0 has into these tensors of all ranks. */
  *adopt(tensors: Iterable<Tensor>): Flow<void> {
    for (const tensor of tensors) yield* wait(this.#world.broadcast(tensor))
  }

  /** All generators go on from where those of rank 0 are, so what is drawn now is the same on all ranks. */
  *align(): Flow<void> {
    for (const generator of this.#generators) {
      const state = generator.getState()
      yield* wait(this.#world.broadcast(state))
      generator.setState(state)
    }
  }

  /**
   * Where the samples of this rank lie in a batch of all.
   *
   * @param own How many there are.
   * @param dealt How many each rank has, where they do not have as many; one without any computes with those of
   *   the first.
   */
  rowsOf(own: number, dealt?: readonly number[]): BatchRows {
    const { rank, size } = this
    if (dealt === undefined) return { own, before: rank * own, after: (size - 1 - rank) * own }
    const areBorrowed = this.isAbsent(dealt)
    const before = areBorrowed ? 0 : sumOf(dealt.slice(0, rank))
    return { own, before, after: sumOf(dealt) - before - own, areBorrowed }
  }

  /**
   * The batches of this rank among those of a step: of `size` that follow one another the one at its place. Where these
   * end before, it is the first one, which then counts nothing.
   */
  dealTo(all: readonly Batch[]): { group: Batch[]; dealt: number[][] } {
    const { rank, size } = this
    const group: Batch[] = []
    const dealt: number[][] = []
    for (let i = 0; i < all.length; i += size) {
      group.push(all[i + rank] ?? all[i]!)
      dealt.push(
        Array.from({ length: size }, (_, other) => {
          const batch = all[i + other]
          return batch === undefined ? 0 : rowsOf(batch[0])
        }),
      )
    }
    return { group, dealt }
  }

  /** Whether this rank computes with samples of another one, for it has none of its own. */
  isAbsent(rows: readonly number[] | undefined): boolean {
    return rows?.[this.rank] === 0
  }

  /** What the gradient of this rank's batch counts in that of all ranks. Where targets decide it, it is scaled here. */
  share(
    gradient: Tensor,
    weight: number | Tensor | null,
    rows: readonly number[] | undefined,
  ): number {
    if (!(weight instanceof Tensor)) {
      if (this.isAbsent(rows)) return 0
      if (weight === null) return 1
      return rows === undefined ? 1 / this.size : rows[this.rank]! / sumOf(rows)
    }
    noGrad(() => {
      const total = weight.clone()
      kernels().allReduce({ x: total, n: total.length })
      const scaled = mul(gradient, div(weight, total).to(gradient.dtype))
      kernels().copy({ x: scaled, y: gradient, n: gradient.length })
    })
    return 1
  }

  /** Adds up gradients, which are zeros on a rank that has no sample of a step. In a step that is captured, too. */
  addUp(model: Module): void {
    for (const bucket of gradientBuckets(model.parameters())) {
      kernels().allReduce({ x: bucket, n: bucket.length })
      noteWrite(bucket)
    }
  }

  /** Results of all ranks: `joinedOutputs`. */
  joined(
    results: StepOutputs,
    axis: number,
    shares: Shares,
    counts: Map<ReturnType<BatchKinds>, number | null>,
  ): Flow<StepOutputs> {
    return joinedOutputs(this, results, axis, shares, counts)
  }

  /**
   * The numbers of the samples of this rank in steps that are all alike.
   *
   * @param order Those of all ranks: (steps · accumulate · size · batch).
   * @returns (steps · accumulate · batch)
   */
  deal(order: Tensor, batch: number): Tensor {
    const own = empty([order.length / this.size], 'int32')
    const [all, to] = [order.data, own.data]
    for (let i = 0, from = this.rank * batch; i < own.length; i += batch) {
      to.set(all.subarray(from, from + batch), i)
      from += batch * this.size
    }
    return own
  }

  /**
   * What a step has returned on each rank, by rank: shape (size, …).
   *
   * @param axis Of the samples, where ranks may have fewer than others, and
   * @param rows how many each of them has.
   * @returns of each rank that has samples, its own.
   */
  *gather(result: Tensor, axis: number, rows: readonly number[]): Flow<Tensor[]> {
    const most = Math.max(...rows)
    const own = result.shape[axis]!
    const padded = own === most ? result : this.#padded(result, axis, most)
    const all = yield* wait(this.#world.allGather(padded))
    return rows.flatMap((count, rank) => {
      if (count === 0) return []
      const part = all.select(0, rank)
      return [count === most ? part : part.narrow(axis, 0, count)]
    })
  }

  /** The same of numbers, one a step: of each rank its numbers. */
  *gatherNumbers(result: Tensor): Flow<Tensor[]> {
    const all = yield* wait(this.#world.allGather(result.reshape([result.length])))
    return Array.from({ length: this.size }, (_, rank) => all.select(0, rank))
  }

  #padded(result: Tensor, axis: number, rows: number): Tensor {
    if (result.shape[axis]! > rows) return result.narrow(axis, 0, rows)
    const filler = [...result.shape]
    filler[axis] = rows - result.shape[axis]!
    return noGrad(() => cat([result, empty(filler, result.dtype)], axis))
  }
}
