import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import {
  flag,
  type Option,
  type Options,
  readOptions,
  unchecked,
  type Values,
} from '../../options.js'
import { type Generator, generatorOption } from '../../random/generator.js'
import { Table } from '../table/table.js'
import { columnPerRow, type PerRow, placesByValue } from './groups.js'
import { firstNumbers, shuffled } from './shuffled.js'
import { checkStrata, sharesOf } from './stratify.js'

export interface TrainTestSplitOptions {
  /** Rows of the test part: a share below 1, or a number of rows. Default: what trainSize leaves, or 0.25. */
  testSize?: number
  /** Rows of the training part, likewise. Default: what testSize leaves. */
  trainSize?: number
  /** Column, or values, whose classes both parts have in the same shares. */
  stratify?: PerRow
  /** Column, or values: rows that share one stay together. Sizes are then shares of these groups. */
  group?: PerRow
  /** Column, or values: the test part has the latest rows, and both are in this order. */
  time?: PerRow
  /** Whether the rows are drawn. Default true; otherwise the test part is the last rows. */
  shuffle?: boolean
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

const SIZE: Option<number | undefined> = {
  initial: undefined,
  expected: 'a share between 0 and 1 or a whole number of rows',
  accepts: (value) =>
    typeof value === 'number' && value > 0 && (value < 1 || Number.isSafeInteger(value)),
}

const OPTIONS = {
  testSize: SIZE,
  trainSize: SIZE,
  stratify: unchecked<PerRow>(),
  group: unchecked<PerRow>(),
  time: unchecked<PerRow>(),
  shuffle: flag(true),
  generator: generatorOption,
} satisfies Options<TrainTestSplitOptions>

interface Parts<T = number> {
  readonly train: T[]
  readonly test: T[]
}

interface Sizes {
  readonly train: number
  readonly test: number
}

/**
 * Cuts a table into a part to learn from and a part to judge by: at random, or by class, group or time.
 *
 * A share of n rows is rounded up for the test part and down for the training part.
 *
 * @throws ValueError when a part would be empty or both are more than there is, two of stratify, group and
 *   time are given, a class has a single row, or one of them has a gap.
 *
 * @example
 * const { train, test } = data.trainTestSplit(table, { testSize: 0.2, stratify: 'species' })
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.train_test_split.html
 */
export function trainTestSplit(
  table: Table,
  options: TrainTestSplitOptions = {},
): { train: Table; test: Table } {
  const who = 'trainTestSplit'
  checkArguments(who, 2, arguments)
  const given = readOptions(who, OPTIONS, options)
  if (!(table instanceof Table)) throw new ValueError(complaint(who, 'the data', 'a Table', table))
  const ways = (['stratify', 'group', 'time'] as const).filter((way) => given[way] !== undefined)
  if (ways.length > 1)
    throw new ValueError(complaint(who, 'the way to split', 'one', ways.join(' and ')))
  const [way] = ways
  if (!given.shuffle && (way === 'stratify' || way === 'group')) {
    const hint = `${way} draws the rows; leave out shuffle`
    throw new ValueError(complaint(who, 'shuffle', 'true', 'false', hint))
  }
  const { train, test } = partsOf(way, table, given)
  return { train: table.take(train), test: table.take(test) }
}

function partsOf(
  way: 'stratify' | 'group' | 'time' | undefined,
  table: Table,
  options: Values<typeof OPTIONS>,
): Parts {
  const { length } = table
  const { generator, shuffle } = options
  if (way === undefined) {
    const sizes = sizesOf(length, options)
    const rows = [...firstNumbers(length, shuffle, generator)]
    return shuffle ? drawn(rows, sizes) : inOrder(rows, sizes)
  }
  const column = columnPerRow('trainTestSplit', way, options[way], table, length)
  if (way === 'stratify') {
    const classes = [...placesByValue(column).values()]
    return stratified(classes, sizesOf(length, options), generator)
  }
  if (way === 'group') {
    const groups = [...placesByValue(column).values()]
    const { train, test } = drawn(shuffled(groups, generator), sizesOf(groups.length, options))
    return { train: ascending(train), test: ascending(test) }
  }
  const order = [...firstNumbers(length, false, generator)]
  if (column.type === 'category' || column.type === 'text') {
    const what = `a column of dates or numbers`
    throw new ValueError(complaint('trainTestSplit', 'time', what, column.type))
  }
  order.sort((a, b) => column.values[a]! - column.values[b]! || a - b)
  return inOrder(order, sizesOf(length, options))
}

function drawn<T>(items: readonly T[], { train, test }: Sizes): Parts<T> {
  return { test: items.slice(0, test), train: items.slice(test, test + train) }
}

/** The last ones are the test part; what neither takes is left out before the training part. */
function inOrder(rows: readonly number[], { train, test }: Sizes): Parts {
  const cut = rows.length - test
  return { train: rows.slice(cut - train, cut), test: rows.slice(cut) }
}

function ascending(groups: readonly number[][]): number[] {
  return groups.flat().sort((a, b) => a - b)
}

function stratified(
  classes: readonly number[][],
  { train, test }: Sizes,
  generator: Generator | undefined,
): Parts {
  const counts = classes.map((rows) => rows.length)
  checkStrata('trainTestSplit', counts, train, test)
  const forTrain = sharesOf(counts, train, generator)
  const left = counts.map((count, i) => count - forTrain[i]!)
  const forTest = sharesOf(left, test, generator)
  const parts: Parts = { train: [], test: [] }
  classes.forEach((rows, i) => {
    const order = shuffled(rows, generator)
    const end = forTrain[i]!
    for (const row of order.slice(0, end)) parts.train.push(row)
    for (const row of order.slice(end, end + forTest[i]!)) parts.test.push(row)
  })
  return { train: shuffled(parts.train, generator), test: shuffled(parts.test, generator) }
}

function sizesOf(count: number, { testSize, trainSize }: TrainTestSplitOptions): Sizes {
  const rounded = (size: number, round: (x: number) => number): number =>
    size < 1 ? round(size * count) : size
  const givenTest = testSize ?? (trainSize === undefined ? 0.25 : undefined)
  const givenTrain = trainSize === undefined ? undefined : rounded(trainSize, Math.floor)
  const test = givenTest === undefined ? count - givenTrain! : rounded(givenTest, Math.ceil)
  const train = givenTrain ?? count - test
  if (train >= 1 && test >= 1 && train + test <= count) return { train, test }
  const expected = `at least 1 each and ${count} together`
  const got = `${train} and ${test}`
  throw new ValueError(complaint('trainTestSplit', 'the sizes of train and test', expected, got))
}
