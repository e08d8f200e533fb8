import { optionsOf } from '../check.js'
import { CaptureError, ShapeError, ValueError } from '../errors.js'
import { copyOf } from '../kernels/allocate.js'
import { isRecording, kernels, programOf } from '../kernels/backend.js'
import { itemSize } from '../kernels/dtype.js'
import type { KernelCall, ReplayFailure } from '../kernels/program.js'
import { abandonedCount, isAbandoned } from '../tensor/abandoned.js'
import { empty, Tensor } from '../tensor/tensor.js'
import { withThreads } from '../threads.js'
import { describeBoth } from './describe.js'
import { heldMemoryCanGo, hold } from './held-memory.js'
import { type Outputs, outputsOf, withTensors } from './outputs.js'
import { OwnMemory } from './own-memory.js'
import { shorten } from './passes/index.js'
import { tensorsOf } from './passes/tensors.js'
import { type Lifted, liftScratch, placeValues } from './passes/values.js'
import { PortedProgram } from './ported-program.js'
import type { Recording } from './recorder.js'
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

interface Memory {
  readonly buffer: ArrayBuffer
  /** All of it; without a length when it has gone away. */
  readonly view: Uint8Array
  readonly bytes: number
}

/** A program on a copy of the memory; null where it works on the memory itself. */
interface Away {
  readonly program: PortedProgram
  readonly own: OwnMemory | null
}

/** How a program is laid over memory for a run. */
type Laying = (program: PortedProgram, own: OwnMemory | null) => Tensor[]

/**
 * A step that `capture` recorded. It runs without JavaScript: on the native backend on a thread of its
 * own, while the event loop goes on.
 *
 * During a run its parameters, optimizer state and generators change step by step. Reading them
 * meanwhile is safe but may show a step half done. Where `ArrayBuffer.prototype.transfer` could take
 * memory away under a run (Node 22), it works on a copy and they change at its end.
 */
export class CapturedStep<I extends Inputs, O extends Outputs> {
  /** What was recorded, for `describe`; and the calls that are run instead. */
  readonly #recorded: Lifted
  readonly #calls: readonly KernelCall[]
  readonly #program: PortedProgram
  /** Ports of the program, the inputs before the outputs. */
  readonly #inputs: readonly InputPort[]
  readonly #outputs: readonly Tensor[]
  readonly #result: O
  /** All memory the calls work on. */
  readonly #memory: readonly Memory[]
  /** That of it which was not recorded, so that nobody else has it. */
  readonly #unreachable: ReadonlySet<ArrayBuffer>
  /** The step on a copy of its memory. */
  #away: Away | null = null
  #abandoned = abandonedCount()
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
    this.#inputs = Object.entries(inputs).map(([name, tensor]) => ({ name, tensor }))
    this.#outputs = outputs.map(({ copy }) => copy)
    const tensors = tensorsOf(this.#calls.map(({ args }) => args))
    for (const tensor of tensors) tensor.checkMemory()
    const buffers = new Set(tensors.map(({ buffer }) => buffer))
    for (const buffer of buffers) hold(buffer)
    this.#memory = Array.from(buffers, (buffer) => {
      const view = new Uint8Array(buffer)
      return { buffer, view, bytes: view.length }
    })
    const recorded = tensorsOf(calls.map(({ args }) => args)).map(({ buffer }) => buffer)
    for (const buffer of recorded) buffers.delete(buffer)
    this.#unreachable = buffers
    this.#program = new PortedProgram(this.#calls, this.#ports)
  }

  /** Bytes that one step returns. @internal */
  get outputBytes(): number {
    return this.#outputs.reduce((sum, tensor) => sum + bytesOf(tensor), 0)
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
    const settings = readRunOptions('run', options)
    const given = readInputs('run', this.#inputs, inputs, false)
    const lay: Laying = (program) => {
      this.#fill(program, given)
      return this.#layOutputs(program, null)
    }
    return withTensors(this.#result, await this.#replay('run', settings, lay))
  }

  /** `run`, on this thread. */
  runSync(inputs: Partial<I> = {}, options: RunOptions = {}): O {
    const settings = readRunOptions('runSync', options)
    const given = readInputs('runSync', this.#inputs, inputs, false)
    const lay: Laying = (program) => {
      this.#fill(program, given)
      return this.#layOutputs(program, null)
    }
    return withTensors(this.#result, this.#replaySync('runSync', settings, lay))
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
    return withTensors(this.#result, await this.#replay('scan', { ...settings, times }, lay))
  }

  /** `scan`, on this thread. */
  scanSync(inputs: Partial<I>, options: Pick<RunOptions, 'threads'> = {}): O {
    const settings = readRunOptions('scanSync', options)
    const [lay, times] = this.#overRows('scanSync', inputs)
    return withTensors(this.#result, this.#replaySync('scanSync', { ...settings, times }, lay))
  }

  /**
   * Two tables, one call a line: what was recorded, and what is run instead. With `times` it runs both
   * so often, tells the time of each call, and puts everything back as it was.
   */
  describe(options: { times?: number } = {}): string {
    const { times = 0 } = optionsOf('describe', options)
    if (times === 0) return describeBoth({ calls: this.#recorded.calls }, { calls: this.#calls })
    readRunOptions('describe', { times })
    this.#begin('describe')
    const saved: (readonly [view: Uint8Array, copy: ArrayBuffer])[] = []
    try {
      for (const { buffer, view } of this.#memory) saved.push([view, copyOf(buffer)])
      this.#fill(this.#program, [])
      this.#layOutputs(this.#program, null)
      const calls = placeValues(this.#recorded)
      const before = programOf(calls).timeCalls(times)
      const after = this.#program.program.timeCalls(times)
      return describeBoth(
        { calls, timing: { times, milliseconds: before } },
        { calls: this.#calls, timing: { times, milliseconds: after } },
      )
    } finally {
      this.#end(this.#program)
      for (const [view, copy] of saved) view.set(new Uint8Array(copy))
    }
  }

  get #ports(): Tensor[] {
    return [...this.#inputs.map(({ tensor }) => tensor), ...this.#outputs]
  }

  /** From here on nothing but this run lays the program over memory or runs it. */
  #begin(who: string): void {
    if (isRecording()) throw new CaptureError(`${who}: a captured step cannot run inside a capture`)
    if (this.#running) {
      throw new CaptureError(`${who}: a run of this step is in flight; await it first`)
    }
    for (const { view, bytes } of this.#memory) {
      if (view.length !== bytes) {
        throw new ValueError(
          `${who}: memory that the step works on was detached or resized; capture again`,
        )
      }
    }
    if (this.#abandoned !== abandonedCount()) {
      for (const { buffer } of this.#memory) {
        if (!isAbandoned(buffer)) continue
        throw new CaptureError(
          `${who}: a parameter or a state that the step works on has been replaced since the capture ` +
            '(by to(), or an option that needs more optimizer state); capture again',
        )
      }
      this.#abandoned = abandonedCount()
    }
    this.#running = true
  }

  #end(program: PortedProgram): void {
    this.#running = false
    program.release()
  }

  /** Copies what was given into the storage of the step. */
  #fill(program: PortedProgram, given: readonly (Tensor | undefined)[]): void {
    this.#inputs.forEach(({ tensor }, i) => {
      const input = given[i]
      if (input !== undefined) kernels().copy(input, tensor, tensor.length)
      program.lay(i, program.ports[i]!, 0)
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
        if (input === undefined) program.lay(i, program.ports[i]!, 0)
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
    return this.#outputs.map((tensor, i) => {
      const shape = steps === null ? tensor.shape : [steps, ...tensor.shape]
      const output = empty(shape, tensor.dtype)
      program.lay(this.#inputs.length + i, output, steps === null ? 0 : bytesOf(tensor))
      return output
    })
  }

  #replaySync(who: string, { times, threads }: RunSettings, lay: Laying): Tensor[] {
    this.#begin(who)
    try {
      const outputs = lay(this.#program, null)
      withThreads(threads, () => {
        this.#program.program.runSync(times)
      })
      return outputs
    } finally {
      this.#end(this.#program)
    }
  }

  async #replay(who: string, settings: RunSettings, lay: Laying): Promise<Tensor[]> {
    this.#begin(who)
    let { program, own }: Away = { program: this.#program, own: null }
    try {
      ;({ program, own } = this.#placeToRun())
      const outputs = lay(program, own)
      own?.copyIn()
      let whole = true
      try {
        await this.#toTheEnd(program, settings)
      } finally {
        whole = own?.copyOut() ?? true
      }
      if (whole) return outputs
      throw new ValueError(
        `${who}: memory that the step works on was detached while it ran; what the run wrote there is lost`,
      )
    } finally {
      this.#end(program)
    }
  }

  /** Where a run on another thread works. On the reference backend there is none. */
  #placeToRun(): Away {
    if (kernels().name === 'reference' || !heldMemoryCanGo()) {
      return { program: this.#program, own: null }
    }
    if (this.#away === null) {
      const own = new OwnMemory(this.#calls, this.#unreachable)
      const ports = this.#ports.map((tensor) => own.of(tensor))
      this.#away = { program: new PortedProgram(own.moved(this.#calls), ports), own }
    }
    return this.#away
  }

  #toTheEnd({ program }: PortedProgram, settings: RunSettings): Promise<void> {
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
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        if (thrown !== null) reject(thrown.error)
        else if (failure !== null) reject(this.#explained(failure, done))
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        else if (done < times) reject(signal?.reason)
        else resolve()
      }
      signal?.addEventListener('abort', stop, { once: true })
      program.start(times, { intervalMs, threads, priority }, { progress, end })
      if (signal?.aborted === true) stop()
    }).finally(() => signal?.removeEventListener('abort', stop))
  }

  #explained({ error, call }: ReplayFailure, done: number): Error {
    error.message += ` (call ${call}, ${this.#calls[call]!.method}, of the captured step; ${done} steps were run before)`
    return error
  }
}

function bytesOf({ length, dtype }: Tensor): number {
  return length * itemSize[dtype]
}
