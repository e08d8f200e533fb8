import { setImmediate } from 'node:timers/promises'

import { capture } from '../capture/capture.js'
import type { CapturedStep, Inputs } from '../capture/captured-step.js'
import type { Outputs } from '../capture/outputs.js'
import { CaptureError } from '../errors.js'
import type { ThreadOptions } from '../kernels/program.js'
import { withThreads } from '../threads.js'
import { type Flow, wait } from './flow.js'
import type { Modes } from './modes.js'

/** How long eager steps hold the event loop before they let it turn. */
const SLICE_MS = 8

/** How steps are run. */
export interface Manner {
  /** In one go on this thread, for a flow that does not wait. */
  readonly sync: boolean
  /** Ends the work after the step in progress. */
  readonly signal?: AbortSignal | undefined
  readonly threads?: number | undefined
  readonly priority?: ThreadOptions['priority']
}

/**
 * A function of tensors that is captured, once for each set of input shapes, or, where it computes in
 * JavaScript, run as it is.
 */
export class Replayable<I extends Inputs, O extends Outputs> {
  readonly #body: (inputs: I) => O
  readonly #modes: Modes
  readonly #manner: Manner
  readonly #captured = new Map<string, CapturedStep<I, O>>()
  #reason: string | null
  #held = performance.now()

  /**
   * @param modes The training flags of the model that it computes.
   * @param reason Why the function is not to be captured; null to try it.
   */
  constructor(body: (inputs: I) => O, modes: Modes, reason: string | null, manner: Manner) {
    this.#body = body
    this.#modes = modes
    this.#reason = reason
    this.#manner = manner
  }

  /** Why the function runs eagerly; null as long as it is captured. */
  get reason(): string | null {
    return this.#reason
  }

  /** It runs eagerly from here on. */
  runEagerly(reason: string): void {
    this.#reason ??= reason
    this.#captured.clear()
  }

  /**
   * The captured function for inputs like these, as it would be captured now; null where it runs
   * eagerly.
   */
  capturedFor(inputs: I): CapturedStep<I, O> | null {
    return this.#reason === null ? this.#modes.during(() => this.#captureFor(inputs)) : null
  }

  #captureFor(inputs: I): CapturedStep<I, O> | null {
    const key = Object.entries(inputs).join() // names, shapes and dtypes
    try {
      let step = this.#captured.get(key)
      if (step === undefined) {
        step = capture(this.#body, { inputs })
        this.#captured.set(key, step)
      } else step.refresh()
      return step
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      this.runEagerly(error.message)
      return null
    }
  }

  /** Begins a run of the captured function; null where it runs eagerly. */
  #begin(inputs: I): { readonly result: O | Promise<O> } | null {
    const { sync, signal, threads, priority } = this.#manner
    const step = this.#captureFor(inputs)
    if (step === null) return null
    if (sync) return { result: step.runSync(inputs, { threads }) }
    return { result: step.run(inputs, { signal, threads, priority }) }
  }

  /** Runs it once; unless it is in one go, the event loop turns meanwhile, or before it. */
  *run(inputs: I): Flow<O> {
    const { sync, signal, threads } = this.#manner
    signal?.throwIfAborted()
    const begun = this.#reason === null ? this.#modes.during(() => this.#begin(inputs)) : null
    if (begun !== null) return sync ? (begun.result as O) : yield* wait(begun.result)
    if (!sync && performance.now() - this.#held > SLICE_MS) {
      yield* wait(setImmediate())
      this.#held = performance.now()
      signal?.throwIfAborted()
    }
    return this.#modes.during(() => withThreads(threads, () => this.#body(inputs)))
  }

  /** Runs it, as it was captured, for each row of the inputs. Progress comes between promises only. */
  *scan(step: CapturedStep<I, O>, inputs: I, onProgress: (done: number) => void): Flow<O> {
    const { sync, signal, threads, priority } = this.#manner
    signal?.throwIfAborted()
    if (sync) return this.#modes.during(() => step.scanSync(inputs, { threads }))
    const options = { signal, threads, priority, onProgress }
    return yield* wait(this.#modes.during(() => step.scan(inputs, options)))
  }
}
