import { checkArguments, checkList, checkObject } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { type Options, readOptions, signal as signalOption } from '../../options.js'
import type { Split } from '../../nn/split.js'
import { show } from '../../show.js'
import { zeros } from '../../tensor/create.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { ColumnType } from '../table/column.js'
import { Table } from '../table/table.js'
import { type Cells, cut, blocksOf, type Input, rowsOf } from './cells.js'
import { applyAll, fitChain, type Link, writeBlock } from './chain.js'
import { chainsOf, type ColumnSpec, type ColumnSpecs, type RowOf } from './column-specs.js'
import { EmbeddingEncoder } from './embedding-encoder.js'
import { embeddingModule, type EmbeddingPlace } from './embedding-module.js'
import type { TransformerConfig } from './fitted.js'
import { columnOf, numbersOf } from './inverse.js'
import { specsFor } from './specs-for.js'
import { Ordinal } from './ordinal.js'
import { transformerFrom } from './registry.js'
import { cellsOf } from './rows.js'
import { StateReader, type TransformerState } from './state.js'
import { run, runAsync, type Steps } from './steps.js'
import type { Transformer } from './transformer.js'

export interface LongOptions {
  /** Ends the work; what was fitted before stays. */
  signal?: AbortSignal
}

const LONG = { signal: signalOption() } satisfies Options<LongOptions>

/** A category that the fit did not see. */
export interface UnseenCategory {
  readonly column: string
  readonly category: string
  readonly rows: number
}

/** How a `ColumnTransformer` was made: the transformers of each column. */
export interface ColumnTransformerConfig {
  readonly columns: readonly (readonly [string, readonly TransformerConfig[]])[]
}

/** Where a column's numbers stand in a row of the output. */
interface FittedColumn {
  readonly input: Input
  readonly links: readonly Link[]
  readonly start: number
  readonly outputs: readonly Input[]
}

interface FittedColumns {
  readonly columns: readonly FittedColumn[]
  /** Columns of the table that was fitted. */
  readonly known: ReadonlySet<string>
  readonly width: number
}

/**
 * Makes of the columns of a table the numbers that a network takes, each by transformers of its own, side
 * by side in the order of the columns. Columns without one are left out.
 *
 * @example
 * const columns = new data.ColumnTransformer({
 *   bill: [new data.SimpleImputer(), new data.StandardScaler()],
 *   island: new data.OneHotEncoder(),
 * })
 * columns.fit(train).transform({ bill: 39.1, island: 'Biscoe' }).shape // [1, 4]
 *
 * Source: https://scikit-learn.org/stable/modules/generated/sklearn.compose.ColumnTransformer.html
 */
export class ColumnTransformer<const S extends ColumnSpecs = ColumnSpecs> {
  readonly #chains: ReadonlyMap<string, readonly Transformer[]>
  #fitted: FittedColumns | null = null

  /** @throws ValueError unless each column has transformers, which no other column has. */
  constructor(columns: S | ReadonlyMap<string, ColumnSpec>) {
    checkArguments('ColumnTransformer', 1, arguments)
    this.#chains = chainsOf('ColumnTransformer', columns)
  }

  /**
   * What suits the types of a table's columns, but for the target, not yet fitted: numbers have their gaps
   * filled by the median, with an indicator beside them, and are scaled; categories get a column each, 32
   * at most; dates become cyclic parts; of texts the weights of their most frequent words are taken. A
   * column of gaps alone is left out, and so is one that names rows, as an id: from 20 rows on, another
   * category or another word in each of them.
   *
   * @throws ValueError when the table has no such target, or no other column with a value.
   */
  static for(table: Table, target?: string): ColumnTransformer {
    checkArguments('ColumnTransformer.for', 2, arguments)
    return new ColumnTransformer(specsFor(table, target))
  }

  /** The transformers of a column. @throws ValueError when it has none. */
  transformers(column: string): readonly Transformer[] {
    const chain = this.#chains.get(column)
    if (chain !== undefined) return chain
    const known = `one of ${[...this.#chains.keys()].map((name) => show(name)).join(', ')}`
    throw new ValueError(complaint('ColumnTransformer', 'the column', known, show(column)))
  }

  /** Columns that are taken, in their order. */
  get columnNames(): string[] {
    return [...this.#chains.keys()]
  }

  /** Types of the columns that are taken. @throws ValueError before `fit`. */
  get inputTypes(): Map<string, ColumnType> {
    const { columns } = this.#known('inputTypes')
    return new Map(columns.map(({ input }) => [input.name, input.type]))
  }

  /** Numbers of a row of the output. @throws ValueError before `fit`. */
  get outputWidth(): number {
    return this.#known('outputWidth').width
  }

  /** Names of these numbers: `'bill'`, `'island_Biscoe'`. @throws ValueError before `fit`. */
  get featureNames(): string[] {
    const { columns } = this.#known('featureNames')
    return columns.flatMap(({ outputs }) => outputs.map(({ name }) => name))
  }

  /** First place and end of each column's numbers. @throws ValueError before `fit`. */
  get outputIndices(): Map<string, readonly [start: number, end: number]> {
    const { columns } = this.#known('outputIndices')
    return new Map(
      columns.map(({ input, start, outputs }) => [input.name, [start, start + outputs.length]]),
    )
  }

  /** Where indices stand, of columns with an `EmbeddingEncoder`. @throws ValueError before `fit`. */
  get embeddings(): EmbeddingPlace[] {
    return this.#known('embeddings').columns.flatMap(({ input, links, start }) => {
      const encoder = this.#chains.get(input.name)!.at(-1)
      const last = links.at(-1)!.fitted
      if (!(encoder instanceof EmbeddingEncoder) || !(last instanceof Ordinal)) return []
      const sizes = encoder.sizesOf(last)
      return sizes.map((size, i) => ({ column: input.name, place: start + i, ...size }))
    })
  }

  /**
   * The first module of a network for these columns: it puts the vector of a category in the place of its
   * index and leaves other numbers as they are. null when no column has an `EmbeddingEncoder`.
   *
   * @throws ValueError before `fit`.
   */
  embeddingModule(): Split | null {
    return embeddingModule(this.embeddings, this.#known('embeddingModule').width)
  }

  get isFitted(): boolean {
    return this.#fitted !== null
  }

  #known(method: string): FittedColumns {
    if (this.#fitted !== null) return this.#fitted
    const who = `ColumnTransformer.${method}`
    throw new ValueError(complaint(who, 'it', 'fitted', 'no fit yet', 'call fit first'))
  }

  /**
   * Fits each column's transformers to it.
   *
   * @throws ValueError when a column is not there or has values that its transformers do not take, naming
   *   it; nothing is changed then.
   */
  fit(table: Table): this {
    checkArguments('ColumnTransformer.fit', 1, arguments)
    this.#adopt(run(this.#fitting(table)))
    return this
  }

  /** `fit` in slices of some milliseconds, between which the event loop goes on. @throws as `fit`. */
  async fitAsync(table: Table, options: LongOptions = {}): Promise<this> {
    checkArguments('ColumnTransformer.fitAsync', 2, arguments)
    const { signal } = readOptions('ColumnTransformer.fitAsync', LONG, options)
    this.#adopt(await runAsync(this.#fitting(table), signal))
    return this
  }

  *#fitting(table: Table): Steps<FittedColumns> {
    if (!(table instanceof Table))
      throw new ValueError(complaint('ColumnTransformer.fit', 'the data', 'a Table', table))
    const columns: FittedColumn[] = []
    let start = 0
    for (const [name, chain] of this.#chains) {
      const column = table.column(name)
      const input: Input = { name, type: column.type }
      const links = yield* fitChain(chain, [input], [column])
      columns.push(fittedColumn(input, links, start))
      start += columns.at(-1)!.outputs.length
    }
    return { columns, known: new Set(table.columnNames), width: start }
  }

  #adopt(fitted: FittedColumns): void {
    this.#fitted = fitted
    for (const { input, links } of fitted.columns)
      this.#chains.get(input.name)!.forEach((one, i) => {
        one.adopt(links[i]!.inputs, links[i]!.fitted)
      })
  }

  /**
   * Rows as numbers, float32, shape (n, outputWidth). A row is an object with a value for each column, null
   * for a gap; numbers may be texts ('39.1'), and numbers and booleans may stand for categories.
   *
   * @throws ValueError before `fit`; for a row that lacks a column or has one that the fit did not see; for
   *   a value that does not fit; for a gap that nothing fills. It names row and column.
   */
  transform(rows: Table | RowOf<S> | Iterable<RowOf<S>>): Tensor {
    checkArguments('ColumnTransformer.transform', 1, arguments)
    return run(this.#transforming(rows))
  }

  /** `transform` in slices of some milliseconds. @throws as `transform`. */
  async transformAsync(
    rows: Table | RowOf<S> | Iterable<RowOf<S>>,
    options: LongOptions = {},
  ): Promise<Tensor> {
    checkArguments('ColumnTransformer.transformAsync', 2, arguments)
    const { signal } = readOptions('ColumnTransformer.transformAsync', LONG, options)
    return runAsync(this.#transforming(rows), signal)
  }

  fitTransform(table: Table): Tensor {
    return this.fit(table).transform(table)
  }

  /**
   * The categories of rows that the fit did not see, which `transform` gives a place apart or zeros: those of
   * columns with a `OneHotEncoder`, `OrdinalEncoder` or `EmbeddingEncoder`.
   *
   * @throws ValueError before `fit`, and for rows that do not fit.
   *
   * @example
   * columns.unseen({ bill: 39.1, island: 'Skye' }) // [{ column: 'island', category: 'Skye', rows: 1 }]
   */
  unseen(rows: Table | RowOf<S> | Iterable<RowOf<S>>): UnseenCategory[] {
    checkArguments('ColumnTransformer.unseen', 1, arguments)
    const { columns, known } = this.#known('unseen')
    const inputs = columns.map(({ input }) => input)
    const cells = cellsOf('ColumnTransformer.unseen', rows, inputs, known)
    return columns.flatMap(({ input, links }, i) => {
      const encoder = links.findIndex(({ fitted }) => fitted.unseen !== undefined)
      if (encoder < 0) return []
      const [before] = applyAll(links.slice(0, encoder), [cells[i]!], 0)
      const found = links[encoder]!.fitted.unseen!(before!)
      return Array.from(found, ([category, rows]) => ({ column: input.name, category, rows }))
    })
  }

  /** The cells of the columns that are taken, and of one more. @throws as `transform`. @internal */
  tableOf(who: string, rows: unknown, more: Input): Table {
    const { columns, known } = this.#known('transform')
    const inputs = [...columns.map(({ input }) => input), more]
    const cells = cellsOf(who, rows, inputs, known)
    return new Table(new Map(inputs.map(({ name }, i) => [name, columnOf(cells[i]!)])))
  }

  *#transforming(rows: unknown): Steps<Tensor> {
    const who = 'ColumnTransformer.transform'
    const { columns, known, width } = this.#known('transform')
    const inputs = columns.map(({ input }) => input)
    const cells = cellsOf(who, rows, inputs, known)
    const result = zeros([rowsOf(cells), width])
    const out = result.data as Float32Array
    for (const [block, row] of blocksOf(cells)) {
      const part = out.subarray(row * width, (row + rowsOf(block)) * width)
      for (const [i, { links, start }] of columns.entries()) {
        writeBlock(links, [block[i]!], row, part, width, start)
        yield
      }
      this.#checkFinite(part, row, cells)
    }
    return result
  }

  #checkFinite(part: Float32Array, row: number, cells: readonly Cells[]): void {
    let sum = 0
    for (let i = 0; i < part.length; i++) sum += part[i]! - part[i]!
    if (sum === 0) return
    const odd = part.findIndex((value) => !Number.isFinite(value))
    const { columns, width } = this.#known('transform')
    const place = odd % width
    const at = row + Math.floor(odd / width)
    const i = columns.findLastIndex(({ start }) => start <= place)
    const what = `row ${at} of column ${show(columns[i]!.input.name)}`
    const who = 'ColumnTransformer.transform'
    if (columnOf(cut(cells[i]!, at, at + 1)).isGap(0)) {
      const hint = 'put a data.SimpleImputer before its transformer'
      throw new ValueError(complaint(who, what, 'a value', 'a gap', hint))
    }
    throw new ValueError(complaint(who, what, 'a number that float32 can hold', part[odd]))
  }

  /**
   * From numbers back to columns, as far as that can be known.
   *
   * @throws ShapeError unless it is of shape (n, outputWidth); ValueError before `fit`, and when a column
   *   cannot be known, as one of hashed texts.
   */
  inverseTransform(x: Tensor): Table {
    checkArguments('ColumnTransformer.inverseTransform', 1, arguments)
    const { columns, width } = this.#known('inverseTransform')
    const { cells } = numbersOf('ColumnTransformer', x, width)
    const made = columns.map(({ input, links, start, outputs }) => {
      let part: Cells[] = cells.slice(start, start + outputs.length)
      for (const { fitted } of links.toReversed()) part = fitted.inverse(part)
      return [input.name, columnOf(part[0]!)] as const
    })
    return new Table(new Map(made))
  }

  /** Transformers and their options, as JSON. */
  config(): ColumnTransformerConfig {
    const columns = Array.from(this.#chains, ([name, chain]) => {
      return [name, chain.map((transformer) => transformer.config())] as const
    })
    return { columns }
  }

  /**
   * The transformer that `config` described, not yet fitted.
   *
   * @throws ValueError when it is not what `config` gives.
   */
  static fromConfig(config: ColumnTransformerConfig): ColumnTransformer {
    const who = 'ColumnTransformer.fromConfig'
    checkObject(who, 'the configuration', config)
    const { columns: given } = config as { columns: unknown }
    checkList(who, 'the columns', given)
    const columns = new Map<string, Transformer[]>()
    for (const item of given) {
      checkList(who, 'a column', item)
      const [name, chain] = item as readonly [string, unknown]
      checkList(who, 'the transformers of a column', chain)
      if (columns.has(name))
        throw new ValueError(complaint(who, 'the columns', 'different', `${show(name)} twice`))
      columns.set(
        name,
        chain.map((one) => transformerFrom(one as TransformerConfig)),
      )
    }
    return new ColumnTransformer(columns)
  }

  /** What was learned: keys are `<column>.<transformer>.<what>`, by number. @throws ValueError before `fit`. */
  stateDict(): TransformerState {
    const { columns, known } = this.#known('stateDict')
    const state: TransformerState = {
      inputs: columns.map(({ input }) => [input.name, input.type]),
      known: [...known],
    }
    columns.forEach(({ links }, i) => {
      links.forEach(({ fitted }, j) => {
        for (const [key, value] of Object.entries(fitted.state())) state[`${i}.${j}.${key}`] = value
      })
    })
    return state
  }

  /**
   * Takes over what `stateDict` gave.
   *
   * @throws ValueError, ShapeError, DTypeError when it does not fit; nothing is changed then.
   */
  loadStateDict(state: TransformerState): void {
    const reader = new StateReader('ColumnTransformer', state)
    const inputs = reader.inputs('inputs')
    const names = this.columnNames
    if (inputs.length !== names.length || inputs.some(({ name }, i) => name !== names[i])) {
      const got = inputs.map(({ name }) => name)
      throw reader.refuse('inputs', `those of the columns ${show(names)}`, got)
    }
    const columns: FittedColumn[] = []
    let width = 0
    inputs.forEach((input, i) => {
      const links: Link[] = []
      let types: readonly Input[] = [input]
      this.#chains.get(input.name)!.forEach((transformer, j) => {
        const fitted = transformer.restore(reader.below(`${i}.${j}.`), types)
        links.push({ inputs: types, fitted })
        types = fitted.outputs(types)
      })
      columns.push(fittedColumn(input, links, width))
      width += types.length
    })
    const known = new Set(reader.texts('known', reader.list('known')))
    this.#adopt({ columns, known, width })
  }
}

/** @throws ShapeError when what comes out is no number. */
function fittedColumn(input: Input, links: readonly Link[], start: number): FittedColumn {
  const { inputs, fitted } = links.at(-1)!
  const outputs = fitted.outputs(inputs)
  const odd = outputs.find(({ type }) => type !== 'number')
  if (odd === undefined) return { input, links, start, outputs }
  const what = `what is made of column ${show(input.name)}`
  const hint = odd.type === 'date' ? 'put a DatetimeEncoder last' : 'put a data.OneHotEncoder last'
  throw new ShapeError(complaint('ColumnTransformer.fit', what, 'numbers', odd.type, hint))
}
