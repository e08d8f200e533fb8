// What the harness and a driver say to each other: one JSON object a line over stdin and stdout, one
// answer a request. benchmarks/peers/serve.py speaks the same.
import type { Trial } from './trials.js'

/** The driver's first line. */
export interface Hello {
  /** Package to version, the backend included where there is one. */
  readonly versions: Readonly<Record<string, string>>
}

export type Request =
  /** Build the trial from the files in `folder`. */
  | { readonly command: 'prepare'; readonly trial: Trial; readonly folder: string }
  /** Train for `steps` steps over batches in the order of the samples, from where the last ended. */
  | { readonly command: 'learn'; readonly steps: number }
  /** Train for at least `steps` steps over shuffled batches; those that run whole epochs round up. */
  | { readonly command: 'run'; readonly steps: number }
  /** Mean loss over the first `lossSamples` samples, in training mode; not timed. */
  | { readonly command: 'loss' }

interface Timed {
  readonly steps: number
  readonly seconds: number
  /** Of all threads of the driver. */
  readonly cpuSeconds: number
}

export interface Answers {
  /** `unsupported` says why the driver cannot run this trial. */
  readonly prepare: { readonly unsupported?: string }
  readonly learn: Timed
  readonly run: Timed
  readonly loss: { readonly loss: number }
}

export type Answer = Answers[keyof Answers] | { readonly error: string }
