import { complaint, ValueError } from '../errors.js'

export type BackendName = 'native' | 'reference'

/** Undefined where it is unset, or the process may not read it (Deno without `--allow-env`). */
export function environmentVariable(name: string): string | undefined {
  try {
    return process.env[name]
  } catch {
    return undefined
  }
}

/**
 * `GRADLANE_BACKEND`; undefined where it is unset or empty.
 *
 * @throws ValueError when it names no backend.
 */
export function backendFromEnvironment(): BackendName | undefined {
  const value = environmentVariable('GRADLANE_BACKEND')
  if (value === undefined || value === '') return undefined
  return checkedBackend('GRADLANE_BACKEND', value)
}

/** @throws ValueError when `value` names no backend. */
export function checkedBackend(who: string, value: string): BackendName {
  if (value !== 'native' && value !== 'reference') {
    throw new ValueError(complaint(who, 'the backend', 'native or reference', value))
  }
  return value
}

/**
 * `GRADLANE_NUM_THREADS`; undefined where it is unset or empty.
 *
 * @throws ValueError when it is not a whole number of at least 1.
 */
export function threadsFromEnvironment(): number | undefined {
  const value = environmentVariable('GRADLANE_NUM_THREADS')
  if (value === undefined || value === '') return undefined
  return checkedThreads('GRADLANE_NUM_THREADS', /^\d+$/.test(value) ? Number(value) : value)
}

/** More threads than any machine has cores; a typing error, not a wish. */
export const MAX_THREADS = 4096

/** Whether there may be so many threads. */
export function isThreads(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_THREADS
}

/** @throws ValueError when `value` is not a whole number from 1 to 4096. */
export function checkedThreads(who: string, value: unknown): number {
  if (!isThreads(value)) {
    throw new ValueError(
      complaint(
        who,
        'the number of threads',
        `a whole number from 1 to ${MAX_THREADS}`,
        value,
        'leave it out for one thread a core',
      ),
    )
  }
  return value
}
