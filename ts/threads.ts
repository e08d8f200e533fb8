import { checkArguments } from './check.js'
import { getBackend } from './kernels/backend.js'
import { checkedThreads, isThreads, MAX_THREADS } from './kernels/environment.js'
import { addon } from './kernels/native/load.js'
import type { ThreadOptions } from './kernels/program.js'
import { choice, type Option, type Options } from './options.js'

/**
 * How many threads the native backend computes with, from the next operation on: for the whole
 * process, worker threads of Node included. Results do not depend on it. Default: the cores that this
 * process may run on, or `GRADLANE_NUM_THREADS`. The reference backend always uses one.
 *
 * @throws ValueError when `count` is not a whole number from 1 to 4096.
 */
export function setNumThreads(count: number): void {
  checkArguments('setNumThreads', 1, arguments)
  checkedThreads('setNumThreads', count)
  if (getBackend() === 'native') addon().setNumThreads(count)
}

const AT_MOST: Option<number | undefined> = {
  initial: undefined,
  expected: `a whole number from 1 to ${MAX_THREADS}`,
  accepts: isThreads,
}

/** What a run takes that may share the machine. @internal */
export const THREADS = {
  threads: AT_MOST,
  priority: choice(['normal', 'background']),
} satisfies Options<ThreadOptions>

/** Of the calls of `withThreads` in progress; 0 for all threads. */
let limit = 0

/**
 * Computes on at most so many threads, this one included. Calls nest: what is left puts the limit back.
 *
 * @internal
 */
export function withThreads<T>(count: number | undefined, body: () => T): T {
  if (count === undefined || getBackend() !== 'native') return body()
  const before = limit
  limit = count
  addon().limitThreads(count)
  try {
    return body()
  } finally {
    limit = before
    addon().limitThreads(before)
  }
}

/** The number of threads in use: 1 on the reference backend. */
export function getNumThreads(): number {
  checkArguments('getNumThreads', 0, arguments)
  return getBackend() === 'native' ? addon().getNumThreads() : 1
}
