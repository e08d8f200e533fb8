import { checkArguments } from '../../check.js'
import { complaint, DTypeError, NotFiniteError, ShapeError, ValueError } from '../../errors.js'
import { callFor, kernels } from '../../kernels/backend.js'
import { list, type Option, type Options, readOptions, required, whole } from '../../options.js'
import { copyStrided } from '../../tensor/strided.js'
import { empty, formatShape, noTensor, Tensor } from '../../tensor/tensor.js'
import { emptyPooled } from '../../tensor/pool.js'
import type { Dataset } from '../dataset.js'
import { Table } from '../table/table.js'
import { checkIndex } from '../tensor-dataset.js'
import { show } from '../../show.js'

/** A column of a series: its name in a table, its place in a tensor. */
export type SeriesColumn = string | number

export interface WindowsOptions {
  /** Steps that are looked at. */
  past: number
  /** Steps that follow them. */
  horizon: number
  /** Steps from one window to the next. Default 1. */
  stride?: number
  /** Steps from the first of the past to the first of the horizon. Default `past`; 1 for the next of each. */
  offset?: number
  /** Columns of what is looked at. Default: all. */
  features?: readonly SeriesColumn[]
  /** The column of what follows, or several. Default: the features. */
  target?: SeriesColumn | readonly SeriesColumn[]
  /** Steps of each of several series that stand one behind the other; no window reaches into the next. Default: one series. */
  lengths?: readonly number[]
}

const isColumn = (value: unknown): boolean =>
  typeof value === 'string' || (Number.isSafeInteger(value) && Number(value) >= 0)

const COLUMN: Option<SeriesColumn> = {
  initial: 0,
  expected: 'the name of a column, or its place',
  accepts: isColumn,
}

const TARGET: Option<WindowsOptions['target']> = {
  initial: undefined,
  expected: `${COLUMN.expected}, or a list of them`,
  accepts: (value) =>
    isColumn(value) || (Array.isArray(value) && value.length > 0 && value.every(isColumn)),
}

const OPTIONS = {
  past: required(whole(1)),
  horizon: required(whole(1)),
  stride: whole(1, 1),
  offset: whole(0),
  features: list(COLUMN),
  target: TARGET,
  lengths: list<number>({ ...whole(0, 0) }),
} satisfies Options<WindowsOptions>

/** What a window is cut out of, for one of its two tensors. */
interface Field {
  /** The steps, from the first of the first window on. */
  readonly source: Tensor
  readonly width: number
  readonly rows: number
  /** Shape of a sample. */
  readonly shape: readonly number[]
}

/**
 * The windows of a series as a dataset of pairs: `past` steps, and the `horizon` steps that follow. The
 * numbers are kept once, however many windows hold them; a batch is one gather for each of its tensors.
 *
 * @param series Of shape (T), (T, columns), or a table of numbers, in the order of time.
 * @returns samples x (past, features) and y (horizon) of one target, (horizon, targets) of a list; of a
 *   series (T) x is (past).
 * @throws ValueError for a column that is not there or holds no numbers, and when the series is shorter
 *   than a window; ShapeError for another shape; NotFiniteError for a gap in a table.
 *
 * @example
 * const windows = data.windows(table, { past: 48, horizon: 24, target: 'load' })
 * await fit(model, new data.DataLoader(windows, { batchSize: 64, shuffle: true }), { criterion, optimizer, epochs: 10 })
 */
export function windows(series: Tensor | Table, options: WindowsOptions): WindowDataset {
  checkArguments('windows', 2, arguments)
  return new WindowDataset(series, options)
}

/** What `windows` makes. */
export class WindowDataset implements Dataset<[Tensor, Tensor]> {
  readonly length: number
  readonly past: number
  readonly horizon: number
  /** Elements from one window to the next, by column. */
  readonly #stride: number
  /** The first step of each window, int32, where there are several series. */
  readonly #starts: Tensor | null
  readonly #fields: readonly [Field, Field]
  /** Places at which a window can begin. */
  readonly #places: number

  /** @throws as `windows`. */
  constructor(series: Tensor | Table, options: WindowsOptions) {
    checkArguments(new.target.name, 2, arguments)
    const who = 'windows'
    const given = readOptions(who, OPTIONS, options)
    const { past, horizon, stride, offset = past, features, target, lengths } = given
    const columns = columnsOf(who, series)
    const chosen = features ?? columns.names
    const wanted = target ?? chosen
    const x = columns.pick('features', chosen)
    const y = columns.pick('target', Array.isArray(wanted) ? wanted : [wanted as SeriesColumn])
    const span = Math.max(past, offset + horizon)
    const steps = columns.length
    if (lengths !== undefined && lengths.reduce((sum, each) => sum + each, 0) !== steps) {
      const expected = `${steps} together, the steps of the series`
      throw new ValueError(complaint(who, 'lengths', expected, lengths))
    }
    const starts = lengths === undefined ? null : startsOf(lengths, span, stride)
    const count = starts?.length ?? Math.max(0, Math.floor((steps - span) / stride) + 1)
    if (count === 0) {
      const got = `${steps} steps${lengths === undefined ? '' : ` in ${lengths.length} series`}`
      const expected = `of at least ${span} steps, one window`
      throw new ValueError(complaint(who, 'the series', expected, got))
    }
    const flat = columns.flat && features === undefined
    const single = !Array.isArray(wanted) || columns.flat
    this.past = past
    this.horizon = horizon
    this.length = count
    this.#starts = starts
    this.#stride = starts === null ? stride : 1
    this.#places = starts === null ? count : steps - span + 1
    this.#fields = [
      {
        source: x.tensor,
        width: x.width,
        rows: past,
        shape: flat ? [past] : [past, x.width],
      },
      {
        source: y.tensor.narrow(0, offset, steps - offset),
        width: y.width,
        rows: horizon,
        shape: single ? [horizon] : [horizon, y.width],
      },
    ]
  }

  /** @throws ValueError when there is no such window. */
  get(index: number): [Tensor, Tensor] {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      const expected = `within 0 to ${this.length - 1}`
      throw new ValueError(complaint('windows', 'the index', expected, index))
    }
    const number = empty([1], 'int32')
    number.data[0] = index
    const [x, y] = this.gather(number)
    return [x.reshape(x.shape.slice(1)), y.reshape(y.shape.slice(1))]
  }

  /** @throws ValueError when one of the numbers is not that of a window. */
  gather(index: Tensor): [Tensor, Tensor] {
    checkIndex('windows', index)
    const rows = index.length
    return callFor('windows', () => {
      const at = this.#startsAt(index)
      const [x, y] = this.#fields.map(({ source, width, rows: steps, shape }) => {
        const out = emptyPooled(Object.freeze([rows, ...shape]), source.dtype)
        kernels().gather({
          src: source,
          index: at,
          out,
          srcRows: this.#places,
          rows,
          cols: steps * width,
          stride: this.#stride * width,
        })
        return out
      })
      return [x!, y!] as [Tensor, Tensor]
    })
  }

  #startsAt(index: Tensor): Tensor {
    const starts = this.#starts
    if (starts === null) return index
    const out = emptyPooled(index.shape, 'int32')
    const srcRows = starts.length
    kernels().gather({ src: starts, index, out, srcRows, rows: index.length, cols: 1 })
    return out
  }
}

/** The first steps of the windows of each series. */
function startsOf(lengths: readonly number[], span: number, stride: number): Tensor {
  const starts: number[] = []
  let first = 0
  for (const length of lengths) {
    for (let start = 0; start + span <= length; start += stride) starts.push(first + start)
    first += length
  }
  const out = empty([starts.length], 'int32')
  starts.forEach((start, i) => (out.data[i] = start))
  return out
}

/** The columns of a series, of which some are picked. */
interface Columns {
  readonly length: number
  readonly names: readonly SeriesColumn[]
  /** Whether it has no dimension of columns. */
  readonly flat: boolean
  pick(what: string, columns: readonly SeriesColumn[]): Picked
}

interface Picked {
  /** Shape (T, width), or (T). */
  readonly tensor: Tensor
  readonly width: number
}

function columnsOf(who: string, series: unknown): Columns {
  if (series instanceof Table) return tableColumns(who, series)
  if (!(series instanceof Tensor)) throw noTensor(who, 'the series', series)
  const { shape, ndim } = series
  if (ndim !== 1 && ndim !== 2) {
    const expected = 'of shape (T) or (T, columns)'
    throw new ShapeError(complaint(who, 'the series', expected, `shape ${formatShape(shape)}`))
  }
  const width = shape[1] ?? 1
  const all = Array.from({ length: width }, (_, i) => i)
  return {
    length: shape[0]!,
    names: all,
    flat: ndim === 1,
    pick: (what, columns) => {
      checkSome(who, what, columns)
      const places = columns.map((column) => {
        if (typeof column === 'number' && column < width) return column
        const expected = `columns of the series, within 0 to ${width - 1}`
        throw new ValueError(complaint(who, what, expected, show(column)))
      })
      const whole = places.length === width && places.every((place, i) => place === i)
      if (whole) return { tensor: series, width }
      return { tensor: picked(series, width, places), width: places.length }
    },
  }
}

function checkSome(who: string, what: string, columns: readonly SeriesColumn[]): void {
  if (columns.length > 0) return
  throw new ValueError(complaint(who, what, 'a column at least', 'none'))
}

/** Some columns of (T, width), as (T, places). */
function picked(series: Tensor, width: number, places: readonly number[]): Tensor {
  const steps = series.shape[0]!
  const out = empty([steps, places.length], series.dtype)
  places.forEach((place, column) => {
    const from = { offset: place, strides: [width] }
    copyStrided(series, from, out, { offset: column, strides: [places.length] }, [steps])
  })
  return out
}

function tableColumns(who: string, table: Table): Columns {
  return {
    length: table.length,
    names: table.columnNames,
    flat: false,
    pick: (what, columns) => {
      checkSome(who, what, columns)
      const width = columns.length
      const tensor = empty([table.length, width], 'float32')
      columns.forEach((name, at) => {
        const column = table.column(name as string)
        if (column.type !== 'number') {
          const hint = 'turn it into numbers first, or name other columns'
          const got = `${show(name)}, a column of type ${column.type}`
          throw new DTypeError(complaint(who, what, 'columns of numbers', got, hint))
        }
        column.values.forEach((value, row) => {
          if (!Number.isFinite(value)) {
            const cell = `row ${row} of column ${show(name)}`
            throw new NotFiniteError(complaint(who, cell, 'a finite number', value))
          }
          tensor.data[row * width + at] = value
        })
      })
      return { tensor, width }
    },
  }
}
