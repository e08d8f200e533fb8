import { markAsUntransferable } from 'node:worker_threads'

import { CaptureError, complaint, ShapeError, ValueError, DTypeError } from '../errors.js'
import { copyOf } from '../kernels/allocate.js'
import { isRecording, kernels, programOf } from '../kernels/backend.js'
import type { KernelCall, Program, ReplayFailure, ThreadOptions } from '../kernels/program.js'
import { abandonedCount, isAbandoned } from '../tensor/abandoned.js'
import { itemSize } from '../kernels/dtype.js'
import { empty, formatShape, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { checkThreadOptions, withThreads } from '../threads.js'
import { describeBoth } from './describe.js'
import { type Outputs, outputsOf, withTensors } from './outputs.js'
import { shorten } from './passes/index.js'
import { tensorsOf } from './passes/tensors.js'
import { type Lifted, liftScratch, placeValues } from './passes/values.js'
import type { Recording } from './recorder.js'

/** Tensors by name, as a captured function takes them. */
export type Inputs = Readonly<Record<string, Tensor>>

export interface RunOptions {
  /** How often the step is run. Default 1. */
  times?: number
  /** At most so many threads. Default: all of the pool. The results are the same. */
  threads?: number | undefined
}

export interface RunAsyncOptions extends RunOptions, ScanOptions {}

export interface ScanOptions extends ThreadOptions {
  /** Ends the run after the step in progress; the promise rejects with `signal.reason`. */
  signal?: AbortSignal | undefined
  /**
   * Called about every `progressInterval` with the number of steps that are done. What it throws ends the
   * run after the step in progress, and the promise rejects with it.
   */
  onProgress?: ((done: number) => void) | undefined
  /** Milliseconds. Default 100. */
  progressInterval?: number | undefined
}

interface Port {
  readonly name: string
  /** The tensor that the calls were recorded with; it has a buffer of its own. */
  readonly tensor: Tensor
  readonly placeholder: number
}

/**
 * A step that `capture` recorded. It runs without JavaScript: on the native backend on a thread of its
 * own, while the event loop goes on.
 *
 * During a run its parameters, optimizer state and generators change step by step. Reading them
 * meanwhile is safe but may show a step half done.
 */
export class CapturedStep<I extends Inputs, O extends Outputs> {
  /** What was recorded, for `describe`; and the calls that are run instead. */
  readonly #recorded: Lifted
  readonly #calls: readonly KernelCall[]
  readonly #program: Program
  readonly #inputs: readonly Port[]
  readonly #outputs: readonly Port[]
  readonly #result: O
  /** All memory the calls work on, with its size. */
  readonly #memory: ReadonlyMap<ArrayBuffer, number>
  #abandoned = abandonedCount()
  /**
   * Memory that ports were laid on for the run in progress. The program knows its address alone, so
   * until the run has ended it must not be collected.
   */
  readonly #placed = new Set<ArrayBuffer>()
  #running = false

  /** @internal */
  constructor(inputs: Inputs, { calls, result }: Recording<O>, scratch: ReadonlySet<ArrayBuffer>) {
    const outputs = outputsOf(result).map((tensor) => {
      const copy = empty(tensor.shape, tensor.dtype)
      return { tensor, copy }
    })
    const copies = outputs.map(({ tensor, copy }): KernelCall => {
      return { method: 'copy', args: [tensor, copy, tensor.length] }
    })
    this.#recorded = liftScratch([...calls, ...copies], scratch)
    const values = new Map(this.#recorded.values)
    this.#calls = placeValues({ calls: shorten(this.#recorded.calls, values), values })
    this.#result = result
    this.#program = programOf(this.#calls)
    const port = (name: string, tensor: Tensor): Port => {
      return { name, tensor, placeholder: this.#program.addPlaceholder(tensor.buffer) }
    }
    this.#inputs = Object.entries(inputs).map(([name, tensor]) => port(name, tensor))
    this.#outputs = outputs.map(({ copy }, i) => port(String(i), copy))
    const buffers = this.#calls.flatMap(({ args }) => tensorsOf(args)).map(({ buffer }) => buffer)
    for (const buffer of new Set(buffers)) hold(buffer)
    this.#memory = new Map(buffers.map((buffer) => [buffer, buffer.byteLength]))
  }

  /** Bytes that one step returns. @internal */
  get outputBytes(): number {
    return this.#outputs.reduce((sum, { tensor }) => sum + bytesOf(tensor), 0)
  }

  /** Whether a run is in flight. */
  get running(): boolean {
    return this.#running
  }

  /**
   * Runs the step with these inputs, off the main thread, and returns what the function returned, in
   * storage of its own. Inputs that are left out are those of the run before (at first the examples of
   * `capture`).
   *
   * @throws CaptureError when a run is in flight, or a tensor that the step works on has been replaced
   *   since the capture (`module.to`, an option that needs more optimizer state).
   * @throws ShapeError, DTypeError, ValueError when an input is not like its example, or an operation
   *   refuses its operands (a label out of range); the step in progress is left half done then.
   */
  async run(inputs: Partial<I> = {}, options: RunAsyncOptions = {}): Promise<O> {
    const { times = 1 } = options
    this.#checkReady('run', times, options)
    this.#fill('run', inputs)
    const outputs = this.#placeOutputs(null)
    await this.#replay(times, options)
    return withTensors(this.#result, outputs)
  }

  /** `run`, on this thread. */
  runSync(inputs: Partial<I> = {}, options: RunOptions = {}): O {
    const { times = 1, threads } = options
    this.#checkReady('runSync', times, options)
    this.#fill('runSync', inputs)
    const outputs = this.#placeOutputs(null)
    this.#replaySync(times, threads)
    return withTensors(this.#result, outputs)
  }

  /**
   * Runs the step once for each row of the inputs, which have a dimension more in front, and returns
   * the results with that dimension too: all batches of an epoch in one run, without JavaScript between
   * two of them. Inputs are not copied: do not write to them while it runs. Those that are left out are
   * the same in every step.
   *
   * @throws as `run`; ShapeError too when the inputs differ in their number of rows or have none.
   * @see https://docs.jax.dev/en/latest/_autosummary/jax.lax.scan.html
   *
   * @example
   * const { loss } = await step.scan({ x: batches, y: labels }) // (100, 32, 784), (100, 32) -> (100)
   */
  async scan(inputs: Partial<I>, options: ScanOptions = {}): Promise<O> {
    const steps = this.#placeRows('scan', inputs, options)
    const outputs = this.#placeOutputs(steps)
    await this.#replay(steps, options)
    return withTensors(this.#result, outputs)
  }

  /** `scan`, on this thread. */
  scanSync(inputs: Partial<I>, options: Pick<RunOptions, 'threads'> = {}): O {
    const steps = this.#placeRows('scanSync', inputs, options)
    const outputs = this.#placeOutputs(steps)
    this.#replaySync(steps, options.threads)
    return withTensors(this.#result, outputs)
  }

  /**
   * Two tables, one call a line: what was recorded, and what is run instead. With `times` it runs both
   * so often, tells the time of each call, and puts everything back as it was.
   */
  describe(options: { times?: number } = {}): string {
    const { times = 0 } = options
    if (times === 0) return describeBoth({ calls: this.#recorded.calls }, { calls: this.#calls })
    this.#checkReady('describe', times, {})
    this.#fill('describe', {})
    this.#placeOutputs(null)
    const saved = Array.from(this.#memory.keys(), (buffer) => [buffer, copyOf(buffer)] as const)
    try {
      const calls = placeValues(this.#recorded)
      const before = programOf(calls).timeCalls(times)
      const after = this.#program.timeCalls(times)
      return describeBoth(
        { calls, timing: { times, milliseconds: before } },
        { calls: this.#calls, timing: { times, milliseconds: after } },
      )
    } finally {
      this.#placed.clear()
      for (const [buffer, copy] of saved) new Uint8Array(buffer).set(new Uint8Array(copy))
    }
  }

  #checkReady(who: string, times: number, options: ThreadOptions): void {
    if (isRecording()) throw new CaptureError(`${who}: a captured step cannot run inside a capture`)
    if (this.running) {
      throw new CaptureError(`${who}: a run of this step is in flight; await it first`)
    }
    if (!Number.isInteger(times) || times < 1) {
      throw new ValueError(complaint(who, 'times', 'a whole number of at least 1', String(times)))
    }
    checkThreadOptions(who, options)
    for (const [buffer, bytes] of this.#memory) {
      if (buffer.byteLength !== bytes) {
        throw new ValueError(
          `${who}: memory that the step works on was detached or resized; capture again`,
        )
      }
    }
    if (this.#abandoned !== abandonedCount()) {
      for (const buffer of this.#memory.keys()) {
        if (!isAbandoned(buffer)) continue
        throw new CaptureError(
          `${who}: a parameter or a state that the step works on has been replaced since the capture ` +
            '(by to(), or an option that needs more optimizer state); capture again',
        )
      }
      this.#abandoned = abandonedCount()
    }
  }

  /** @throws ValueError when a name is no input's. */
  #checkNames(who: string, inputs: Partial<I>): void {
    for (const name of Object.keys(inputs)) {
      if (this.#inputs.some((port) => port.name === name)) continue
      const known = this.#inputs.map((port) => port.name).join(', ') || 'none'
      throw new ValueError(`${who}: there is no input ${name}; the inputs are ${known}`)
    }
  }

  /** Copies the inputs into the storage of the step, all or none. */
  #fill(who: string, inputs: Partial<I>): void {
    this.#checkNames(who, inputs)
    for (const { name, tensor } of this.#inputs) {
      const input = inputs[name]
      if (input !== undefined) checkInput(who, name, input, tensor.dtype, tensor.shape)
    }
    for (const { name, tensor, placeholder } of this.#inputs) {
      const input = inputs[name]
      if (input !== undefined) kernels().copy(input, tensor, tensor.length)
      this.#place(placeholder, tensor.buffer, 0, 0)
    }
  }

  /** Lays the inputs over the rows; returns their number. */
  #placeRows(who: string, inputs: Partial<I>, options: ThreadOptions): number {
    this.#checkReady(who, 1, options)
    this.#checkNames(who, inputs)
    let rows: number | undefined
    for (const { name, tensor } of this.#inputs) {
      const input = inputs[name]
      if (input === undefined) continue
      if (!(input instanceof Tensor)) throw noTensor(who, `input ${name}`, input)
      rows ??= input.shape[0] ?? 0
      checkInput(who, name, input, tensor.dtype, [rows, ...tensor.shape])
    }
    if (rows === undefined || rows === 0) {
      throw new ShapeError(`${who}: expected inputs with at least one row, got none`)
    }
    for (const { name, tensor, placeholder } of this.#inputs) {
      const { buffer, byteOffset } = inputs[name] ?? tensor
      const stride = inputs[name] === undefined ? 0 : bytesOf(tensor)
      hold(buffer)
      this.#place(placeholder, buffer, byteOffset, stride)
    }
    return rows
  }

  #place(placeholder: number, buffer: ArrayBuffer, byteOffset: number, stride: number): void {
    this.#placed.add(buffer)
    this.#program.place(placeholder, buffer, byteOffset, stride)
  }

  /** Fresh tensors for the results: of one step, or of `steps` steps. */
  #placeOutputs(steps: number | null): Tensor[] {
    return this.#outputs.map(({ tensor, placeholder }) => {
      const shape = steps === null ? tensor.shape : [steps, ...tensor.shape]
      const output = empty(shape, tensor.dtype)
      hold(output.buffer)
      this.#place(placeholder, output.buffer, 0, steps === null ? 0 : bytesOf(tensor))
      return output
    })
  }

  #replaySync(times: number, threads: number | undefined): void {
    try {
      withThreads(threads, () => {
        this.#program.runSync(times)
      })
    } finally {
      this.#placed.clear()
    }
  }

  #replay(times: number, options: ScanOptions): Promise<void> {
    const { signal, onProgress, progressInterval: intervalMs = 100, threads, priority } = options
    signal?.throwIfAborted()
    this.#running = true
    const stop = (): void => {
      this.#program.stop()
    }
    signal?.addEventListener('abort', stop, { once: true })
    const release = (): void => {
      this.#running = false
      this.#placed.clear()
      signal?.removeEventListener('abort', stop)
    }
    return new Promise((resolve, reject) => {
      let thrown: { readonly error: unknown } | null = null
      const end = (done: number, failure: ReplayFailure | null): void => {
        release()
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        if (thrown !== null) reject(thrown.error)
        else if (failure !== null) reject(this.#explained(failure, done))
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        else if (done < times) reject(signal?.reason)
        else resolve()
      }
      try {
        const progress = (done: number): void => {
          try {
            onProgress?.(done)
          } catch (error) {
            thrown ??= { error }
            stop()
          }
        }
        this.#program.start(times, { intervalMs, threads, priority }, { progress, end })
      } catch (error) {
        release() // there was no thread to be had
        throw error
      }
    })
  }

  #explained({ error, call }: ReplayFailure, done: number): Error {
    error.message += ` (call ${call}, ${this.#calls[call]!.method}, of the captured step; ${done} steps were run before)`
    return error
  }
}

/** The memory of a tensor that a replay works on must not go away while another thread uses it. */
function hold(buffer: ArrayBuffer): void {
  if ((buffer as { resizable?: boolean }).resizable === true) {
    throw new CaptureError(
      'capture: a tensor lies in a resizable ArrayBuffer, which could shrink while the step runs; use its clone()',
    )
  }
  markAsUntransferable(buffer)
}

function bytesOf({ length, dtype }: Tensor): number {
  return length * itemSize[dtype]
}

function checkInput(
  who: string,
  name: string,
  input: unknown,
  dtype: Tensor['dtype'],
  shape: Shape,
): void {
  if (!(input instanceof Tensor)) throw noTensor(who, `input ${name}`, input)
  if (input.dtype !== dtype) {
    throw new DTypeError(complaint(who, `input ${name}`, `${dtype} as in the capture`, input.dtype))
  }
  if (!sameShape(input.shape, shape)) {
    const hint = 'a step is captured for one shape; capture another for the last, smaller batch'
    const [expected, got] = [formatShape(shape), formatShape(input.shape)]
    throw new ShapeError(complaint(who, `input ${name}`, `shape ${expected}`, `shape ${got}`, hint))
  }
  input.checkMemory()
}
