import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

import { printable } from './printable.js'

/** What a command reads and writes. Results go to standard output, all else to standard error. */
export interface Io {
  readonly stdin: Readable
  /** A line of the result. */
  readonly print: (line: string) => void
  /** A part of the result as it is; resolves when there is room for more. */
  readonly write: (text: string) => Promise<void>
  /** A line about what goes on. */
  readonly tell: (line: string) => void
  /** Aborted when the user wants it to end. */
  readonly signal: AbortSignal
}

/** Lines are printed without what would steer the terminal: names in them come from data. */
export function ioOf(
  { stdin, stdout, stderr }: { stdin: Readable; stdout: Writable; stderr: Writable },
  signal: AbortSignal,
): Io {
  return {
    stdin,
    signal,
    print: (line) => void stdout.write(`${printable(line)}\n`),
    write: async (text) => {
      if (!stdout.write(text)) await once(stdout, 'drain', { signal })
    },
    tell: (line) => void stderr.write(`${printable(line)}\n`),
  }
}

/** One JSON document. */
export function printJson(io: Io, value: unknown): void {
  io.print(JSON.stringify(value, null, 2))
}
