import { types } from 'node:util'

import { nearest } from '../nearest.js'
import { reasonOf, show } from '../show.js'
import { version } from '../version.js'
import type { Command } from './command.js'
import type { Io } from './io.js'
import { UsageError } from './usage-error.js'

interface Entry {
  readonly about: string
  readonly load: () => Promise<{ readonly command: Command }>
}

/** Each is loaded when it is asked for. */
const COMMANDS: ReadonlyMap<string, Entry> = new Map([
  [
    'train',
    { about: 'a model from a CSV file or another table', load: () => import('./train.js') },
  ],
  ['predict', { about: 'predictions for the rows of a table', load: () => import('./predict.js') }],
  ['serve', { about: 'a model over HTTP, with a page', load: () => import('./serve.js') }],
  ['inspect', { about: 'what a model file holds', load: () => import('./inspect.js') }],
  ['bench', { about: 'times training on this machine', load: () => import('./bench.js') }],
  ['info', { about: 'version, backend, threads and machine', load: () => import('./info.js') }],
  [
    'doctor',
    {
      about: 'whether the native binary loads, and what helps if it does not',
      load: () => import('./doctor.js'),
    },
  ],
])

const USAGE = [
  'usage: gradlane <command> [options]',
  '',
  ...Array.from(COMMANDS, ([name, { about }]) => `  ${name.padEnd(9)} ${about}`),
  '',
  '  gradlane <command> --help    tells the options of a command',
  '  gradlane --version',
].join('\n')

/**
 * The command line.
 *
 * @param args What stands behind `gradlane`.
 * @returns the exit status: 0 done; 1 failed, or the answer is no; 2 the arguments make no sense; 130
 *   ended by the user.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') return (io.print(version), 0)
  if (name === '--help' || name === '-h' || name === 'help') return (io.print(USAGE), 0)
  const entry = name === undefined ? undefined : COMMANDS.get(name)
  if (entry === undefined) {
    if (name !== undefined) io.tell(`gradlane: ${unknown(name)}\n`)
    io.tell(USAGE)
    return 2
  }
  try {
    const { command } = await entry.load()
    return await command.run(rest, io)
  } catch (error) {
    if (io.signal.aborted) return 130
    return failed(name!, error, io)
  }
}

function unknown(name: string): string {
  const meant = nearest(name, [...COMMANDS.keys()])
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return `unknown command ${show(name)}${hint}`
}

/** What has a code is the user's to mend; the stack of anything else tells who made the mistake. */
function failed(name: string, error: unknown, io: Io): number {
  if (error instanceof UsageError) {
    io.tell(`gradlane ${name}: ${error.message}`)
    io.tell(`gradlane ${name} --help tells what it takes`)
    return 2
  }
  const code = types.isNativeError(error) ? (error as NodeJS.ErrnoException).code : undefined
  const reason = reasonOf(error)
  if (code !== undefined) {
    io.tell(`gradlane ${name}: ${reason.startsWith(code) ? reason : `${code}: ${reason}`}`)
  } else {
    const stack = types.isNativeError(error) ? error.stack : undefined
    io.tell(`gradlane ${name}: ${stack ?? reason}`)
  }
  return 1
}
