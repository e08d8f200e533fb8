import { checkCount, checkFunction, checkSignal, isWithin, optionsOf } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import type { ThreadOptions } from '../kernels/program.js'
import { checkThreadOptions } from '../threads.js'

export interface RunOptions {
  /** How often the step is run. Default 1. */
  times?: number
  /** At most so many threads. Default: all of the pool. The results are the same. */
  threads?: number | undefined
}

export interface RunAsyncOptions extends RunOptions, ScanOptions {}

export interface ScanOptions extends ThreadOptions {
  /** Ends the run after the step in progress; the promise rejects with `signal.reason`. */
  signal?: AbortSignal | undefined
  /**
   * Called about every `progressInterval` with the number of steps that are done. What it throws ends the
   * run after the step in progress, and the promise rejects with it.
   */
  onProgress?: ((done: number) => void) | undefined
  /** Milliseconds. Default 100. */
  progressInterval?: number | undefined
}

/** Options as they were given, checked, with defaults. */
export interface RunSettings extends ThreadOptions {
  readonly times: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((done: number) => void) | undefined
  readonly intervalMs: number
}

/**
 * Each option is read once, before anything is laid out for the run: a getter may do what it likes.
 *
 * @throws ValueError for one out of its range; `signal.reason` when the signal was aborted.
 */
export function readRunOptions(who: string, options: RunAsyncOptions): RunSettings {
  const given = optionsOf(who, options)
  const { times = 1, threads, priority, signal, onProgress, progressInterval = 100 } = given
  checkCount(who, 'times', times, 1)
  checkThreadOptions(who, { threads, priority })
  if (!isWithin(progressInterval, 0, Infinity)) {
    const expected = 'milliseconds, 0 or more'
    throw new ValueError(complaint(who, 'progressInterval', expected, progressInterval))
  }
  if (onProgress !== undefined) checkFunction(who, 'onProgress', onProgress)
  checkSignal(who, signal)
  signal?.throwIfAborted()
  return { times, threads, priority, signal, onProgress, intervalMs: progressInterval }
}
