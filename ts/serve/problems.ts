/** What is wrong with a request, at a row and a column where there is one. */
export interface Problem {
  readonly code: ProblemCode
  readonly message: string
  /** Counted from 0. */
  readonly row?: number
  readonly column?: string
}

/** Stable across versions, and the status that answers with it. */
export const STATUS = {
  ERR_JSON: 400,
  ERR_ROWS: 400,
  ERR_COLUMN_MISSING: 400,
  ERR_COLUMN_UNKNOWN: 400,
  ERR_VALUE: 400,
  ERR_NOT_FINITE: 400,
  ERR_REQUEST: 400,
  ERR_NOT_FOUND: 404,
  ERR_METHOD: 405,
  ERR_TIMEOUT: 408,
  ERR_BODY_SIZE: 413,
  ERR_MEDIA_TYPE: 415,
  ERR_HOST: 421,
  ERR_HEADER_SIZE: 431,
  ERR_INTERNAL: 500,
  ERR_METHOD_UNKNOWN: 501,
} as const

export type ProblemCode = keyof typeof STATUS

/** Ends a request with these problems. */
export class RequestError extends Error {
  readonly statusCode: number

  constructor(readonly problems: readonly Problem[]) {
    super(problems[0]!.message)
    this.name = 'RequestError'
    this.statusCode = STATUS[problems[0]!.code]
  }
}
