import { complaint } from '../../errors.js'
import { data, ValueError } from '../../index.js'
import { rowNames } from '../../data/table/names-rows.js'
import { some } from '../../report/words.js'
import { show } from '../../show.js'
import type { Io } from '../io.js'
import { countsOf } from './baseline.js'

/** With fewer rows a class cannot be in each of the three parts. */
const LEAST_OF_CLASS = 5

/** With fewer rows there are none for each of the three parts. */
const LEAST_ROWS = 10

/** Numbers of which there are no more are classes, as in `data.Pipeline`. */
const MOST_NUMBERS_AS_CLASSES = 2

export type Task = 'classification' | 'regression'

export interface Parts {
  readonly task: Task
  /** All of them. */
  readonly rows: data.Table
  readonly train: data.Table
  readonly validation: data.Table
  readonly test: data.Table
}

export interface PartOptions {
  readonly target: string
  readonly task: Task | undefined
  readonly drop: readonly string[]
  readonly testSize: number
  readonly group: string | undefined
  readonly time: string | undefined
}

/** Validation is this share of what is not tested on. */
const VALIDATION = 0.15

/**
 * The rows that are learned from, those that tell when to stop, and those that judge. Rows without a target
 * are left out, and so are classes of too few rows; both are told.
 */
export function partsOf(table: data.Table, options: PartOptions, io: Io): Parts {
  const { target, drop, testSize, group, time } = options
  const column = table.column(target)
  const asked = table.drop(drop.filter((name) => name !== target))
  const ids = rowNames(asked, target).filter((name) => name !== group && name !== time)
  for (const name of ids) {
    const why = 'has another value in each row, as an id has, and is left out'
    io.tell(`warning: column ${show(name)} ${why}`)
  }
  const kept = asked.drop(ids)
  const { places, task } = usableRows(column, options, io)
  if (places.length < LEAST_ROWS) {
    const expected = `of ${LEAST_ROWS} rows or more with ${show(target)}`
    throw new ValueError(complaint('train', 'the table', expected, some(places.length, 'row')))
  }
  const rows = places.length === table.length ? kept : kept.take(places)
  const stratify = task === 'classification' && group === undefined && time === undefined
  const cut = (part: data.Table, share: number): { train: data.Table; test: data.Table } =>
    data.trainTestSplit(part, {
      testSize: share,
      ...(stratify && { stratify: target }),
      ...(group !== undefined && { group }),
      ...(time !== undefined && { time }),
    })
  const { train: rest, test } = cut(rows, testSize)
  const { train, test: validation } = cut(rest, VALIDATION)
  const without = (part: data.Table): data.Table =>
    group === undefined ? part : part.drop([group])
  return {
    task,
    rows: without(rows),
    train: without(train),
    validation: without(validation),
    test: without(test),
  }
}

function usableRows(
  column: data.Column,
  { target, task: asked }: PartOptions,
  io: Io,
): { places: number[]; task: Task } {
  const known: number[] = []
  for (let row = 0; row < column.length; row++) if (!column.isGap(row)) known.push(row)
  const gaps = column.length - known.length
  if (gaps > 0) io.tell(`note: ${some(gaps, 'row')} without ${show(target)} left out`)
  const task = asked ?? taskOf(column)
  if (task === 'regression') return { places: known, task }
  const rare = [...countsOf(column)].filter(([, rows]) => rows < LEAST_OF_CLASS)
  const names = new Set(rare.map(([name]) => name))
  names.delete('null')
  for (const name of names) {
    io.tell(`warning: class ${show(name)} has fewer than ${LEAST_OF_CLASS} rows and is left out`)
  }
  return { places: known.filter((row) => !names.has(String(column.get(row)))), task }
}

function taskOf(column: data.Column): Task {
  if (column.type !== 'number') return 'classification'
  const different = new Set<number>()
  for (const value of column.values) {
    if (!Number.isNaN(value)) different.add(value)
    if (different.size > MOST_NUMBERS_AS_CLASSES) return 'regression'
  }
  return 'classification'
}
