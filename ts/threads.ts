import { getBackend } from './kernels/backend.js'
import { checkedThreads } from './kernels/environment.js'
import { addon } from './kernels/native/load.js'

/**
 * How many threads the native backend computes with, from the next operation on: for the whole
 * process, worker threads of Node included. Results do not depend on it. Default: the cores that this
 * process may run on, or `GRADLANE_NUM_THREADS`. The reference backend always uses one.
 *
 * @throws ValueError when `count` is not a whole number from 1 to 4096.
 */
export function setNumThreads(count: number): void {
  checkedThreads('setNumThreads', count)
  if (getBackend() === 'native') addon().setNumThreads(count)
}

/** The number of threads in use: 1 on the reference backend. */
export function getNumThreads(): number {
  return getBackend() === 'native' ? addon().getNumThreads() : 1
}
