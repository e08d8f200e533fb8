import type { TypedArray } from '../kernels/dtype.js'

type Each<R> = (value: number, index: number, array: Elements) => R
type Fold<T> = (previous: T, current: number, index: number, array: Elements) => T

/**
 * What all typed arrays do alike. TypeScript cannot call a method of a union whose members overload it,
 * each with itself as the type of the array, as `reduce` is; what returns an array returns `Elements`.
 */
interface Alike {
  reduce(callback: Fold<number>): number
  reduce<T = number>(callback: Fold<T>, initial: T): T
  reduceRight(callback: Fold<number>): number
  reduceRight<T = number>(callback: Fold<T>, initial: T): T
  findLast(predicate: Each<unknown>): number | undefined
  filter(predicate: Each<unknown>): Elements
  map(callback: Each<number>): Elements
  slice(start?: number, end?: number): Elements
  subarray(begin?: number, end?: number): Elements
  fill(value: number, start?: number, end?: number): Elements
  copyWithin(target: number, start: number, end?: number): Elements
  reverse(): Elements
  toReversed(): Elements
  sort(compare?: (a: number, b: number) => number): Elements
  toSorted(compare?: (a: number, b: number) => number): Elements
  with(index: number, value: number): Elements
}

/** The elements of a tensor: the typed array of its dtype, whose methods can be called whatever that is. */
export type Elements = Alike & TypedArray
