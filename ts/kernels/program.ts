import type { View } from './view.js'

/** A name, or what tells it. */
export type Caller = string | (() => string)

export function nameOf(caller: Caller): string {
  return typeof caller === 'string' ? caller : caller()
}

/** Something whose gradient JavaScript keeps from one call of a function to the next: a parameter. */
export interface WithGradient extends View {
  grad: View | null
}

/** How a captured function found a gradient. */
export interface FoundGradient {
  readonly before: View | null
  /** Whether it went by it, instead of setting or forgetting it first. */
  readonly asked: boolean
}

/** What a captured function writes of an ArrayBuffer. */
export interface Written {
  readonly views: View[]
  /** When the ArrayBuffer was last written before; of one that unrelated tensors share, each place of it. */
  readonly before: number | readonly number[]
}

/** Stands for the recordings of one captured step. */
export interface Capture {
  /** Memory that was made while it was recorded. */
  readonly scratch: Set<ArrayBuffer>
  /** What took part: it computes something else when their properties are set. */
  readonly used: Set<object>
  /** Modules and criteria whose forward pass ran, so that they hold results which were never computed. */
  readonly passed: Set<object>
  /** What it writes of memory of others. */
  readonly written: Map<ArrayBuffer, Written>
  /** The gradients that it asked for, set or forgot. */
  readonly gradients: Map<WithGradient, FoundGradient>
}

/** Why a replay ended early. */
export interface ReplayFailure {
  readonly error: Error
  /** The place of the call that failed. */
  readonly call: number
}

/** Which threads a replay takes. */
export interface ThreadOptions {
  /** At most so many threads. Default: all of the pool. The results are the same. */
  threads?: number | undefined
  /**
   * `background`: on threads of low priority, so that the other work of the process, and of the machine,
   * goes first. Default `normal`.
   */
  priority?: 'normal' | 'background' | undefined
}

export interface ReplayOptions extends ThreadOptions {
  /** Milliseconds between two calls of `progress`, about. */
  readonly intervalMs: number
}

/** How a replay tells of itself. */
export interface ReplayListener {
  /** Now and then, between two steps. */
  progress(done: number): void
  /** Once, at the end: `done` whole steps were run. */
  end(done: number, failure: ReplayFailure | null): void
}

/**
 * A list of kernel calls that a backend runs again and again, over the memory they were recorded with.
 * Whoever holds it keeps that memory alive. From `start` until its listener is told the end it can only
 * be stopped: all else throws ValueError.
 */
export interface Program {
  /**
   * Declares that operands in this buffer lie elsewhere at each replay: where `place` says. Returns its
   * number.
   */
  addPlaceholder(buffer: ArrayBuffer): number

  /**
   * Step i of the next replay finds the placeholder at `byteOffset + i * stride` of `buffer`.
   *
   * @throws ValueError when there is no such placeholder, or its first step would not lie in the buffer.
   */
  place(placeholder: number, buffer: ArrayBuffer, byteOffset: number, stride: number): void

  /** Runs all calls `times` times. Throws what a kernel throws. */
  runSync(times: number): void

  /** Runs all calls `times` times while JavaScript goes on. One replay at a time. */
  start(times: number, options: ReplayOptions, listener: ReplayListener): void

  /** Ends the replay in flight after its current step. */
  stop(): void

  /** Runs all calls `times` times; milliseconds that each call took, summed. */
  timeCalls(times: number): number[]
}
