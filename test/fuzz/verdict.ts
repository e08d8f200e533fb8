import { inspect } from 'node:util'

import * as gradlane from '../../ts/index.js'
import { Tensor } from '../../ts/index.js'
import { Hostile } from './hostile.js'

/** What Node says of files that are not there, or cannot be written. */
const ofFiles = new Set([
  'ENOENT',
  'EISDIR',
  'ENOTDIR',
  'ENAMETOOLONG',
  'EACCES',
  'EEXIST',
  'EPERM',
])

const ours = new Set(Object.keys(gradlane).filter((name) => name.endsWith('Error')))

/** Whether a caller may get this: an error with a code of gradlane, of a file, or of the caller's own. */
export function isFine(error: unknown): boolean {
  if (error instanceof Hostile) return true
  if (!(error instanceof Error)) return false
  // By name: what is loaded when it is asked for has classes of its own under a test loader.
  if (ours.has(error.name)) return /^ERR_/.test(codeOf(error)) && error.message !== ''
  if (error.name === 'AbortError') return true // the signal's reason
  if (error.message === 'an error for an argument') return true
  const { code, syscall } = error as NodeJS.ErrnoException
  return syscall !== undefined && ofFiles.has(code ?? '')
}

function codeOf(error: Error): string {
  return String((error as { code?: string }).code)
}

/** Where an error comes from, the same for all of one kind. */
export function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`
  const frames = (error.stack ?? '').split('\n').filter((line) => line.includes('/ts/'))
  const own = (frames[0] ?? '').replace(/^.*\/ts\//, 'ts/').replace(/\)$/, '')
  return `${error.name}: ${error.message.slice(0, 100)} at ${own}`
}

/** An argument as a report shows it. */
export function display(value: unknown): string {
  try {
    if (value instanceof Tensor) return value.toString()
    return inspect(value, { depth: 2, breakLength: Infinity, getters: false }).slice(0, 150)
  } catch {
    return 'something that cannot be shown'
  }
}
