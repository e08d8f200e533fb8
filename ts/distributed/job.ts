import { inspect } from 'node:util'

import { checkArguments } from '../check.js'
import { complaint, DistributedError, DTypeError, ValueError } from '../errors.js'
import { refuseWhileRecording } from '../kernels/backend.js'
import { itemSize } from '../kernels/dtype.js'
import { addon } from '../kernels/native/load.js'
import { setProcesses } from '../kernels/processes.js'
import { choice, type Options, readOptions, whole } from '../options.js'
import { overwrite } from '../tensor/overwrite.js'
import { empty, noTensor, Tensor } from '../tensor/tensor.js'
import { type Call, call, Kind, type Reduction, reductions } from './calls.js'
import type { AllReduceOptions, BroadcastOptions, World } from './world.js'

const ALL_REDUCE = {
  op: choice(Object.keys(reductions) as Reduction[], 'sum'),
} satisfies Options<AllReduceOptions>

const BROADCAST = { src: whole(0, 0) } satisfies Options<BroadcastOptions>

/** Milliseconds that a launcher takes at most to pass on what was told. */
const TELLING = 100

/** Bytes of memory that are kept from call to call, at most. */
const MOST_SPARE = 64 << 20

/** The job of this process: a world of one where it has none. */
export class Job implements World {
  readonly rank: number
  readonly size: number
  readonly hosts: readonly string[]
  #state: 'open' | 'failed' | 'closed' = 'open'
  #pending = 0
  /** Memory of an earlier call that is free again. */
  #spare: ArrayBuffer | null = null
  /** When the first of those that are pending was called. */
  #since = 0
  #waitedSeconds = 0
  #closing: Promise<void> | null = null

  constructor(rank: number, hosts: readonly string[]) {
    this.rank = rank
    this.size = hosts.length
    this.hosts = hosts
  }

  get waitedSeconds(): number {
    return this.size === 1 ? 0 : this.#waitedSeconds + addon().world().waitedSeconds
  }

  /** Whether it is, or is being closed. */
  get isClosed(): boolean {
    return this.#closing !== null
  }

  async allReduce(tensor: Tensor, options: AllReduceOptions = {}): Promise<Tensor> {
    checkArguments('allReduce', 2, arguments)
    this.#check('allReduce', tensor)
    const { op } = readOptions('allReduce', ALL_REDUCE, options)
    const { dtype } = tensor
    if (dtype === 'uint8' || (dtype === 'int32' && op === 'mean')) {
      const expected = op === 'mean' ? 'of a float dtype' : 'float32, float64 or int32'
      throw new DTypeError(complaint('allReduce', 'the tensor', expected, dtype))
    }
    return this.#inPlace(tensor, { kind: Kind.allReduce, detail: reductions[op] })
  }

  async broadcast(tensor: Tensor, options: BroadcastOptions = {}): Promise<Tensor> {
    checkArguments('broadcast', 2, arguments)
    this.#check('broadcast', tensor)
    const { src } = readOptions('broadcast', BROADCAST, options)
    if (src >= this.size) {
      const expected = `the number of a rank, below ${this.size}`
      throw new ValueError(complaint('broadcast', 'src', expected, src))
    }
    return this.#inPlace(tensor, { kind: Kind.broadcast, detail: src })
  }

  async allGather(tensor: Tensor): Promise<Tensor> {
    checkArguments('allGather', 1, arguments)
    this.#check('allGather', tensor)
    const { dtype, length: n } = tensor
    const all = empty([this.size, ...tensor.shape], dtype)
    overwrite(all.select(0, this.rank), tensor)
    await this.#call({ kind: Kind.allGather, dtype, memory: all.buffer, n })
    return all
  }

  async barrier(): Promise<void> {
    checkArguments('barrier', 0, arguments)
    this.#check('barrier')
    await this.#call({ kind: Kind.barrier })
  }

  /**
   * Done when all ranks have come to the end of a training.
   *
   * @param failed Whether it ends by an error here.
   * @throws DistributedError when it ends otherwise elsewhere, or another rank is still at work on it.
   */
  async endOfFit(failed: boolean): Promise<void> {
    await this.#call({ kind: Kind.endOfFit, detail: Number(failed) })
  }

  async close(): Promise<void> {
    checkArguments('close', 0, arguments)
    if (this.#closing === null) {
      this.#check('close')
      this.#closing = this.#close()
    }
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#call({ kind: Kind.close })
    this.#state = 'closed'
    setProcesses(1)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * The program ends: with this code, because of this error if there is one. The others are waited for if all is
   * well, and ended if not.
   */
  exit(code: number, error: unknown): void {
    if (this.#state === 'closed' || this.size === 1) return
    const tell = (what: string): void => {
      process.stderr.write(`gradlane, rank ${this.rank} (${this.hosts[this.rank]!}): ${what}\n`)
    }
    if (code === 0 && this.#state === 'open' && this.#pending === 0) {
      try {
        addon().closeWorldNow()
        return
      } catch (failure) {
        tell((failure as Error).message)
      }
    } else if (error !== undefined) tell(inspect(error))
    tell('ends before all ranks have closed the world, and the job with it')
    sleep(TELLING) // what is not passed on when the job ends is lost
    addon().abortWorld(code === 0 ? 1 : code)
  }

  #check(who: string, tensor?: Tensor): void {
    if (tensor !== undefined && !(tensor instanceof Tensor)) {
      throw noTensor(who, 'the tensor', tensor)
    }
    refuseWhileRecording(who)
    if (this.#state === 'open' && this.#closing === null) return
    const why = this.#state === 'failed' ? 'has failed' : 'was closed'
    throw new DistributedError(`${who}: the world ${why}`)
  }

  /** On a copy: others may write to the tensor meanwhile, or its memory may go. */
  async #inPlace(tensor: Tensor, what: Pick<Call, 'kind' | 'detail'>): Promise<Tensor> {
    if (this.size === 1) return tensor
    const copy = this.#spareLike(tensor)
    overwrite(copy, tensor)
    const { dtype, length: n } = tensor
    await this.#call({ ...what, dtype, memory: copy.buffer, n })
    overwrite(tensor, copy)
    const { buffer } = copy
    if (buffer.byteLength <= MOST_SPARE && buffer.byteLength >= (this.#spare?.byteLength ?? 0)) {
      this.#spare = buffer
    }
    return tensor
  }

  /** New memory for each call would cost as much as the call: its pages are to be made, and collected as garbage. */
  #spareLike({ shape, dtype, length }: Tensor): Tensor {
    const spare = this.#spare
    if (spare === null || spare.byteLength < length * itemSize[dtype]) return empty(shape, dtype)
    this.#spare = null
    return new Tensor(spare, 0, shape, dtype, length)
  }

  async #call(what: Call): Promise<void> {
    if (this.size === 1) return
    if (this.#pending++ === 0) this.#since = performance.now()
    try {
      await call(what)
    } catch (error) {
      this.#state = 'failed'
      throw error
    } finally {
      if (--this.#pending === 0) this.#waitedSeconds += (performance.now() - this.#since) / 1000
    }
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
