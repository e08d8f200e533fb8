import { setImmediate } from 'node:timers/promises'

/** How long reading computes before others get their turn, in milliseconds. */
const SLICE = 4

/** Lets the event loop go on between the slices of a long work. */
export class Turns {
  #since = performance.now()

  /** Whether it is time to wait for a `turn`. */
  get due(): boolean {
    return performance.now() - this.#since >= SLICE
  }

  async turn(): Promise<void> {
    await setImmediate()
    this.#since = performance.now()
  }
}
