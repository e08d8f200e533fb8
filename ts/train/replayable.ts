import { setImmediate } from 'node:timers/promises'

import { capture } from '../capture/capture.js'
import type { CapturedStep, Inputs } from '../capture/captured-step.js'
import type { Outputs } from '../capture/outputs.js'
import { CaptureError } from '../errors.js'
import type { ThreadOptions } from '../kernels/program.js'
import { withThreads } from '../threads.js'
import { type Flow, wait } from './flow.js'

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
  readonly #manner: Manner
  readonly #captured = new Map<string, CapturedStep<I, O>>()
  #reason: string | null
  #held = performance.now()

  /** @param reason Why the function is not to be captured; null to try it. */
  constructor(body: (inputs: I) => O, reason: string | null, manner: Manner) {
    this.#body = body
    this.#reason = reason
    this.#manner = manner
  }

  /** Why the function runs eagerly; null as long as it is captured. */
  get reason(): string | null {
    return this.#reason
  }

  /** The captured function for inputs like these; null where it runs eagerly. */
  capturedFor(inputs: I): CapturedStep<I, O> | null {
    if (this.#reason !== null) return null
    const key = Object.entries(inputs).join() // names, shapes and dtypes
    let step = this.#captured.get(key)
    if (step === undefined) {
      try {
        step = capture(this.#body, { inputs })
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error
        this.#reason = error.message
        return null
      }
      this.#captured.set(key, step)
    }
    return step
  }

  /** Runs it once; unless it is in one go, the event loop turns meanwhile, or before it. */
  *run(inputs: I): Flow<O> {
    const { sync, signal, threads, priority } = this.#manner
    signal?.throwIfAborted()
    const step = this.capturedFor(inputs)
    if (step !== null) {
      if (sync) return step.runSync(inputs, { threads })
      return yield* wait(step.run(inputs, { signal, threads, priority }))
    }
    if (!sync && performance.now() - this.#held > SLICE_MS) {
      yield* wait(setImmediate())
      this.#held = performance.now()
      signal?.throwIfAborted()
    }
    return withThreads(threads, () => this.#body(inputs))
  }

  /** Runs it, as it was captured, for each row of the inputs. Progress comes between promises only. */
  *scan(step: CapturedStep<I, O>, inputs: I, onProgress: (done: number) => void): Flow<O> {
    const { sync, signal, threads, priority } = this.#manner
    signal?.throwIfAborted()
    if (sync) return step.scanSync(inputs, { threads })
    return yield* wait(step.scan(inputs, { signal, threads, priority, onProgress }))
  }
}
