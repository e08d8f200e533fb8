import type { KernelName } from '../kernels.js'

/** An ArrayBuffer, null where an operand is left out, or a number. */
export type AddonValue = ArrayBuffer | number | boolean | null

type ErrorClass = new (message: string) => Error

/** What `info` of the addon reports; cache sizes in bytes, of one core (l3: shared). */
export interface NativeInfo {
  isa: string
  supportedIsas: string[]
  flushDenormal: boolean
  cpu: string
  cores: number
  l1d: number
  l2: number
  l3: number
}

/** How a replay tells of itself: now and then, and once at its end with `ended`. */
export type ReplayListener = (
  done: number,
  ended?: boolean,
  code?: string,
  message?: string,
  operation?: number,
) => void

/**
 * A recorded list of operations, which keeps the ArrayBuffers that they were added with. What `place` lays
 * over them must be kept until the run has ended.
 */
export interface NativeProgram {
  /** The arguments are those of the function of that name in `Addon`. */
  add(name: string, ...args: readonly unknown[]): void
  addPlaceholder(buffer: ArrayBuffer): number
  place(placeholder: number, buffer: ArrayBuffer, byteOffset: number, stride: number): void
  runSync(times: number): void
  /** With at most so many threads, 0 for all of them; in the background with threads of low priority. */
  start(
    times: number,
    intervalMs: number,
    threads: number,
    background: boolean,
    listener: ReplayListener,
  ): void
  stop(): void
  /** Whole steps of the replay in flight, or of the last one. */
  done(): number
  timeOperations(times: number): number[]
}

/** Told of the end of a call, and of the error that it failed by. */
type Done = (code?: string, message?: string) => void

/** What the addon has beside its operations. */
interface Runtime {
  Program: new () => NativeProgram
  info(): NativeInfo
  getNumThreads(): number
  /** For the whole process, all its environments together. */
  setNumThreads(count: number): void
  /** For what is called on this thread, until it is set to 0. */
  limitThreads(count: number): void
  /** For the whole process; whether this processor can. */
  setFlushDenormal(mode: boolean): boolean
  /** Counts as long as nobody has called setNumThreads. */
  setDefaultNumThreads(count: number): void
  /** What errors of the core become. */
  setErrorClasses(
    shape: ErrorClass,
    dtype: ErrorClass,
    value: ErrorClass,
    memory: ErrorClass,
    distributed: ErrorClass,
  ): void
  /**
   * Starts the first of the MPI libraries, one a line, that is there: once in a process. Then `world` and the rest
   * may be called.
   *
   * @param name How messages name this process before it knows its rank.
   */
  openWorld(libraries: string, version: string, name: string, timeoutMs: number, done: Done): void
  /** The memory must stay until `done`, and for good where the call failed. */
  callWorld(
    kind: number,
    dtype: number,
    detail: number,
    memory: ArrayBuffer | null,
    byteOffset: number,
    n: number,
    done: Done,
  ): void
  /** What has joined, and for how long calls that were waited for on this side of JavaScript have waited. */
  world(): { rank: number; library: string; hosts: string[]; waitedSeconds: number }
  /** Waits for the others, for a program that ends. */
  closeWorldNow(): void
  /** Ends all processes of the job. */
  abortWorld(code: number): void
}

/**
 * The functions of the addon. An operation takes the code of its element type and then its fields, in the
 * order of their declaration: an operand as its ArrayBuffer and the offset in bytes, slots flattened.
 */
export type Addon = Runtime & Readonly<Record<KernelName, (...args: AddonValue[]) => void>>
