import { complaint, ValueError } from '../../errors.js'

/** An option of a scheduler: its name in PyTorch's state dicts, its default, what it may be. */
export interface Option<V> {
  /** PyTorch's spelling; null for what no state dict can hold. */
  readonly key: string | null
  /** Undefined where the option has to be given. */
  readonly initial: V | undefined
  /** As messages say it: "expected gamma to be <expected>". */
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
  /** What a state dict holds for it. Default: the value. */
  readonly write?: (value: V) => unknown
  /** The option from what a state dict holds, unchecked. Default: the value. */
  readonly read?: (saved: unknown) => unknown
}

/** The options of a scheduler by name. */
export type OptionTable<O> = { readonly [K in keyof O]: Option<O[K]> }

function number(
  key: string,
  initial: number | undefined,
  expected: string,
  fits: (value: number) => boolean,
): Option<number> {
  const accepts = (value: unknown): boolean =>
    typeof value === 'number' && Number.isFinite(value) && fits(value)
  return { key, initial, expected, accepts }
}

/** A finite number of at least 0. */
export function atLeastZero(key: string, initial?: number): Option<number> {
  return number(key, initial, 'a finite number of at least 0', (value) => value >= 0)
}

/** A finite number above 0. */
export function positive(key: string, initial?: number): Option<number> {
  return number(key, initial, 'a finite number above 0', (value) => value > 0)
}

/** From 0 to 1; without 0 or 1 where they are not `included`. */
export function share(
  key: string,
  initial: number,
  included: { zero: boolean; one: boolean },
): Option<number> {
  const expected = `in ${included.zero ? '[' : '('}0, 1${included.one ? ']' : ')'}`
  return number(
    key,
    initial,
    expected,
    (value) =>
      (value > 0 || (included.zero && value === 0)) && (value < 1 || (included.one && value === 1)),
  )
}

/** A whole number of at least `min`. */
export function whole(key: string, min: number, initial?: number): Option<number> {
  return number(
    key,
    initial,
    `a whole number of at least ${min}`,
    (value) => Number.isSafeInteger(value) && value >= min,
  )
}

export function flag(key: string, initial: boolean): Option<boolean> {
  const accepts = (value: unknown): boolean => typeof value === 'boolean'
  return { key, initial, expected: 'true or false', accepts }
}

/** One of a few words. */
export function choice<const W extends string>(
  key: string,
  initial: W,
  words: readonly W[],
): Option<W> {
  const accepts = (value: unknown): boolean => words.some((word) => word === value)
  return { key, initial, expected: words.join(' or '), accepts }
}

/** One value for all groups, or one for each. */
export function perGroup(key: string, each: Option<number>): Option<number | readonly number[]> {
  return {
    key,
    initial: each.initial,
    expected: `${each.expected}, or an array of such with one for each parameter group`,
    accepts: (value) =>
      Array.isArray(value)
        ? value.length > 0 && value.every((item) => each.accepts(item))
        : each.accepts(value),
  }
}

/** The value of a `perGroup` option for a group. */
export function ofGroup(value: number | readonly number[], group: number): number {
  return typeof value === 'number' ? value : value[group]!
}

/**
 * Options with their defaults, checked.
 *
 * @throws ValueError naming the option and the value.
 */
export function readOptions<O extends object>(
  who: string,
  table: OptionTable<O>,
  given: Partial<O>,
): O {
  const options = table as unknown as Readonly<Record<string, Option<unknown>>>
  const required = Object.keys(options).filter((name) => options[name]!.initial === undefined)
  if (typeof given !== 'object' || (given as unknown) === null || Array.isArray(given)) {
    const example = `{ ${(required.length > 0 ? required : Object.keys(options).slice(0, 1)).join(', ')} }`
    const hint = `pass options by name, as in new optim.${who}(optimizer, ${example})`
    throw new ValueError(complaint(who, 'the options', 'an object', given, hint))
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(options, name)) continue
    const known = Object.keys(options).join(', ')
    throw new ValueError(`${who}: unknown option ${name}; the options are ${known}`)
  }
  const values = given as Record<string, unknown>
  const entries = Object.entries(options).map(([name, { initial, accepts, expected }]) => {
    const value = values[name] === undefined ? initial : values[name]
    if (!accepts(value)) throw new ValueError(complaint(who, name, expected, value))
    return [name, Array.isArray(value) ? Object.freeze([...(value as unknown[])]) : value]
  })
  return Object.freeze(Object.fromEntries(entries)) as O
}

/** @throws ValueError when a `perGroup` option has not one value for each group. */
export function checkGroups(who: string, options: object, names: string[], groups: number): void {
  for (const name of names) {
    const value = (options as Record<string, unknown>)[name]
    if (!Array.isArray(value) || value.length === groups) continue
    const expected = `one number, or ${groups}, one for each parameter group`
    throw new ValueError(complaint(who, name, expected, `${value.length} numbers`))
  }
}
