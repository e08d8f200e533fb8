import type { Kernels } from '../../ts/kernels/kernels.js'
import { native } from '../../ts/kernels/native/index.js'
import { addon } from '../../ts/kernels/native/load.js'
import { reference } from '../../ts/kernels/reference/index.js'

const asked = process.env['GRADLANE_BACKEND'] ?? ''

/**
 * Tests of kernels name their backends. `GRADLANE_BACKEND` leaves one of them out: where it is
 * `reference`, no native binary is expected to exist, and the native halves are shown as pending;
 * where it is `native`, as on each further ISA target, the reference was tested elsewhere. In all
 * runs but the first a binary that cannot be loaded is a failure. `GRADLANE_TEST_REFERENCE=elsewhere` leaves
 * what tests ask of the reference by itself to another run; what compares the two stays.
 */
export const nativeExpected = asked !== 'reference'
export const referenceTested = asked !== 'native'
export const referenceTestedHere =
  referenceTested && process.env['GRADLANE_TEST_REFERENCE'] !== 'elsewhere'

export const backends: readonly Kernels[] = [
  ...(nativeExpected ? [native] : []),
  ...(referenceTested ? [reference] : []),
]

/** How a suite of kernel tests is called: with the ISA target that runs, so that a log shows it. */
export function suiteTitle(op: string): string {
  return nativeExpected ? `kernels: ${op} [${addon().info().isa}]` : `kernels: ${op}`
}

/** Skips the test or hook, visibly, where no native binary is expected. */
export function needsNative(context: Mocha.Context): void {
  if (!nativeExpected) context.skip()
}

/** Runs `body` with denormals computed or counted as 0. */
export function withDenormals<T>(computed: boolean, body: () => T): T {
  const before = addon().info().flushDenormal
  addon().setFlushDenormal(!computed)
  try {
    return body()
  } finally {
    addon().setFlushDenormal(before)
  }
}

/** Runs `body` with so many threads in the native pool. */
export function withThreads<T>(count: number, body: () => T): T {
  const before = addon().getNumThreads()
  addon().setNumThreads(count)
  try {
    return body()
  } finally {
    addon().setNumThreads(before)
  }
}
