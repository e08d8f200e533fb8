import { parseArgs } from 'node:util'

import { nearest } from '../nearest.js'
import type { Option } from '../options.js'
import { show } from '../show.js'
import { UsageError } from './usage-error.js'

/** An option of a command: `--name <value>`, or a flag. */
export interface CommandOption<V> {
  readonly help: string
  /** What stands for the value in the help; a flag has none. */
  readonly value?: string
  /** One letter. */
  readonly short?: string
  readonly initial: V
  /** The value of a text, after what was given before. @throws UsageError with what is expected. */
  read(text: string, name: string, before: V): V
}

export type CommandOptions = Readonly<Record<string, CommandOption<unknown>>>

/** What a command was given. */
export type OptionValues<T> = {
  readonly [K in keyof T]: T[K] extends CommandOption<infer V> ? V : never
}

export function flag(help: string, short?: string): CommandOption<boolean> {
  return { help, short, initial: false, read: () => true }
}

export const JSON_OUTPUT = flag('print the result as one JSON document')

/** A text that is not empty; `initial` stands for one that is not given. */
export function text<const V extends string | undefined = undefined>(
  value: string,
  help: string,
  initial?: V,
  short?: string,
): CommandOption<string | V> {
  const read = (given: string, name: string): string => {
    if (given === '') throw new UsageError(`--${name}: expected ${value}, got an empty text`)
    return given
  }
  return { value, help, short, initial: initial as V, read }
}

/** A number that an option of the library would accept. */
export function number<V>(
  value: string,
  help: string,
  { initial, expected, accepts }: Option<V>,
  short?: string,
): CommandOption<V> {
  const read = (given: string, name: string): V => {
    const number = given.trim() === '' ? NaN : Number(given)
    if (accepts(number)) return number as V
    throw new UsageError(`--${name}: expected ${expected}, got ${show(given)}`)
  }
  return { value, help, short, initial, read }
}

/** One of a few words. */
export function word<const W extends string>(
  help: string,
  words: readonly W[],
): CommandOption<W | undefined> {
  const read = (given: string, name: string): W => {
    const found = words.find((each) => each === given)
    if (found !== undefined) return found
    throw new UsageError(`--${name}: expected ${words.join(' or ')}, got ${show(given)}`)
  }
  return { value: words.join('|'), help, initial: undefined, read }
}

/** Texts between commas; the option may be given again for more of them, as for one that has a comma. */
export function texts(value: string, help: string): CommandOption<readonly string[]> {
  const read = (given: string, _name: string, before: readonly string[]): readonly string[] => [
    ...before,
    ...given.split(',').filter((part) => part !== ''),
  ]
  return { value, help, initial: [], read }
}

const HELP = flag('tell what the command does', 'h')

/**
 * Arguments of a command, checked.
 *
 * @param positionals What is given without a name, in order; those in brackets may be left out.
 * @returns null where help was asked for.
 * @throws UsageError for an unknown option, with the one that may have been meant, a value that does not
 *   fit, and what is too much or missing.
 */
export function readArguments<T extends CommandOptions>(
  args: readonly string[],
  positionals: readonly string[],
  options: T,
): { readonly values: OptionValues<T>; readonly given: readonly string[] } | null {
  const table: CommandOptions = { ...options, help: HELP }
  const known = Object.entries(table).map(([name, { value, short }]) => {
    const type = value === undefined ? ('boolean' as const) : ('string' as const)
    return [name, { type, ...(short !== undefined && { short }) }] as const
  })
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(known),
    strict: false,
    tokens: true,
  })
  const values = new Map(Object.entries(table).map(([name, { initial }]) => [name, initial]))
  const given: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') given.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    if (!Object.hasOwn(table, name)) throw unknown(rawName, Object.keys(table))
    const option = table[name]!
    if (option.value === undefined) {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value`)
    } else if (value === undefined || (!inlineValue && /^-./.test(value))) {
      const line = value === undefined ? '' : `; for ${value} itself write --${name}=${value}`
      throw new UsageError(`${rawName}: expected ${option.value}, got nothing${line}`)
    }
    values.set(name, option.read(value ?? '', name, values.get(name)))
  }
  if (values.get('help') === true) return null
  checkPositionals(positionals, given)
  return { values: Object.fromEntries(values) as OptionValues<T>, given }
}

function unknown(name: string, known: readonly string[]): UsageError {
  const meant = name.startsWith('--') ? nearest(name.slice(2), known) : undefined
  const hint = meant === undefined ? '' : `; did you mean --${meant}?`
  return new UsageError(`unknown option ${name}${hint}`)
}

function checkPositionals(wanted: readonly string[], given: readonly string[]): void {
  const missing = wanted.slice(given.length).filter((name) => !name.startsWith('['))
  if (missing.length > 0) throw new UsageError(`missing: <${missing.join('> <')}>`)
  if (given.length > wanted.length) {
    throw new UsageError(`one argument too many: ${show(given[wanted.length])}`)
  }
}

/** The options as the help lists them. */
export function listOptions(options: CommandOptions): string {
  const table: CommandOptions = { ...options, help: HELP }
  const rows = Object.entries(table).map(([name, option]) => {
    const { help, short, value, initial } = option
    const letters = short === undefined ? '    ' : `-${short}, `
    const shown = value === undefined ? '' : ` <${value}>`
    const standard = typeof initial === 'string' || typeof initial === 'number'
    return [`  ${letters}--${name}${shown}`, standard ? `${help} (${initial})` : help] as const
  })
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, help]) => `${left.padEnd(width)}  ${help}`).join('\n')
}
