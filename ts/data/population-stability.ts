import { checkArguments, itemsOf } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { type Options, readOptions, whole } from '../options.js'

export interface PopulationStabilityOptions {
  /** Bins of numbers, of equal shares of what is expected. Default 10. */
  bins?: number
}

const OPTIONS = { bins: whole(2, 10) } satisfies Options<PopulationStabilityOptions>

/** What stands for a share of 0, whose logarithm there is not. */
const LEAST = 1e-4

/** A number, a category, or null for a gap. */
export type ColumnValue = number | string | null

/**
 * The population stability index of a column: how far the values of now are distributed otherwise than those
 * expected, the sum over bins of (a - e) ln(a / e) with the shares a of now and e expected, of at least 1e-4.
 * By custom less than 0.1 is little and more than 0.25 much.
 *
 * Numbers fall into bins between quantiles of those expected, texts into one bin each and one for all
 * others; gaps (null and NaN) have a bin of their own.
 *
 * @throws ValueError when there are no values, or they are of another kind.
 */
export function populationStability(
  expected: Iterable<ColumnValue>,
  actual: Iterable<ColumnValue>,
  options: PopulationStabilityOptions = {},
): number {
  const who = 'populationStability'
  checkArguments(who, 3, arguments)
  const { bins } = readOptions(who, OPTIONS, options)
  const before = valuesOf(who, 'what is expected', expected)
  const now = valuesOf(who, 'what is there now', actual)
  const edges = edgesOf(before, bins)
  const known = new Set(before)
  const binOf = (value: ColumnValue): ColumnValue => {
    if (value === null || Number.isNaN(value)) return null
    if (typeof value === 'number') return edges.filter((edge) => value > edge).length
    return known.has(value) ? `=${value}` : 'others'
  }
  const [shares, sharesNow] = [sharesBy(before, binOf), sharesBy(now, binOf)]
  const all = [...new Set([...shares.keys(), ...sharesNow.keys()])]
  const [e, a] = [shares, sharesNow].map((some) => all.map((bin) => some.get(bin) ?? 0))
  return stabilityOf(e!, a!)
}

/** The index from the shares of bins. @internal */
export function stabilityOf(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  let sum = 0
  for (let bin = 0; bin < expected.length; bin++) {
    const e = Math.max(LEAST, expected[bin]!)
    const a = Math.max(LEAST, actual[bin]!)
    sum += (a - e) * Math.log(a / e)
  }
  return sum
}

function valuesOf(who: string, what: string, values: Iterable<ColumnValue>): ColumnValue[] {
  const given = ArrayBuffer.isView(values) ? Array.from(values) : itemsOf(who, what, values)
  const odd = given.find((v) => v !== null && typeof v !== 'number' && typeof v !== 'string')
  if (given.length > 0 && odd === undefined && !given.includes(undefined))
    return given as ColumnValue[]
  const kinds = 'numbers, texts and null, and one at least'
  throw new ValueError(complaint(who, what, kinds, given.length === 0 ? 'none' : odd))
}

function edgesOf(values: readonly ColumnValue[], bins: number): number[] {
  const numbers = values.filter((value) => typeof value === 'number' && !Number.isNaN(value))
  return quantileEdges(Float64Array.from(numbers as number[]).sort(), bins)
}

/** Quantiles of sorted numbers between bins of equal shares, each once. @internal */
export function quantileEdges(numbers: Float64Array, bins: number): number[] {
  const edges = Array.from(
    { length: bins - 1 },
    (_, i) => numbers[Math.ceil(((i + 1) * numbers.length) / bins) - 1],
  )
  return [...new Set(edges)].filter((edge) => edge !== undefined)
}

function sharesBy(
  values: readonly ColumnValue[],
  binOf: (value: ColumnValue) => ColumnValue,
): Map<ColumnValue, number> {
  const shares = new Map<ColumnValue, number>()
  for (const value of values) {
    const bin = binOf(value)
    shares.set(bin, (shares.get(bin) ?? 0) + 1 / values.length)
  }
  return shares
}
