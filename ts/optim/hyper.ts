import * as options from '../options.js'

/**
 * A hyper-parameter of an update rule: an option with its name in PyTorch's state dicts and where the
 * kernel reads it.
 */
export interface Hyper<V> extends options.Option<V> {
  /** PyTorch's spelling. */
  readonly key: string
  /** Called with accepted values only. */
  write(hyper: Float64Array, value: V): void
}

/** The hyper-parameters of a rule by their option names, in PyTorch's order. */
export type HyperTable<O> = { readonly [K in keyof O]-?: Hyper<Exclude<O[K], undefined>> }

function at(key: string, place: number, option: options.Option<number>): Hyper<number> {
  return {
    ...option,
    key,
    write(hyper, value) {
      hyper[place] = value
    },
  }
}

/** A finite number of at least `min`. */
export function atLeast(key: string, place: number, initial: number, min = 0): Hyper<number> {
  return at(key, place, options.atLeast(min, initial))
}

/** An option that no kernel reads. */
export function unread<V>(key: string, option: options.Option<V>): Hyper<V> {
  return { ...option, key, write() {} }
}

/** A weight of a running average, in [0, 1]. */
export function weight(key: string, place: number, initial: number): Hyper<number> {
  return at(key, place, options.share(initial))
}

/** Any finite number. */
export function finite(key: string, place: number, initial: number): Hyper<number> {
  return at(key, place, options.finite(initial))
}

/** true or false; the kernel reads 1 or 0. */
export function flag(key: string, place: number, initial: boolean): Hyper<boolean> {
  return {
    ...options.flag(initial),
    key,
    write(hyper, value) {
      hyper[place] = value ? 1 : 0
    },
  }
}

/** Two numbers that go together. */
export function pair(
  key: string,
  places: readonly [number, number],
  initial: readonly [number, number],
  expected: string,
  fits: (first: number, second: number) => boolean,
): Hyper<readonly [number, number]> {
  return {
    key,
    // It is what every optimizer shows, so nobody may write to it.
    initial: Object.freeze(initial),
    expected,
    accepts: (value) =>
      Array.isArray(value) &&
      value.length === 2 &&
      Array.from(value).every(Number.isFinite) &&
      fits(value[0] as number, value[1] as number),
    write(hyper, value) {
      hyper[places[0]] = value[0]
      hyper[places[1]] = value[1]
    },
  }
}

/** Two decay rates, each in [0, 1). */
export function decayRates(
  key: string,
  places: readonly [number, number],
  initial: readonly [number, number],
): Hyper<readonly [number, number]> {
  const rate = options.share(0, '[0, 1)')
  const fits = (first: number, second: number): boolean =>
    rate.accepts(first) && rate.accepts(second)
  return pair(key, places, initial, 'two numbers in [0, 1)', fits)
}
