import { setImmediate } from 'node:timers/promises'

/** Long work that can pause: it yields where others may come in. */
export type Task<T> = Generator<undefined, T, undefined>

/** Does the work in one go. */
export function finish<T>(task: Task<T>): T {
  for (;;) {
    const { done, value } = task.next()
    if (done) return value
  }
}

/** The same work, each part of it, up to the next pause, run by `run`. */
export function* throughout<T>(run: <R>(part: () => R) => R, task: Task<T>): Task<T> {
  try {
    for (;;) {
      const { done, value } = run(() => task.next())
      if (done) return value
      yield
    }
  } finally {
    task.return(undefined as never)
  }
}

/**
 * Does the work, with a turn of the event loop at every pause.
 *
 * @throws the signal's reason when it is aborted; the task's `finally` has run then.
 */
export async function finishGently<T>(task: Task<T>, signal?: AbortSignal): Promise<T> {
  try {
    for (;;) {
      signal?.throwIfAborted()
      const { done, value } = task.next()
      if (done) return value
      await setImmediate()
    }
  } finally {
    task.return(undefined as never)
  }
}

/** The mean of a loss, which has one element or one for each sample. */
export function meanOf({ data }: { readonly data: ArrayLike<number> }): number {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += data[i]!
  return sum / data.length
}
