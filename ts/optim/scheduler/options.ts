import { complaint, ValueError } from '../../errors.js'
import * as options from '../../options.js'

/** An option of a scheduler, with its name in PyTorch's state dicts. */
export interface Option<V> extends options.Option<V> {
  /** PyTorch's spelling; null for what no state dict can hold. */
  readonly key: string | null
  /** What a state dict holds for it. Default: the value. */
  readonly write?: (value: V) => unknown
  /** The option from what a state dict holds, unchecked. Default: the value. */
  readonly read?: (saved: unknown) => unknown
}

/** The options of a scheduler by name, in PyTorch's order. */
export type OptionTable<O> = { readonly [K in keyof O]: Option<O[K]> }

/** It has to be given where there is no `initial`. */
function kept<V>(
  key: string,
  option: options.Option<V | undefined>,
  initial: V | undefined,
): Option<V> {
  return { ...option, key, initial: initial as V, required: initial === undefined }
}

/** A finite number of at least 0. */
export function atLeastZero(key: string, initial?: number): Option<number> {
  return kept(key, options.atLeast(0), initial)
}

/** A finite number above 0. */
export function positive(key: string, initial?: number): Option<number> {
  return kept(key, options.positive(), initial)
}

/** From 0 to 1; see `share` of all options. */
export function share(
  key: string,
  initial: number,
  ends?: Parameters<typeof options.share>[1],
): Option<number> {
  return kept(key, options.share(initial, ends), initial)
}

/** A whole number of at least `min`. */
export function whole(key: string, min: number, initial?: number): Option<number> {
  return kept(key, options.whole(min), initial)
}

export function flag(key: string, initial: boolean): Option<boolean> {
  return kept(key, options.flag(), initial)
}

/** One of a few words. */
export function choice<const W extends string>(
  key: string,
  initial: W,
  words: readonly W[],
): Option<W> {
  return kept(key, options.choice(words), initial)
}

/** One value for all groups, or one for each. */
export function perGroup(key: string, each: Option<number>): Option<number | readonly number[]> {
  return {
    key,
    initial: each.initial,
    required: each.required,
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
 * Options with their defaults, checked, for nobody to write to.
 *
 * @throws ValueError naming the option and the value.
 */
export function readOptions<O extends object>(
  who: string,
  table: OptionTable<O>,
  given: Partial<O>,
): O {
  const read = Object.entries(options.readOptions(who, table, given)).map(([name, value]) => {
    if (!Array.isArray(value)) return [name, value]
    const items = [...(value as unknown[])]
    // Items that were looked at may be others when they are read again.
    options.checkOption(who, name, table[name as keyof O], items)
    return [name, Object.freeze(items)]
  })
  return Object.freeze(Object.fromEntries(read)) as O
}

/** @throws ValueError when a `perGroup` option has not one value for each group. */
export function checkGroups(who: string, given: object, names: string[], groups: number): void {
  for (const name of names) {
    const value = (given as Record<string, unknown>)[name]
    if (!Array.isArray(value) || value.length === groups) continue
    const expected = `one number, or ${groups}, one for each parameter group`
    throw new ValueError(complaint(who, name, expected, `${value.length} numbers`))
  }
}
