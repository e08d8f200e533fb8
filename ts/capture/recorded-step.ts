import { ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { KernelCall } from '../kernels/operations.js'
import type { Capture } from '../kernels/program.js'
import { abandonedCount, isAbandoned } from '../tensor/abandoned.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { Writes } from '../tensor/written.js'
import type { Gradients } from './gradients.js'
import { heldMemoryCanGo, hold } from './held-memory.js'
import { type Outputs, outputsOf } from './outputs.js'
import { OwnMemory } from './own-memory.js'
import { shorten } from './passes/index.js'
import { tensorsOf } from './passes/tensors.js'
import { type Lifted, liftScratch, placeValues } from './passes/values.js'
import { PortedProgram } from './ported-program.js'
import type { Recording } from './recorder.js'
import type { Settings } from './settings.js'

interface Memory {
  readonly buffer: ArrayBuffer
  /** All of it; without a length when it has gone away. */
  readonly view: Uint8Array
  readonly bytes: number
}

/** A program on a copy of the memory; null where it works on the memory itself. */
export interface Away {
  readonly program: PortedProgram
  readonly own: OwnMemory | null
}

/** A function as it was recorded once, shortened and made a program. */
export class RecordedStep<O extends Outputs> {
  /** What was recorded, for `describe`; and the calls that are run instead. */
  readonly recorded: Lifted
  readonly calls: readonly KernelCall[]
  /** Its ports are the inputs before the outputs. */
  readonly program: PortedProgram
  readonly outputs: readonly Tensor[]
  readonly result: O
  readonly settings: Settings
  readonly gradients: Gradients
  /** All memory the calls work on. */
  readonly memory: readonly Memory[]
  /** That of it which was not recorded, so that nobody else has it. */
  readonly #unreachable: ReadonlySet<ArrayBuffer>
  /** What a run writes of others. */
  readonly #written: Writes
  /** The step on a copy of its memory. */
  #away: Away | null = null
  #abandoned = abandonedCount()

  constructor(
    inputs: Readonly<Record<string, Tensor>>,
    { calls, result }: Recording<O>,
    { scratch, written }: Pick<Capture, 'scratch' | 'written'>,
    settings: Settings,
    gradients: Gradients,
  ) {
    const outputs = outputsOf(result).map((tensor) => {
      const copy = empty(tensor.shape, tensor.dtype)
      return { tensor, copy }
    })
    const copies = outputs.map(({ tensor, copy }): KernelCall => {
      return { method: 'copy', args: { x: tensor, y: copy, n: tensor.length } }
    })
    this.recorded = liftScratch([...calls, ...copies], scratch)
    const values = new Map(this.recorded.values)
    this.calls = placeValues({ calls: shorten(this.recorded.calls, values), values })
    this.result = result
    this.outputs = outputs.map(({ copy }) => copy)
    this.settings = settings
    this.gradients = gradients
    this.#written = new Writes(Array.from(written.values(), ({ views }) => views).flat())
    const tensors = tensorsOf(this.calls.map(({ args }) => args))
    for (const tensor of tensors) tensor.checkMemory()
    const buffers = new Set(tensors.map(({ buffer }) => buffer))
    for (const buffer of buffers) hold(buffer)
    this.memory = Array.from(buffers, (buffer) => {
      const view = new Uint8Array(buffer)
      return { buffer, view, bytes: view.length }
    })
    const recorded = tensorsOf(calls.map(({ args }) => args)).map(({ buffer }) => buffer)
    for (const buffer of recorded) buffers.delete(buffer)
    this.#unreachable = buffers
    this.program = new PortedProgram(this.calls, [...Object.values(inputs), ...this.outputs])
  }

  /** Whether the function would be recorded as it was. */
  isCurrent(): boolean {
    return this.#isOnItsMemory() && this.settings.areAsBefore() && this.gradients.areThere()
  }

  /** @throws ValueError when memory of the step has gone away. */
  checkMemory(who: string): void {
    for (const { view, bytes } of this.memory) {
      if (view.length === bytes) continue
      throw new ValueError(
        `${who}: memory that the step works on was detached or resized; capture again`,
      )
    }
  }

  /** Declares that a run writes, or has written. */
  noteWrites(): void {
    this.#written.note()
  }

  /** Where a run on another thread works. On the reference backend there is none. */
  placeToRun(): Away {
    if (kernels().name === 'reference' || !heldMemoryCanGo()) {
      return { program: this.program, own: null }
    }
    if (this.#away === null) {
      const own = new OwnMemory(this.calls, this.#unreachable)
      const ports = this.program.ports.map((tensor) => own.of(tensor))
      this.#away = { program: new PortedProgram(own.moved(this.calls), ports), own }
    }
    return this.#away
  }

  /** Whether parameters and states have their storage where they had it. */
  #isOnItsMemory(): boolean {
    if (this.#abandoned === abandonedCount()) return true
    if (this.memory.some(({ buffer }) => isAbandoned(buffer))) return false
    this.#abandoned = abandonedCount()
    return true
  }
}
