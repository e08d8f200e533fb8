// What a step of several ranks takes, on paper.

/** Of processes and the network between them; seconds, bytes a second. */
export interface Constants {
  /** Of a call, however small: threads that wake each other, looks. */
  readonly call: number
  /** Of each message that a rank sends and receives. */
  readonly message: number
  /** From one host to another, once. */
  readonly latency: number
  readonly bandwidth: number
  /** What a core manages to send and receive at the same time: copies of the kernel and of the library. */
  readonly throughput: number
  /** Bytes of addends a second. */
  readonly additions: number
}

/**
 * An all-reduce of `bytes` among `ranks`, as native/distributed/collective.cc does it: each rank tells each other one
 * what it calls, sends it that one's part, and sends its own part, added up, to all. So a rank sends 3 (N - 1)
 * messages, one after the other in three rounds, and 2 (N - 1) / N of the bytes, and receives as many.
 */
export function allReduceSeconds(ranks: number, bytes: number, constants: Constants): number {
  if (ranks === 1) return 0
  const { call, message, latency, bandwidth, throughput, additions } = constants
  const others = ranks - 1
  const sent = (2 * others * bytes) / ranks
  const rounds = 3 * latency + 3 * others * message
  return (
    call + rounds + sent / Math.min(bandwidth, throughput) + (others * bytes) / ranks / additions
  )
}

export interface StepModel {
  readonly name: string
  /** Of a step of one rank. */
  readonly compute: number
  /** Of all gradients. */
  readonly bytes: number
  /** All-reduces of a step. */
  readonly buckets: number
}

/** The share of a step in which gradients are made: what their sums can travel beside. */
const BACKWARD = 2 / 3

/**
 * A step, with sums that travel beside the backward pass, or behind it. The last bucket is complete when that pass
 * ends, so its own time is seen in any case.
 */
export function stepSeconds(
  { compute, bytes, buckets }: StepModel,
  ranks: number,
  constants: Constants,
  overlapped: boolean,
): number {
  const bucket = allReduceSeconds(ranks, bytes / buckets, constants)
  if (!overlapped) return compute + buckets * bucket
  return compute + Math.max(bucket, buckets * bucket - BACKWARD * compute)
}
