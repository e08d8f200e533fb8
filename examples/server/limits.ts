/** What a request may ask for. Beyond these sizes it is refused, so that no body takes the server down. */
export const limits = {
  /** Bytes of the body of /train, and of any other. */
  trainBytes: 8 * 2 ** 20,
  bytes: 2 ** 20,
  /** Bytes of all bodies that are being read. */
  bytesAtOnce: 64 * 2 ** 20,
  /** Rows to train on, and rows of one /predict, which is computed between other requests. */
  rows: 100_000,
  predictedRows: 1024,
  columns: 1024,
  classes: 1000,
  epochs: 10_000,
  connections: 256,
  /** Event streams, and bytes that a reader of one may be behind. */
  streams: 64,
  streamBytes: 2 ** 20,
} as const

/** A request that is answered by `status` and `code`. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** What is asked for does not go together with the state of the service. */
export const conflict = (message: string): Refusal => new Refusal(409, 'ERR_CONFLICT', message)
