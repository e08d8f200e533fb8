import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { choice, type Options, readOptions, text } from '../../options.js'
import { show } from '../../show.js'
import { asCategories } from '../preprocessing/cells.js'
import type { Task } from '../preprocessing/target-encoding.js'
import { CategoryColumn, type Column } from '../table/column.js'
import { rowNames } from '../table/names-rows.js'
import { Table } from '../table/table.js'
import type {
  ColumnDescription,
  Description,
  TargetClass,
  TargetDescription,
} from './description.js'
import { duplicatesOf } from './duplicates.js'
import { leakageOf } from './leakage.js'
import { printed } from './print.js'
import { type ColumnSummary, countsOf, summaryOf } from './statistics.js'

export interface DescribeOptions {
  /** The column that is to be predicted. */
  target?: string
  /** Default: classification for categories and for numbers of which there are two, else regression. */
  task?: Task
}

const OPTIONS = {
  target: text(),
  task: choice(['classification', 'regression']),
} satisfies Options<DescribeOptions>

/** With fewer rows and a target, figures of a model are much a matter of luck. */
const FEW_ROWS = 200

/** From here on a column says as good as everything about the target. */
const LEAK = 0.95

/** How many times more rows the largest class may have than another one. */
const IMBALANCE = 10

/** Small classes that are named. */
const NAMED = 3

/**
 * Describes a table: types, gaps, distinct values, mean, standard deviation and quartiles, and what is better
 * looked at before a training: few rows, columns that are constant, empty, names of rows or the same as another
 * one, a target with gaps or of one class, classes out of balance, and columns that give the target away.
 *
 * @throws ValueError when the target is no column.
 * @example
 * console.log(String(data.describe(table, { target: 'species' })))
 */
export function describe(table: Table, options: DescribeOptions = {}): Description {
  checkArguments('describe', 2, arguments)
  const { target, task } = readOptions('describe', OPTIONS, options)
  const given: unknown = table
  if (!(given instanceof Table))
    throw new ValueError(complaint('describe', 'the table', 'a data.Table', show(given)))
  if (target !== undefined) table.column(target)
  const summaries = table.columnNames.map((name) => summaryOf(name, table.column(name)))
  const own = summaries.find(({ name }) => name === target)
  const goal = own === undefined ? null : goalOf(table.column(own.name), own, task)
  const duplicates = duplicatesOf(summaries, (name) => table.column(name))
  const columns = summaries.map((summary): ColumnDescription => {
    const { name, distinct, gaps } = summary
    const constant = table.length > 1 && distinct + (gaps > 0 ? 1 : 0) === 1
    const leakage = goal === null || name === target ? null : leakageOf(table.column(name), goal)
    return { ...summary, constant, duplicateOf: duplicates.get(name) ?? null, leakage }
  })
  const aim = own === undefined ? null : targetOf(goal!, own)
  const warnings = [
    ...table.notes,
    ...(aim === null ? [] : warnOfTarget(aim, table.length)),
    ...columns.filter(({ name }) => name !== target).flatMap(warnOf),
    ...rowNames(table, target).map(
      (name) => `${show(name)} has another value in each row, as an id has`,
    ),
  ]
  const description = { rows: table.length, columns, target: aim, warnings }
  return Object.defineProperty(description, 'toString', {
    value: () => printed(description),
  })
}

/** The target as it is predicted: numbers may stand for classes. */
function goalOf(column: Column, { type, distinct }: ColumnSummary, task: Task | undefined): Column {
  if (type !== 'number') return column
  const chosen = task ?? (distinct === 2 ? 'classification' : 'regression')
  if (chosen === 'regression') return column
  const { codes, categories } = asCategories(column)
  return new CategoryColumn(codes, [...categories])
}

function targetOf(column: Column, { name, type, gaps }: ColumnSummary): TargetDescription {
  if (column.type !== 'category') return { name, type, gaps, classes: null }
  const counts = countsOf(column.codes, column.categories.length)
  const classes = column.categories.map((category, code) => [category, counts[code]!] as const)
  const there = classes.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a)
  return { name, type, gaps, classes: there }
}

function warnOfTarget({ name, gaps, classes }: TargetDescription, rows: number): string[] {
  const warnings: string[] = []
  const who = `the target ${show(name)}`
  if (rows < FEW_ROWS)
    warnings.push(`${rows} rows are few: another split may give quite other figures`)
  if (gaps > 0) warnings.push(`${who} has no value in ${gaps} of ${rows} rows`)
  if (classes === null) return warnings
  if (classes.length === 1) warnings.push(`${who} has one class, ${show(classes[0]![0])}`)
  if (classes.length < 2) return warnings
  const [[most, many], ...others] = classes as [TargetClass, ...TargetClass[]]
  const small = others.filter(([, count]) => many > IMBALANCE * count).reverse()
  if (small.length > 0) {
    const counts = small.slice(0, NAMED).map(([name, count]) => `${count} are ${show(name)}`)
    const more = small.length > NAMED ? ', …' : ''
    warnings.push(
      `${who} is out of balance: ${many} rows are ${show(most)}, ${counts.join(', ')}${more}`,
    )
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
