import { isPlain } from '../check.js'
import { momentOf } from '../data/table/dates.js'
import { nearest } from '../nearest.js'
import { show } from '../show.js'
import { type Problem, RequestError } from './problems.js'
import type { ServedColumn, ServedModel, ServedRow, ServedValue } from './served-model.js'

/** Of a number; beyond it float32 may not hold what a scaler makes of it. */
export const LARGEST = 1e30

/** So many problems of a request are told. */
const MOST_PROBLEMS = 100

export interface CheckedRows {
  readonly rows: readonly ServedRow[]
  /** What is odd, but no mistake: a category or a range of numbers that the model has not seen. */
  readonly warnings: readonly Omit<Problem, 'code'>[]
}

/** What rows are checked by: the columns, and what is predicted of them. */
export type RowKind = Pick<ServedModel, 'columns' | 'target'>

/**
 * The rows of a request: one object or an array of them.
 *
 * @param most So many rows are taken.
 * @throws RequestError with every column of every row that does not fit, up to a hundred.
 */
export function checkRows(kind: RowKind, body: unknown, most: number): CheckedRows {
  const given: readonly unknown[] = Array.isArray(body) ? body : [body]
  if (given.length === 0 || given.length > most) {
    const message = `expected 1 to ${most} rows, got ${given.length}`
    throw new RequestError([{ code: 'ERR_ROWS', message }])
  }
  const problems: Problem[] = []
  const warnings: Omit<Problem, 'code'>[] = []
  const rows: ServedRow[] = []
  for (let row = 0; row < given.length && problems.length < MOST_PROBLEMS; row++) {
    rows.push(checkRow(kind, given[row], row, problems, warnings))
  }
  if (problems.length > 0) throw new RequestError(problems.slice(0, MOST_PROBLEMS))
  return { rows, warnings: warnings.slice(0, MOST_PROBLEMS) }
}

function checkRow(
  { columns, target }: RowKind,
  given: unknown,
  row: number,
  problems: Problem[],
  warnings: Omit<Problem, 'code'>[],
): ServedRow {
  // Without a prototype, for a column may be called __proto__.
  const checked = Object.create(null) as Record<string, ServedValue>
  if (!isPlain(given)) {
    const message = `expected an object with a value for each column, got ${show(given)}`
    problems.push({ code: 'ERR_ROWS', message, row })
    return checked
  }
  const values = given as Readonly<Record<string, unknown>>
  const known = new Map(columns.map((column) => [column.name, column]))
  for (const name of Object.keys(values)) {
    if (known.has(name)) continue
    const message = strangerOf(name, target, [...known.keys()])
    problems.push({ code: 'ERR_COLUMN_UNKNOWN', message, row, column: name })
  }
  for (const column of columns) {
    const { name } = column
    if (!Object.hasOwn(values, name)) {
      const message = `${show(name)} is missing; null stands for a value that is not known`
      problems.push({ code: 'ERR_COLUMN_MISSING', message, row, column: name })
      continue
    }
    const value = valueOf(column, values[name])
    if (value === undefined) {
      const message = `expected ${show(name)} to be ${EXPECTED[column.type]}, got ${show(values[name])}`
      problems.push({ code: 'ERR_VALUE', message, row, column: name })
      continue
    }
    checked[name] = value
    const message = oddnessOf(column, value)
    if (message !== null) warnings.push({ message, row, column: name })
  }
  return checked
}

/** What is odd about a value that fits; null when nothing is. */
export function oddnessOf(column: ServedColumn, value: ServedValue): string | null {
  const { categories, others = 0, range } = column
  if (typeof value === 'string' && categories?.includes(value) === false && others === 0)
    return `${show(value)} did not occur in the training`
  if (typeof value === 'number' && range !== undefined && (value < range[0] || value > range[1]))
    return `${value} is outside of the training's ${range[0]} to ${range[1]}`
  return null
}

function strangerOf(name: string, target: string, known: readonly string[]): string {
  if (name === target) return `${show(name)} is what the model predicts; leave it out`
  const meant = nearest(name, known)
  const hint = meant === undefined ? '' : `; did you mean ${show(meant)}?`
  return `the model has no column ${show(name)}${hint}`
}

const EXPECTED = {
  number: `a number of at most ${LARGEST} in size, or null`,
  category: 'a text or null',
  text: 'a text or null',
  date: 'a date as 2024-05-31 or 2024-05-31T12:00:00Z, or null',
}

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/

/** Undefined where it does not fit. */
function valueOf({ type }: ServedColumn, value: unknown): ServedValue | undefined {
  if (value === null) return null
  if (type === 'number') {
    return typeof value === 'number' && Math.abs(value) <= LARGEST ? value : undefined
  }
  if (type === 'date') {
    const moment = typeof value === 'string' && DATE.test(value) ? momentOf(value) : NaN
    return Number.isNaN(moment) ? undefined : new Date(moment)
  }
  // Categories may be numbers by their looks; booleans are categories.
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}
