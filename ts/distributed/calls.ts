import { DistributedError } from '../errors.js'
import { type DType, dtypeCode } from '../kernels/dtype.js'
import { addon } from '../kernels/native/load.js'
import { errorOf } from '../kernels/native/core-error.js'

/** The codes of native/distributed/collective.h. */
export const Kind = {
  barrier: 0,
  allReduce: 1,
  broadcast: 2,
  allGather: 3,
  close: 4,
  endOfFit: 5,
} as const
export const reductions = { sum: 0, mean: 1, min: 2, max: 3 } as const

/** How values of the ranks become one. */
export type Reduction = keyof typeof reductions

/** What all ranks do together. */
export interface Call {
  readonly kind: number
  readonly detail?: number
  readonly dtype?: DType
  /** Held by nobody else. */
  readonly memory?: ArrayBuffer
  readonly n?: number
}

/** What has the memory of calls that failed, in which messages may still arrive. */
const lost: object[] = []

/** Keeps it for good. */
export function keep(memory: object): void {
  lost.push(memory)
}

/** Starts MPI and waits for the other ranks. */
export function open(
  libraries: readonly string[],
  version: string,
  name: string,
  timeoutMs: number,
): Promise<void> {
  return promised((done) => {
    addon().openWorld(libraries.join('\n'), version, name, timeoutMs, done)
  })
}

/** Done when all ranks have come to it. */
export async function call({
  kind,
  detail = 0,
  dtype = 'uint8',
  memory,
  n = 0,
}: Call): Promise<void> {
  try {
    await promised((done) => {
      addon().callWorld(kind, dtypeCode[dtype], detail, memory ?? null, 0, n, done)
    })
  } catch (error) {
    if (memory !== undefined && error instanceof DistributedError) keep(memory)
    throw error
  }
}

function promised(begin: (done: (code?: string, message?: string) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    begin((code, message) => {
      if (code === undefined) resolve()
      else reject(errorOf(code, `distributed: ${message!}`))
    })
  })
}
