import { isFunction, isName, isPath, isPlain, isSignal } from './check.js'
import { complaint, DTypeError, ValueError } from './errors.js'
import { type DType, type FloatDType, itemSize } from './kernels/dtype.js'
import { nearest } from './nearest.js'
import { show } from './show.js'

/** An option that a class or a function takes: what stands for it when it is left out, what it may be. */
export interface Option<V> {
  /** Undefined where nothing stands for it. */
  readonly initial: V
  /** Whether it has to be given. */
  readonly required?: boolean
  /** As messages say it: "expected gamma to be <expected>". */
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
  /** What is thrown for what it does not accept. Default: ValueError. */
  readonly error?: new (message: string) => Error
}

/**
 * The options of a class or a function by name, in PyTorch's order. `{ … } satisfies Options<O>` holds
 * the table and the interface that users see to each other: neither has one that the other lacks.
 */
export type Options<O> = { readonly [K in keyof O]-?: Option<O[K] | undefined> }

type Table = Readonly<Record<string, Option<unknown>>>

/** What a table reads. */
export type Values<T> = { readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never }

/**
 * Options as a caller in plain JavaScript may give them, with what stands for those left out. undefined
 * and null stand for no options, undefined for an option left out.
 *
 * @throws ValueError, or what the table says, naming the option, its value and the likely fix.
 */
export function readOptions<T extends object>(
  who: string,
  options: T,
  given: unknown,
  what = 'the options',
): Values<T> {
  const table = options as Table
  let known = defaults.get(table)
  if (known === undefined) defaults.set(table, (known = defaultsOf(table)))
  if (given === undefined && !known.required) return known.values as Values<T>
  const values: Record<string, unknown> = { ...known.values }
  const from = namedOptions(who, table, given, what)
  for (const name of known.names) {
    const value = from[name]
    const option = table[name]!
    if (value !== undefined) {
      checkOption(who, name, option, value)
      values[name] = value
    } else if (option.required === true) throw missing(who, table, name)
  }
  return values as Values<T>
}

interface Defaults {
  /** Whether an option has to be given. */
  readonly required: boolean
  readonly names: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
}

/** Of the tables that were read, as copying an object costs less than building one. */
const defaults = new WeakMap<object, Defaults>()

function defaultsOf(table: Table): Defaults {
  const names = Object.keys(table)
  const values = Object.fromEntries(names.map((name) => [name, table[name]!.initial]))
  const required = names.some((name) => table[name]!.required === true)
  return { names, required, values: Object.freeze(values) }
}

function missing(who: string, table: Table, name: string): ValueError {
  const needed = Object.keys(table).filter((other) => table[other]!.required === true)
  const { expected } = table[name]!
  return new ValueError(complaint(who, name, expected, 'nothing', `pass { ${needed.join(', ')} }`))
}

/** @throws ValueError when an option is none of the table's, with the one that may have been meant. */
export function checkNames(who: string, table: object, given: object): void {
  for (const name in given) {
    if (Object.hasOwn(table, name) || !Object.hasOwn(given, name)) continue
    const known = Object.keys(table)
    const meant = nearest(name, known)
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    const list = known.length === 0 ? 'there are none' : `the options are ${known.join(', ')}`
    throw new ValueError(`${who}: unknown option ${name}${hint}; ${list}`)
  }
}

/** @throws ValueError, or what the option says, unless it may be this. */
export function checkOption(
  who: string,
  name: string,
  { accepts, expected, error = ValueError }: Option<unknown>,
  value: unknown,
): void {
  if (!accepts(value)) throw new error(complaint(who, name, expected, show(value)))
}

/**
 * Options as they were given, their values unread.
 *
 * @throws ValueError when they are no object, as options by position, or have a name that the table lacks.
 */
export function namedOptions(
  who: string,
  options: object,
  given: unknown,
  what = 'the options',
): Readonly<Record<string, unknown>> {
  const table = options as Table
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given)) throw positional(who, table, given, what)
  // A tensor or a generator by position, say, has names of its own, or none that is an option's.
  if (!isPlain(given) && !holdsOptions(table, given)) throw positional(who, table, given, what)
  checkNames(who, table, given)
  return given as Record<string, unknown>
}

function holdsOptions(table: Table, given: object): boolean {
  const names = Object.keys(given)
  if (names.length > 0) return names.every((name) => Object.hasOwn(table, name))
  return Object.keys(table).some((name) => name in given)
}

/** PyTorch takes many options by position. */
function positional(who: string, table: Table, given: unknown, what: string): ValueError {
  const fits = (name: string): boolean =>
    table[name]!.accepts !== anything && table[name]!.accepts(given)
  const name = Object.keys(table).find(fits)
  const value = typeof given === 'object' ? '…' : show(given)
  const hint = name === undefined ? 'pass them by name' : `pass { ${name}: ${value} }`
  return new ValueError(complaint(who, what, 'an object', show(given), hint))
}

const anything = (): boolean => true

/** What has to be given. */
export function required<V>(option: Option<V | undefined>): Option<V> {
  return { ...(option as Option<V>), required: true }
}

/** What is checked where it is used, as only that tells what fits. */
export function unchecked<V>(): Option<V | undefined>
export function unchecked<V>(initial: V): Option<V>
export function unchecked(initial?: unknown): Option<unknown> {
  return { initial, expected: 'fitting', accepts: anything }
}

export function flag(): Option<boolean | undefined>
export function flag(initial: boolean): Option<boolean>
export function flag(initial?: boolean): Option<boolean | undefined> {
  return { initial, expected: 'true or false', accepts: (value) => typeof value === 'boolean' }
}

function number<V>(
  expected: string,
  initial: V,
  fits: (value: number) => boolean,
): Option<number | V> {
  return { initial, expected, accepts: (value) => typeof value === 'number' && fits(value) }
}

/** Any number but NaN and the infinite ones. */
export function finite(): Option<number | undefined>
export function finite(initial: number): Option<number>
export function finite(initial?: number): Option<number | undefined> {
  return number('a finite number', initial, Number.isFinite)
}

/** A finite number of at least `min`. */
export function atLeast(min: number): Option<number | undefined>
export function atLeast(min: number, initial: number): Option<number>
export function atLeast(min: number, initial?: number): Option<number | undefined> {
  const fits = (value: number): boolean => value >= min && value < Infinity
  return number(`a finite number of at least ${min}`, initial, fits)
}

/** A finite number above 0. */
export function positive(): Option<number | undefined>
export function positive(initial: number): Option<number>
export function positive(initial?: number): Option<number | undefined> {
  return number('a finite number above 0', initial, (value) => value > 0 && value < Infinity)
}

/** From 0 to 1, without those of them that stand outside of the `ends`, as in `[0, 1)`. */
export function share(
  initial: number,
  ends: '[0, 1]' | '[0, 1)' | '(0, 1]' | '(0, 1)' = '[0, 1]',
): Option<number> {
  const zero = ends.startsWith('[')
  const one = ends.endsWith(']')
  const fits = (value: number): boolean =>
    (zero ? value >= 0 : value > 0) && (one ? value <= 1 : value < 1)
  return number(`a number in ${ends}`, initial, fits)
}

/** A whole number of at least `min`. */
export function whole(min: number): Option<number | undefined>
export function whole(min: number, initial: number): Option<number>
export function whole(min: number, initial?: number): Option<number | undefined> {
  const expected = min === -Infinity ? 'a whole number' : `a whole number of at least ${min}`
  return number(expected, initial, (value) => Number.isSafeInteger(value) && value >= min)
}

/** One of a few words. */
export function choice<const W extends string>(words: readonly W[]): Option<W | undefined>
export function choice<const W extends string>(words: readonly W[], initial: W): Option<W>
export function choice<const W extends string>(
  words: readonly W[],
  initial?: W,
): Option<W | undefined> {
  const accepts = (value: unknown): boolean => words.some((word) => word === value)
  const quoted = words.map((word) => `'${word}'`)
  const last = quoted.pop()!
  const expected = quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`
  return { initial, expected, accepts }
}

/** A text that is not empty. */
export function text(): Option<string | undefined>
export function text(initial: string): Option<string>
export function text(initial?: string): Option<string | undefined> {
  const accepts = (value: unknown): boolean => typeof value === 'string' && value !== ''
  return { initial, expected: 'a text that is not empty', accepts }
}

/** A list whose items an option accepts. */
export function list<V>(item: Option<V>): Option<readonly Exclude<V, undefined>[] | undefined> {
  const accepts = (value: unknown): boolean =>
    Array.isArray(value) && Array.from(value as unknown[]).every(item.accepts)
  return { initial: undefined, expected: `an array, each item ${item.expected}`, accepts }
}

/** A list of names of classes: texts, and numbers, which stand for their digits. */
export function names(): Option<readonly (string | number)[] | undefined> {
  return list<string | number>({ initial: '', expected: 'a text or number', accepts: isName })
}

/** What can be called. */
export function callable<F>(): Option<F | undefined> {
  return { initial: undefined, expected: 'a function', accepts: isFunction }
}

/** What ends it from outside. */
export function signal(): Option<AbortSignal | undefined> {
  const expected = 'an AbortSignal, as an AbortController has'
  return { initial: undefined, expected, accepts: isSignal }
}

/** A path, as text; `expected` says of what. */
export function path(expected = 'a file name'): Option<string | undefined> {
  const accepts = (value: unknown): boolean => typeof value === 'string' && isPath(value)
  return { initial: undefined, expected, accepts }
}

/** null beside what an option takes. */
export function nullable<V>(option: Option<V>): Option<V | null> {
  const accepts = (value: unknown): boolean => value === null || option.accepts(value)
  return { ...option, expected: `${option.expected}, or null`, accepts }
}

/** Element types of a tensor. */
export function dtype(): Option<DType | undefined> {
  return { ...choice(Object.keys(itemSize) as DType[]), error: DTypeError }
}

/** Element types that can be trained in. */
export function floatDType(): Option<FloatDType | undefined>
export function floatDType(initial: FloatDType): Option<FloatDType>
export function floatDType(initial?: FloatDType): Option<FloatDType | undefined> {
  const words = ['float32', 'float64'] as const
  return { ...choice(words), initial, expected: words.join(' or '), error: DTypeError }
}
