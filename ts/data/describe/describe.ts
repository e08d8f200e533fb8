import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { type Options, readOptions, text } from '../../options.js'
import { show } from '../../show.js'
import { Table } from '../table/table.js'
import type { ColumnDescription, Description, TargetDescription } from './description.js'
import { duplicatesOf } from './duplicates.js'
import { leakageOf } from './leakage.js'
import { printed } from './print.js'
import { countsOf, summaryOf } from './statistics.js'

export interface DescribeOptions {
  /** The column that is to be predicted. */
  target?: string
}

const OPTIONS = { target: text() } satisfies Options<DescribeOptions>

/** From here on a column says as good as everything about the target. */
const LEAK = 0.95

/** How many times more rows the largest class may have than the smallest one. */
const IMBALANCE = 10

/**
 * Describes a table: types, gaps, distinct values, mean, standard deviation and quartiles, and what is better
 * looked at before a training: columns that are constant, empty or the same as another one, a target
 * with gaps or of one class, classes out of balance, and columns that give the target away.
 *
 * @throws ValueError when the target is no column.
 * @example
 * console.log(String(data.describe(table, { target: 'species' })))
 */
export function describe(table: Table, options: DescribeOptions = {}): Description {
  checkArguments('describe', 2, arguments)
  const { target } = readOptions('describe', OPTIONS, options)
  const given: unknown = table
  if (!(given instanceof Table))
    throw new ValueError(complaint('describe', 'the table', 'a data.Table', show(given)))
  const goal = target === undefined ? null : table.column(target)
  const summaries = table.columnNames.map((name) => summaryOf(name, table.column(name)))
  const duplicates = duplicatesOf(summaries, (name) => table.column(name))
  const columns = summaries.map((summary): ColumnDescription => {
    const { name, distinct, gaps } = summary
    const constant = table.length > 1 && distinct + (gaps > 0 ? 1 : 0) === 1
    const leakage = goal === null || name === target ? null : leakageOf(table.column(name), goal)
    return { ...summary, constant, duplicateOf: duplicates.get(name) ?? null, leakage }
  })
  const own = columns.find(({ name }) => name === target)
  const aim = own === undefined ? null : targetOf(table, own)
  const warnings = [
    ...table.notes,
    ...(aim === null ? [] : warnOfTarget(aim, table.length)),
    ...columns.filter(({ name }) => name !== target).flatMap(warnOf),
  ]
  const description = { rows: table.length, columns, target: aim, warnings }
  return Object.defineProperty(description, 'toString', {
    value: () => printed(description),
  })
}

function targetOf(table: Table, { name, type, gaps }: ColumnDescription): TargetDescription {
  const column = table.column(name)
  if (column.type !== 'category') return { name, type, gaps, classes: null }
  const counts = countsOf(column.codes, column.categories.length)
  const classes = column.categories.map((category, code) => [category, counts[code]!] as const)
  const there = classes.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a)
  return { name, type, gaps, classes: there }
}

function warnOfTarget({ name, gaps, classes }: TargetDescription, rows: number): string[] {
  const warnings: string[] = []
  const who = `the target ${show(name)}`
  if (gaps > 0) warnings.push(`${who} has no value in ${gaps} of ${rows} rows`)
  if (classes === null) return warnings
  if (classes.length === 1) warnings.push(`${who} has one class, ${show(classes[0]![0])}`)
  if (classes.length < 2) return warnings
  const [[most, many], [least, few]] = [classes[0]!, classes.at(-1)!]
  if (many > IMBALANCE * few) {
    const counts = `${many} rows are ${show(most)}, ${few} are ${show(least)}`
    warnings.push(`${who} is out of balance: ${counts}`)
  }
  return warnings
}

function warnOf({
  name,
  gaps,
  distinct,
  constant,
  duplicateOf,
  leakage,
}: ColumnDescription): string[] {
  const who = show(name)
  if (distinct === 0 && gaps > 0) return [`${who} has no value at all`]
  if (constant) return [`${who} has the same value in each row`]
  const warnings: string[] = []
  if (duplicateOf !== null) warnings.push(`${who} holds the same as ${show(duplicateOf)}`)
  if (leakage !== null && leakage >= LEAK) {
    const score = leakage.toFixed(3)
    warnings.push(`${who} gives the target away by itself (${score} of 1): is it known beforehand?`)
  }
  return warnings
}
