/**
 * A hyper-parameter of an update rule: its name in PyTorch's state dicts, its default, what it may be,
 * and where the kernel reads it.
 */
export interface Hyper<V> {
  /** PyTorch's spelling. */
  readonly key: string
  readonly initial: V
  /** As messages say it: "expected lr to be <expected>". */
  readonly expected: string
  accepts(value: unknown): boolean
  /** Called with accepted values only. */
  write(hyper: Float64Array, value: V): void
}

/** The hyper-parameters of a rule by their option names. */
export type HyperTable<O> = { readonly [K in keyof O]-?: Hyper<NonNullable<O[K]>> }

/** A finite number of at least `min`. */
export function atLeast(key: string, place: number, initial: number, min = 0): Hyper<number> {
  return {
    key,
    initial,
    expected: `a finite number of at least ${min}`,
    accepts: (value) => typeof value === 'number' && Number.isFinite(value) && value >= min,
    write(hyper, value) {
      hyper[place] = value
    },
  }
}

/** A finite number of at least `min` that no kernel reads. */
export function unread(key: string, initial: number, min = 0): Hyper<number> {
  return { ...atLeast(key, 0, initial, min), write() {} }
}

/** A weight of a running average, in [0, 1]. */
export function weight(key: string, place: number, initial: number): Hyper<number> {
  return {
    ...atLeast(key, place, initial),
    expected: 'a number in [0, 1]',
    accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  }
}

/** Any finite number. */
export function finite(key: string, place: number, initial: number): Hyper<number> {
  return { ...atLeast(key, place, initial, -Infinity), expected: 'a finite number' }
}

/** true or false; the kernel reads 1 or 0. */
export function flag(key: string, place: number, initial: boolean): Hyper<boolean> {
  return {
    key,
    initial,
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    write(hyper, value) {
      hyper[place] = value ? 1 : 0
    },
  }
}

/** Two decay rates, each in [0, 1). */
export function decayRates(
  key: string,
  places: readonly [number, number],
  initial: readonly [number, number],
): Hyper<readonly [number, number]> {
  return {
    key,
    // It is what every optimizer shows, so nobody may write to it.
    initial: Object.freeze(initial),
    expected: 'two numbers in [0, 1)',
    accepts: (value) =>
      Array.isArray(value) &&
      value.length === 2 &&
      value.every((rate) => typeof rate === 'number' && rate >= 0 && rate < 1),
    write(hyper, value) {
      hyper[places[0]] = value[0]
      hyper[places[1]] = value[1]
    },
  }
}
