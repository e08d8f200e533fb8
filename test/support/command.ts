import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { command as bench } from '../../ts/cli/bench.js'
import type { Command } from '../../ts/cli/command.js'
import { command as doctor } from '../../ts/cli/doctor.js'
import { command as info } from '../../ts/cli/info.js'
import { command as inspect } from '../../ts/cli/inspect.js'
import { ioOf } from '../../ts/cli/io.js'
import { COMMANDS, run } from '../../ts/cli/run.js'

// As mocha loads this file, so that there is one copy of gradlane: the addon knows the classes of one.
const loaded: Readonly<Record<string, Command>> = { bench, doctor, info, inspect }
const commands = new Map(
  Array.from(COMMANDS, ([name, entry]) => {
    const command = loaded[name]
    if (command === undefined) throw new Error(`test/support/command.ts does not load ${name}`)
    return [name, { ...entry, load: () => Promise.resolve({ command }) }]
  }),
)

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line in this process. */
export async function gradlane(
  args: readonly string[],
  input = '',
  signal: AbortSignal = new AbortController().signal,
): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const texts = Promise.all([text(stdout), text(stderr)])
  const code = await run(
    args,
    ioOf({ stdin: Readable.from([input]), stdout, stderr }, signal),
    commands,
  )
  stdout.end()
  stderr.end()
  const [written, told] = await texts
  return { code, stdout: written, stderr: told }
}
