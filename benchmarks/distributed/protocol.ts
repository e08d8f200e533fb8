// What npm run bench:distributed and a rank say to each other, one JSON object a line over a socket of the file
// system, which namespaces have in common: no launcher comes in between, and who waits takes no time.
import type { Trial } from '../trials.js'

/** What a process is started for: to train, or to answer `allReduce` and `wait`. */
export interface JobSpec {
  /** Its number, where nobody else gives it one. */
  readonly member: number
  readonly joins: boolean
  readonly accumulate: number
  readonly trial?: Trial
  readonly folder?: string
}

export type Request =
  | { readonly command: 'epochs'; readonly epochs: number }
  | { readonly command: 'allReduce'; readonly bytes: number; readonly calls: number }
  /** All but the first come to a barrier so many seconds late. */
  | { readonly command: 'wait'; readonly seconds: number }

export interface Hello {
  readonly member: number
  readonly versions: Readonly<Record<string, string>>
}

export interface Timed {
  readonly steps: number
  readonly seconds: number
  readonly cpuSeconds: number
}

/** An empty one says that it is ready. */
export type Answer = Hello | Timed | Readonly<Record<string, never>>
