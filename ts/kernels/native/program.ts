import { type KernelCall, run } from '../kernels.js'
import type { Program, ReplayListener, ReplayOptions } from '../program.js'
import { native } from './index.js'
import type { NativeProgram } from './addon.js'
import { errorOf } from './core-error.js'
import { addon, addTo } from './load.js'

/** The calls as a program of the addon, which replays it on a thread of its own. */
export class CompiledProgram implements Program {
  readonly #program: NativeProgram

  constructor(calls: readonly KernelCall[]) {
    const program = new (addon().Program)()
    addTo(program, () => {
      for (const call of calls) run(native, call)
    })
    this.#program = program
  }

  addPlaceholder(buffer: ArrayBuffer): number {
    return this.#program.addPlaceholder(buffer)
  }

  place(placeholder: number, buffer: ArrayBuffer, byteOffset: number, stride: number): void {
    this.#program.place(placeholder, buffer, byteOffset, stride)
  }

  runSync(times: number): void {
    this.#program.runSync(times)
  }

  start(times: number, options: ReplayOptions, listener: ReplayListener): void {
    const { intervalMs, threads = 0, priority } = options
    const background = priority === 'background'
    this.#program.start(
      times,
      intervalMs,
      threads,
      background,
      (done, ended, code, message, call) => {
        if (ended !== true) listener.progress(done)
        else if (code === undefined) listener.end(done, null)
        else listener.end(done, { error: errorOf(code, message!), call: call! })
      },
    )
  }

  stop(): void {
    this.#program.stop()
  }

  timeCalls(times: number): number[] {
    return this.#program.timeOperations(times)
  }
}
