import { ValueError } from '../errors.js'

/**
 * Work that now and then waits for something: it yields it, a promise or what is there already. So the
 * same work can be done with promises or without.
 */
export type Flow<T> = Generator<unknown, T, unknown>

/** Waits for something that may be a promise: `const value = yield* wait(promise)`. */
export function* wait<T>(value: T | PromiseLike<T>): Flow<T> {
  return (yield value) as T
}

/** Waits for a promise alone: with what is there the work goes on at once, and nothing has its turn before. */
export function* awaited<T>(value: T | PromiseLike<T>): Flow<T> {
  return isPromise(value) ? yield* wait(value) : value
}

/** Does the work, and waits where it waits. */
export async function drive<T>(flow: Flow<T>): Promise<T> {
  let step = flow.next()
  while (step.done !== true) {
    let value: unknown
    try {
      value = await step.value
    } catch (error) {
      step = flow.throw(error)
      continue
    }
    step = flow.next(value)
  }
  return step.value
}

/**
 * Does the work in one go.
 *
 * @param who The function that was called, the twin of one that waits.
 * @throws ValueError when there is a promise to wait for; the work is told, as of any other error.
 */
export function driveSync<T>(who: string, flow: Flow<T>): T {
  let step = flow.next()
  while (step.done !== true) {
    if (isPromise(step.value)) {
      step.value.then(undefined, () => undefined) // nobody waits for it
      const gentle = who.replace(/Sync$/, '')
      const message = `${who}: a callback or a loader gave a promise; ${gentle} waits for it`
      step = flow.throw(new ValueError(message))
    } else {
      step = flow.next(step.value)
    }
  }
  return step.value
}

/** Does the work the one way or the other, for what serves both. */
export function driveAs<T>(sync: boolean, who: string, flow: Flow<T>): T | Promise<T> {
  return sync ? driveSync(who, flow) : drive(flow)
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
