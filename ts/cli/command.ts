import { type CommandOptions, listOptions, type OptionValues, readArguments } from './arguments.js'
import type { Io } from './io.js'

/** What a file of a command describes. */
interface CommandSource<T extends CommandOptions> {
  readonly name: string
  /** A sentence or two. */
  readonly about: string
  /** What is given without a name, in order; `[name]` may be left out. */
  readonly positionals: readonly string[]
  readonly options: T
  readonly examples: readonly string[]
  /** @returns the exit status: 0, or 1 where the answer is no. */
  readonly run: (
    given: readonly string[],
    options: OptionValues<T>,
    io: Io,
  ) => number | Promise<number>
}

/** A command of `gradlane`. */
export interface Command {
  readonly run: (args: readonly string[], io: Io) => Promise<number>
  readonly help: string
}

export function commandOf<const T extends CommandOptions>(source: CommandSource<T>): Command {
  const { name, about, positionals, options, examples, run } = source
  const placeholders = positionals.map((each) => (each.startsWith('[') ? each : `<${each}>`))
  const help = [
    ['usage: gradlane', name, ...placeholders, '[options]'].join(' '),
    '',
    about,
    '',
    'options:',
    listOptions(options),
    ...(examples.length > 0 ? ['', 'examples:', ...examples.map((line) => `  ${line}`)] : []),
  ].join('\n')
  return {
    help,
    run: async (args, io) => {
      const read = readArguments(args, positionals, options)
      if (read !== null) return run(read.given, read.values, io)
      io.print(help)
      return 0
    },
  }
}
