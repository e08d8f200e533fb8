// What operations that compute with other processes go by, those of the job that this one has joined.
import { DistributedError } from '../errors.js'

let size = 1

/** How many there are, this one included: 1 before it has joined others and after it has left them. */
export function processes(): number {
  return size
}

export function setProcesses(count: number): void {
  size = count
}

/** Runs `body`, which the others do not run, as a process of its own. */
export function withoutOthers<T>(body: () => T): T {
  const before = size
  size = 1
  try {
    return body()
  } finally {
    size = before
  }
}

/** @throws DistributedError where there are others, whom the reference cannot reach. */
export function refuseOthers(op: string): void {
  if (size === 1) return
  throw new DistributedError(
    `${op}: the reference backend reaches no other process; MPI is reached through the binary`,
  )
}
