import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { ioOf } from '../../ts/cli/io.js'
import { run } from '../../ts/cli/run.js'

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
  const code = await run(args, ioOf({ stdin: Readable.from([input]), stdout, stderr }, signal))
  stdout.end()
  stderr.end()
  const [written, told] = await texts
  return { code, stdout: written, stderr: told }
}
