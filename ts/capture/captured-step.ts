import { CaptureError, GradlaneError, ShapeError, ValueError } from '../errors.js'
import { type Options, readOptions, whole } from '../options.js'
import { copyOf } from '../kernels/allocate.js'
import { isRecording, kernels, programOf, tellCaller } from '../kernels/backend.js'
import { itemSize } from '../kernels/dtype.js'
import type { KernelCall } from '../kernels/operations.js'
import { nameOf, type ReplayFailure } from '../kernels/program.js'
import { emptyPooled } from '../tensor/pool.js'
import type { Tensor } from '../tensor/tensor.js'
import { withThreads } from '../threads.js'
import { describeBoth } from './describe.js'
import { hold } from './held-memory.js'
import { type Outputs, withTensors } from './outputs.js'
import type { OwnMemory } from './own-memory.js'
import { placeValues } from './passes/values.js'
import type { PortedProgram } from './ported-program.js'
import { recordStep } from './record-step.js'
import type { Away, RecordedStep } from './recorded-step.js'
import {
  readRunOptions,
  type RunAsyncOptions,
  type RunOptions,
  type RunSettings,
  type ScanOptions,
} from './run-options.js'
import { type InputPort, readInputs } from './step-input.js'

export type { RunAsyncOptions, RunOptions, ScanOptions }

/** Tensors by name, as a captured function takes them. */
export type Inputs = Readonly<Record<string, Tensor>>

/**
 * Recordings that are kept for settings which go to and fro, as those of two networks that play against
 * each other. Each has memory for its intermediate results.
 */
const MOST_RECORDINGS = 2

/** How a program is laid over memory for a run. */
type Laying = (program: PortedProgram, own: OwnMemory | null) => Tensor[]

export interface DescribeOptions {
  /** How often the calls are timed. Default 0: they are not. */
  times?: number
}

const DESCRIBE = { times: whole(0, 0) } satisfies Options<DescribeOptions>

/**
 * A step that `capture` recorded. It runs without JavaScript: on the native backend on a thread of its
 * own, while the event loop goes on.
 *
 * During a run its parameters, optimizer state and generators change step by step. Reading them
 * meanwhile is safe but may show a step half done. Where `ArrayBuffer.prototype.transfer` could take
 * memory away under a run (Node 22), it works on a copy and they change at its end.
 */
export class CapturedStep<I extends Inputs, O extends Outputs> {
  readonly #fn: (inputs: I) => O
  /** Of the step's own: what it works on if it is given nothing else. */
  readonly #own: I
  readonly #inputs: readonly InputPort[]
  #step: RecordedStep<O>
  /** Recordings that may fit again, the last used one first. */
  #recordings: readonly RecordedStep<O>[]
  #running = false

  /** @internal */
  constructor(fn: (inputs: I) => O, inputs: I) {
    this.#fn = fn
    this.#own = inputs
    this.#inputs = Object.entries(inputs).map(([name, tensor]) => ({ name, tensor }))
    this.#step = recordStep(fn, inputs)
    this.#recordings = [this.#step]
  }

  /** Bytes that one step returns. @internal */
  get outputBytes(): number {
    return this.#step.outputs.reduce((sum, tensor) => sum + bytesOf(tensor), 0)
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
   * @throws CaptureError when a run is in flight, or something that the function goes by was set since
   *   and it cannot be captured any more.
   * @throws ShapeError, DTypeError, ValueError when an input is not like its example, or an operation
   *   refuses its operands (a label out of range); the step in progress is left half done then.
   */
  async run(inputs: Partial<I> = {}, options: RunAsyncOptions = {}): Promise<O> {
    const settings = readRunOptions('run', options)
    const given = readInputs('run', this.#inputs, inputs, false)
    const lay: Laying = (program) => {
      this.#fill(program, given)
      return this.#layOutputs(program, null)
    }
    return this.#replay('run', settings, lay)
  }

  /** `run`, on this thread. */
  runSync(inputs: Partial<I> = {}, options: RunOptions = {}): O {
    const settings = readRunOptions('runSync', options)
    const given = readInputs('runSync', this.#inputs, inputs, false)
    const lay: Laying = (program) => {
      this.#fill(program, given)
      return this.#layOutputs(program, null)
    }
    return this.#replaySync('runSync', settings, lay)
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
    const settings = readRunOptions('scan', options)
    const [lay, times] = this.#overRows('scan', inputs)
    return this.#replay('scan', { ...settings, times }, lay)
  }

  /** `scan`, on this thread. */
  scanSync(inputs: Partial<I>, options: Pick<RunOptions, 'threads'> = {}): O {
    const settings = readRunOptions('scanSync', options)
    const [lay, times] = this.#overRows('scanSync', inputs)
    return this.#replaySync('scanSync', { ...settings, times }, lay)
  }

  /**
   * Two tables, one call a line: what was recorded, and what is run instead. With `times` it runs both
   * so often, tells the time of each call, and puts everything back as it was.
   */
  describe(options: DescribeOptions = {}): string {
    const { times } = readOptions('describe', DESCRIBE, options)
    if (times === 0) {
      const { recorded, calls } = this.#step
      return describeBoth({ calls: recorded.calls }, { calls })
    }
    const step = this.#begin('describe')
    const { memory, recorded, program } = step
    const saved: (readonly [view: Uint8Array, copy: ArrayBuffer])[] = []
    try {
      for (const { buffer, view } of memory) saved.push([view, copyOf(buffer)])
      this.#fill(program, [])
      this.#layOutputs(program, null)
      const calls = placeValues(recorded)
      const before = programOf(calls).timeCalls(times)
      const after = program.program.timeCalls(times)
      return describeBoth(
        { calls, timing: { times, milliseconds: before } },
        { calls: step.calls, timing: { times, milliseconds: after } },
      )
    } finally {
      this.#end(program)
      for (const [view, copy] of saved) view.set(new Uint8Array(copy))
    }
  }

  /**
   * Records the function again where it would be another step now.
   *
   * @throws CaptureError when it cannot be captured any more.
   * @internal
   */
  refresh(): void {
    if (this.#step.isCurrent()) return
    const fitting = this.#recordings.find((step) => step.isCurrent())
    const step = fitting ?? recordStep(this.#fn, this.#own, this.#step.settings)
    const others = this.#recordings.filter((other) => other !== step)
    this.#recordings = [step, ...others].slice(0, MOST_RECORDINGS)
    this.#step = step
  }

  /** From here on nothing but this run lays the program over memory or runs it. */
  #begin(who: string): RecordedStep<O> {
    if (isRecording()) throw new CaptureError(`${who}: a captured step cannot run inside a capture`)
    if (this.#running) {
      throw new CaptureError(`${who}: a run of this step is in flight; await it first`)
    }
    this.#running = true
    try {
      this.refresh()
      this.#step.checkMemory(who)
      this.#step.noteWrites()
    } catch (error) {
      this.#running = false
      throw error
    }
    return this.#step
  }

  #end(program: PortedProgram): void {
    this.#running = false
    program.release()
  }

  /** Copies what was given into the storage of the step. */
  #fill(program: PortedProgram, given: readonly (Tensor | undefined)[]): void {
    this.#inputs.forEach(({ tensor }, i) => {
      const input = given[i]
      if (input !== undefined) kernels().copy({ x: input, y: tensor, n: tensor.length })
      program.layHome(i)
    })
  }

  /** Lays the inputs over their rows; with the number of these. */
  #overRows(who: string, inputs: Partial<I>): [lay: Laying, rows: number] {
    const given = readInputs(who, this.#inputs, inputs, true)
    const rows = given.find((tensor) => tensor !== undefined)?.shape[0] ?? 0
    if (rows === 0) {
      throw new ShapeError(`${who}: expected inputs with at least one row, got none`)
    }
    const lay: Laying = (program, own) => {
      this.#inputs.forEach(({ tensor }, i) => {
        const input = given[i]
        if (input === undefined) program.layHome(i)
        else if (own !== null) program.lay(i, input.clone(), bytesOf(tensor))
        else {
          hold(input.buffer)
          program.lay(i, input, bytesOf(tensor))
        }
      })
      return this.#layOutputs(program, rows)
    }
    return [lay, rows]
  }

  /** Fresh tensors for the results, nobody else's before the end: of one step, or of `steps` steps. */
  #layOutputs(program: PortedProgram, steps: number | null): Tensor[] {
    return this.#step.outputs.map((tensor, i) => {
      const shape = steps === null ? tensor.shape : Object.freeze([steps, ...tensor.shape])
      const output = emptyPooled(shape, tensor.dtype)
      program.lay(this.#inputs.length + i, output, steps === null ? 0 : bytesOf(tensor))
      return output
    })
  }

  #replaySync(who: string, { times, threads }: RunSettings, lay: Laying): O {
    const { program, gradients, result } = this.#begin(who)
    try {
      const outputs = lay(program, null)
      withThreads(threads, () => {
        program.program.runSync(times)
      })
      gradients.leave()
      return withTensors(result, outputs)
    } catch (error) {
      if (error instanceof GradlaneError) tellCallers(error, this.#step.calls)
      throw error
    } finally {
      this.#end(program)
    }
  }

  async #replay(who: string, settings: RunSettings, lay: Laying): Promise<O> {
    const step = this.#begin(who)
    let { program, own }: Away = { program: step.program, own: null }
    try {
      ;({ program, own } = step.placeToRun())
      const outputs = lay(program, own)
      own?.copyIn()
      let whole = true
      try {
        await this.#toTheEnd(step, program, settings)
      } finally {
        whole = own?.copyOut() ?? true
      }
      if (whole) return withTensors(step.result, outputs)
      throw new ValueError(
        `${who}: memory that the step works on was detached while it ran; what the run wrote there is lost`,
      )
    } finally {
      step.noteWrites()
      this.#end(program)
    }
  }

  #toTheEnd(
    { calls, gradients }: RecordedStep<O>,
    { program }: PortedProgram,
    settings: RunSettings,
  ): Promise<void> {
    const { times, signal, onProgress, intervalMs, threads, priority } = settings
    const stop = (): void => {
      program.stop()
    }
    let thrown: { readonly error: unknown } | null = null
    const progress = (done: number): void => {
      try {
        onProgress?.(done)
      } catch (error) {
        thrown ??= { error }
        stop()
      }
    }
    return new Promise<void>((resolve, reject) => {
      const end = (done: number, failure: ReplayFailure | null): void => {
        if (done > 0) gradients.leave()
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        if (thrown !== null) reject(thrown.error)
        else if (failure !== null) reject(explained(failure, calls, done))
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        else if (done < times) reject(signal?.reason)
        else resolve()
      }
      signal?.addEventListener('abort', stop, { once: true })
      program.start(times, { intervalMs, threads, priority }, { progress, end })
      if (signal?.aborted === true) stop()
    }).finally(() => signal?.removeEventListener('abort', stop))
  }
}

function explained(
  { error, call }: ReplayFailure,
  calls: readonly KernelCall[],
  done: number,
): Error {
  const { method, caller } = calls[call]!
  if (caller !== undefined) tellCaller(error, caller)
  error.message += ` (call ${call}, ${method}, of the captured step; ${done} steps were run before)`
  return error
}

/** Which call has failed is not known here: whoever calls that kernel. */
function tellCallers(error: GradlaneError, calls: readonly KernelCall[]): void {
  const [kernel] = /^\w+(?=: )/.exec(error.message) ?? []
  const names = new Set<string>()
  for (const { method, caller } of calls) {
    if (method === kernel && caller !== undefined) names.add(nameOf(caller))
  }
  if (names.size > 0) tellCaller(error, [...names].join(' or '))
}

function bytesOf({ length, dtype }: Tensor): number {
  return length * itemSize[dtype]
}
