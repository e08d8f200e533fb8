import { setImmediate } from 'node:timers/promises'

import { capture } from '../capture/capture.js'
import type { CapturedStep, Inputs } from '../capture/captured-step.js'
import type { Outputs } from '../capture/outputs.js'
import { CaptureError } from '../errors.js'

/** How long eager steps hold the event loop before they let it turn. */
const SLICE_MS = 8

/**
 * A function of tensors that is captured, once for each set of input shapes, or, where it computes in
 * JavaScript, run as it is.
 */
export class Replayable<I extends Inputs, O extends Outputs> {
  readonly #body: (inputs: I) => O
  readonly #captured = new Map<string, CapturedStep<I, O>>()
  #reason: string | null
  #held = performance.now()

  /** @param reason Why the function is not to be captured; null to try it. */
  constructor(body: (inputs: I) => O, reason: string | null) {
    this.#body = body
    this.#reason = reason
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

  /** Runs it once; the event loop turns meanwhile, or before it. */
  async run(inputs: I, signal?: AbortSignal): Promise<O> {
    const step = this.capturedFor(inputs)
    if (step !== null) return step.run(inputs, { signal })
    if (performance.now() - this.#held > SLICE_MS) {
      await setImmediate()
      this.#held = performance.now()
    }
    signal?.throwIfAborted()
    return this.#body(inputs)
  }
}
