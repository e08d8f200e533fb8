import { setImmediate } from 'node:timers/promises'

/** Work in steps of some microseconds to a millisecond; between them others may be let in. @internal */
export type Steps<R> = Generator<undefined, R, undefined>

/** Milliseconds after which the event loop is let in. */
const SLICE = 3

/** All steps at once. @internal */
export function run<R>(steps: Steps<R>): R {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The steps in slices, between which the event loop goes on. @internal */
export async function runAsync<R>(steps: Steps<R>, signal?: AbortSignal): Promise<R> {
  for (;;) {
    signal?.throwIfAborted()
    const end = performance.now() + SLICE
    do {
      const step = steps.next()
      if (step.done === true) return step.value
    } while (performance.now() < end)
    await setImmediate()
  }
}

/** No step at all. @internal */

export function* done<R>(result: R): Steps<R> {
  return result
}
