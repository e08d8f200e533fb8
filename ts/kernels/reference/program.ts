import { ValueError } from '../../errors.js'
import type { Program, ReplayFailure, ReplayListener, ReplayOptions } from '../program.js'
import { isView, type KernelCall, run, type View } from '../kernels.js'
import { reference } from './index.js'

/** How long a replay holds the event loop at a time. */
const SLICE_MS = 8

/** A place in the arguments of a call that holds a view of a placeholder. */
interface Operand {
  readonly holder: Record<PropertyKey, unknown>
  readonly key: PropertyKey
  readonly recorded: View
  /** Within the placeholder. */
  readonly offset: number
}

interface Placeholder {
  /** That it was recorded with. */
  readonly bytes: number
  readonly operands: readonly Operand[]
  buffer: ArrayBuffer
  byteOffset: number
  stride: number
  /** Operands are where they belong, for every step. */
  placed: boolean
}

/** The calls as they are, run by JavaScript in slices between which the event loop turns. */
export class InterpretedProgram implements Program {
  readonly #calls: readonly KernelCall[]
  readonly #placeholders: Placeholder[] = []
  #stopped = false
  #started = false

  constructor(calls: readonly KernelCall[]) {
    this.#calls = calls.map(({ method, args }) => ({ method, args: copied(args) }) as KernelCall)
  }

  addPlaceholder(buffer: ArrayBuffer): number {
    this.#checkIdle()
    const operands: Operand[] = []
    for (const { args } of this.#calls) findOperands(args, buffer, operands)
    const bytes = buffer.byteLength
    this.#placeholders.push({ bytes, operands, buffer, byteOffset: 0, stride: 0, placed: true })
    return this.#placeholders.length - 1
  }

  place(placeholder: number, buffer: ArrayBuffer, byteOffset: number, stride: number): void {
    this.#checkIdle()
    const known = this.#placeholders[placeholder]
    if (known === undefined) throw new ValueError(`program: there is no placeholder ${placeholder}`)
    const { bytes, operands } = known
    const rest = buffer.byteLength - byteOffset
    if (!(byteOffset >= 0 && rest >= bytes && stride >= 0)) {
      throw new ValueError(
        `program: placeholder ${placeholder} needs ${bytes} bytes and a stride of at least 0, got ` +
          `${rest} from its offset on and a stride of ${stride}`,
      )
    }
    this.#placeholders[placeholder] = { bytes, operands, buffer, byteOffset, stride, placed: false }
  }

  runSync(times: number): void {
    this.#checkIdle()
    for (let step = 0; step < times; step++) this.#step(step)
  }

  /** There is this thread only, which has slices between those of others anyway. */
  start(times: number, { intervalMs }: ReplayOptions, listener: ReplayListener): void {
    this.#checkIdle()
    this.#stopped = false
    this.#started = true
    const end = (failure: ReplayFailure | null): void => {
      this.#started = false
      listener.end(done, failure)
    }
    let done = 0
    let reported = performance.now()
    const slice = (): void => {
      const start = performance.now()
      while (done < times && !this.#stopped) {
        try {
          this.#step(done)
        } catch (error) {
          end({ error: error as Error, call: this.#failed })
          return
        }
        done++
        if (performance.now() - start > SLICE_MS) break
      }
      if (done === times || this.#stopped) {
        end(null)
        return
      }
      if (performance.now() - reported >= intervalMs) {
        listener.progress(done)
        reported = performance.now()
      }
      setImmediate(slice)
    }
    setImmediate(slice)
  }

  stop(): void {
    this.#stopped = true
  }

  timeCalls(times: number): number[] {
    this.#checkIdle()
    const milliseconds = this.#calls.map(() => 0)
    for (let step = 0; step < times; step++) {
      this.#moveTo(step)
      this.#calls.forEach((call, i) => {
        const start = performance.now()
        run(reference, call)
        milliseconds[i]! += performance.now() - start
      })
    }
    return milliseconds
  }

  #failed = 0

  #checkIdle(): void {
    if (this.#started) throw new ValueError('program: a replay is running')
  }

  #step(step: number): void {
    this.#moveTo(step)
    for (let i = 0; i < this.#calls.length; i++) {
      this.#failed = i
      run(reference, this.#calls[i]!)
    }
  }

  #moveTo(step: number): void {
    for (const placeholder of this.#placeholders) {
      if (placeholder.placed) continue
      const { buffer, byteOffset, stride } = placeholder
      for (const { holder, key, recorded, offset } of placeholder.operands) {
        const { dtype, length } = recorded
        holder[key] = { buffer, byteOffset: byteOffset + step * stride + offset, dtype, length }
      }
      placeholder.placed = stride === 0
    }
  }
}

/** Lists and options anew, so that a program can move its operands; tensors as they are. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied)
  if (!isOptions(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copied(part)]))
}

function findOperands(value: unknown, buffer: ArrayBuffer, found: Operand[]): void {
  if (!Array.isArray(value) && !isOptions(value)) return
  const holder = value as Record<PropertyKey, unknown>
  for (const [key, part] of Object.entries(holder)) {
    if (!isView(part)) findOperands(part, buffer, found)
    else if (part.buffer === buffer) {
      found.push({ holder, key, recorded: part, offset: part.byteOffset })
    }
  }
}

function isOptions(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !isView(value)
}
