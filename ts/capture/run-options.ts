import { isWithin } from '../check.js'
import type { ThreadOptions } from '../kernels/program.js'
import { callable, type Option, type Options, readOptions, signal, whole } from '../options.js'
import { THREADS } from '../threads.js'

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

const INTERVAL: Option<number> = {
  initial: 100,
  expected: 'milliseconds, 0 or more',
  accepts: (value) => isWithin(value, 0, Infinity),
}

const SCAN = {
  ...THREADS,
  signal: signal(),
  onProgress: callable<(done: number) => void>(),
  progressInterval: INTERVAL,
} satisfies Options<ScanOptions>

const RUN = { times: whole(1, 1), ...SCAN } satisfies Options<RunAsyncOptions>

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
  const { progressInterval: intervalMs, ...given } = readOptions(who, RUN, options)
  given.signal?.throwIfAborted()
  return { ...given, intervalMs }
}
