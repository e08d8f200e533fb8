import { checkArguments, checkObject, checkPath } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import type { ColumnSpecs, RowOf } from '../data/preprocessing/column-specs.js'
import type { ColumnTransformer } from '../data/preprocessing/column-transformer.js'
import type { Task } from '../data/preprocessing/target-encoding.js'
import { type RowInput, Table } from '../data/table/table.js'
import { writeAtomically } from '../io/atomic-write.js'
import type { modelToBuffer } from '../io/model/model-file.js'
import type { Module } from '../nn/module.js'
import { readOptions, type Values } from '../options.js'
import type { History } from '../train/history.js'
import { type PipelineDescription, descriptionOf, textOf } from './description.js'
import type { PipelineEvaluateOptions, PipelineEvaluation } from './evaluation.js'
import { type Explanation, type ExplainOptions, explained } from './explanation.js'
import type { Fitted, Rows } from './fitted.js'
import type { Learning, PipelinePartialFitResult } from './learning.js'
import {
  FIT,
  PARTIAL_FIT,
  type PartialFitOptions,
  PIPELINE,
  type PipelineFitOptions,
  type PipelineOptions,
} from './options.js'
import { bytesOf, type Facts, type Restored, restored, restoredFromBytes } from './pipeline-file.js'
import { targetColumn } from './target-column.js'

/** What is predicted: the name of a class, or a number in the target's own unit. */
export type Answer = string | number

/** The share of each class, by its name; together they are 1. The object has no prototype. */
export type Shares = Record<string, number>

/** What a pipeline has learned by now. @throws ValueError before `fit`. @internal */
export let fittedOf: (pipeline: Pipeline, method: string) => Fitted

let pipelineOf: (restored: Restored) => Pipeline

/**
 * From rows of a table to answers: columns become numbers, a network learns from them, and the same rows
 * are answered in the target's own unit or the name of a class. What was learned of the columns is part of
 * the model.
 *
 * A pipeline answers while it is being fitted again, by what it had learned before; a fit that fails or is
 * ended leaves it as it was.
 *
 * @typeParam S what becomes of the columns: the rows that are predicted have their names and kinds.
 *
 * @example
 * const model = new data.Pipeline({ target: 'species' })
 * await model.fit(train, { validationSplit: 0.2 })
 * model.predict({ bill: 39.1, island: 'Biscoe' }) // 'Adelie'
 */
export class Pipeline<const S extends ColumnSpecs = ColumnSpecs> {
  static {
    fittedOf = (pipeline, method) => pipeline.#still(method)
    pipelineOf = ({ settings, lost, fitted, facts }) => {
      const pipeline = new Pipeline(settings)
      pipeline.#lost = lost
      pipeline.#fitted = fitted
      pipeline.facts = facts
      return pipeline
    }
  }

  /**
   * Anything of JSON by name that its file shall hold, as what it came to on rows that it has not seen; `fit`
   * empties it.
   *
   * @example
   * model.facts = { test: await model.evaluate(test) }
   */
  facts: Facts = {}

  readonly #settings: Values<typeof PIPELINE>
  #fitted: Fitted | null = null
  #history: History | null = null
  #fitting = false
  /** Since the first `partialFit` of what was fitted. */
  #learning: Promise<Learning> | null = null
  /** Options that the file it came from did not hold. */
  #lost: readonly string[] = []

  /** @throws ValueError for an option out of its range, or columns that are no ColumnTransformer. */
  constructor(options: PipelineOptions<S>) {
    checkArguments(new.target.name, 1, arguments)
    this.#settings = readOptions('Pipeline', PIPELINE, options)
  }

  /** The column that is predicted. */
  get target(): string {
    return this.#settings.target
  }

  /** Null before `fit`, unless it was said. */
  get task(): Task | null {
    return this.#fitted?.task ?? this.#settings.task ?? null
  }

  /** Names of the classes, in the order of the network's outputs; null for numbers and before `fit`. */
  get classes(): readonly (string | number)[] | null {
    return this.#fitted?.classes ?? null
  }

  /** The columns that are read, as they were fitted; null before `fit`. */
  get columns(): ColumnTransformer | null {
    return this.#fitted?.columns ?? null
  }

  /** What was trained, in evaluation mode; null before `fit`. */
  get network(): Module | null {
    return this.#fitted?.network ?? null
  }

  /** Of the last `fit` here; null before. */
  get history(): History | null {
    return this.#history
  }

  get isFitted(): boolean {
    return this.#fitted !== null
  }

  /**
   * Learns from a table, off the main thread as `fit` does: the columns first, from the rows that are not
   * held out, then a new network.
   *
   * @param table With the target in each row.
   * @returns the history; `history.last` are the logs of the last epoch.
   * @throws ValueError, NotFiniteError when target, columns and options do not fit, a target of one class
   *   or one value among them; ShapeError when the network's outputs are not as many as there are to be;
   *   what `fit` throws. The pipeline is as it was then.
   */
  async fit(table: Table, options: PipelineFitOptions = {}): Promise<History> {
    checkArguments('Pipeline.fit', 2, arguments)
    const given = readOptions('Pipeline.fit', FIT, options)
    if (this.#lost.length > 0) throw this.#incomplete('Pipeline.fit', this.#lost)
    if (this.#fitting) throw new ValueError('Pipeline.fit: it is being fitted already')
    this.#fitting = true
    try {
      const { train } = await import('./training.js')
      const { fitted, history } = await train('Pipeline.fit', this.#settings, given, table)
      this.#fitted = fitted
      this.#learning = null
      this.#history = history
      this.facts = {}
      return history
    } finally {
      this.#fitting = false
    }
  }

  /**
   * Learns from rows as they come, while it answers: the network that `fit` made goes on learning, in steps of
   * `batchSize` rows, off the main thread unless a step takes no longer than that takes to wake up. Columns
   * and classes stay those of `fit`. The answers change in one go when the rows have been learned; `predict`
   * never computes with half a step. Calls that come while another one is at work wait for their turn.
   *
   * @param rows A row with its target, several of them, or a table.
   * @param options Those of the first call hold until the next `fit`; later calls leave them out, or give
   *   the same. The optimizer begins without moments at the first call, also after `load`.
   * @throws ValueError before `fit`; for rows that do not fit, have no target or a class that was not
   *   there in the training; NotFiniteError for a target that is not finite: nothing is changed.
   *   NotFiniteError when loss or weights become NaN or infinite: the pipeline is as it was when it was
   *   last kept.
   *
   * @example
   * const { loss, drift, unseen, shifted } = await model.partialFit({ size: 80, district: 'north', price: 310_000 })
   */
  async partialFit(
    rows: RowInput | readonly RowInput[] | Table,
    options?: PartialFitOptions,
  ): Promise<PipelinePartialFitResult> {
    const who = 'Pipeline.partialFit'
    checkArguments(who, 2, arguments)
    const given = options === undefined ? undefined : readOptions(who, PARTIAL_FIT, options)
    const fitted = this.#ready('partialFit')
    const { target } = this.#settings
    if (this.#lost.includes('criterion')) throw this.#incomplete(who, ['criterion'])
    isOne(who, rows)
    const type = typeof fitted.classes?.[0] === 'string' ? 'category' : 'number'
    const table = fitted.columns.tableOf(who, rows, { name: target, type })
    targetColumn(who, table, target)
    this.#learning ??= this.#begin(who, fitted, given ?? readOptions(who, PARTIAL_FIT, undefined))
    const learning = await this.#learning
    if (given !== undefined) learning.checkSettings(who, given)
    return learning.learn(table)
  }

  async #begin(
    who: string,
    fitted: Fitted,
    settings: Values<typeof PARTIAL_FIT>,
  ): Promise<Learning> {
    const { target, criterion } = this.#settings
    try {
      const { Learning } = await import('./learning.js')
      return new Learning(who, fitted, target, criterion, settings)
    } catch (error) {
      if (this.#fitted === fitted) this.#learning = null
      throw error
    }
  }

  /**
   * Keeps what was learned so far as the good state, for `rollback`. One is kept after every `snapshotEvery`
   * rows, too.
   *
   * @throws ValueError before `fit`.
   */
  async snapshot(): Promise<void> {
    checkArguments('Pipeline.snapshot', 0, arguments)
    this.#ready('snapshot')
    await (await this.#learning)?.snapshot()
  }

  /**
   * Goes back to the state that was last kept: by `snapshot`, after `snapshotEvery` rows, or before the first
   * `partialFit`. Rows that came since are not remembered.
   *
   * @throws ValueError before `fit`.
   */
  async rollback(): Promise<void> {
    checkArguments('Pipeline.rollback', 0, arguments)
    this.#ready('rollback')
    await (await this.#learning)?.rollback()
  }

  /**
   * How good the answers are for rows whose target is known.
   *
   * @returns `loss`; of classes `accuracy` and `f1` (of all classes alike); of numbers `r2`, and `mae` and
   *   `rmse` in the target's unit; `metrics` by name.
   * @throws ValueError, NotFiniteError for rows that do not fit, a class that was not there in the training
   *   among them.
   */
  async evaluate(table: Table, options: PipelineEvaluateOptions = {}): Promise<PipelineEvaluation> {
    checkArguments('Pipeline.evaluate', 2, arguments)
    const lost = this.#lost.includes('criterion')
    const { target, criterion } = this.#settings
    const given = { target, criterion: lost ? null : criterion }
    const fitted = this.#still('evaluate')
    const { evaluated } = await import('./evaluation.js')
    return evaluated('Pipeline.evaluate', fitted, given, table, options)
  }

  /**
   * The answer for a row, or for each of many.
   *
   * @param rows An object by column, null for a gap; several of them, or a table. Columns of the training
   *   that are not read may be there.
   * @throws ValueError before `fit`, for rows that lack a column or have one that was not there in the
   *   training; NotFiniteError for a gap that nothing fills.
   */
  predict(rows: Table | readonly RowOf<S>[]): Answer[]
  predict(row: RowOf<S>): Answer
  predict(rows: Table | readonly RowOf<S>[] | RowOf<S>): Answer | Answer[] {
    checkArguments('Pipeline.predict', 1, arguments)
    const fitted = this.#ready('predict')
    const one = isOne('Pipeline.predict', rows)
    const answers = fitted.answers(rows as Rows)
    return one ? answers[0]! : answers
  }

  /**
   * The shares of the classes for a row, or for each of many.
   *
   * @throws as `predict`; ValueError where a number is predicted.
   */
  predictProba(rows: Table | readonly RowOf<S>[]): Shares[]
  predictProba(row: RowOf<S>): Shares
  predictProba(rows: Table | readonly RowOf<S>[] | RowOf<S>): Shares | Shares[] {
    checkArguments('Pipeline.predictProba', 1, arguments)
    const fitted = this.#ready('predictProba')
    const one = isOne('Pipeline.predictProba', rows)
    const shares = fitted.shares('Pipeline.predictProba', rows as Rows)
    return one ? shares[0]! : shares
  }

  /**
   * Why a row has its answer: how far each column moves it from that of a usual row, by integrated
   * gradients. Of classes it is the share of the one that is predicted, of numbers the target's unit.
   *
   * @throws as `predict`; ValueError for a class that there is not.
   *
   * @example
   * model.explain({ bill: 39.1, island: 'Biscoe' }).contributions[0] // { column: 'bill', cell: 39.1, contribution: 0.61 }
   */
  explain(row: RowOf<S>, options: ExplainOptions = {}): Explanation {
    checkArguments('Pipeline.explain', 2, arguments)
    return explained('Pipeline.explain', this.#ready('explain'), row as RowInput, options)
  }

  /** What it reads, predicts and has learned, fit for JSON. @throws ValueError before `fit`. */
  describe(): PipelineDescription {
    checkArguments('Pipeline.describe', 0, arguments)
    return descriptionOf(this.target, this.#ready('describe'), this.facts)
  }

  /**
   * The bytes of a file of it: a model's file, as `io.saveModel` writes one, with the columns, what was
   * learned of them and the names of the classes beside.
   *
   * @throws ValueError before `fit`, for a module of a class that is not registered, and for facts that are
   *   no JSON.
   */
  toBuffer(): ReturnType<typeof modelToBuffer> {
    checkArguments('Pipeline.toBuffer', 0, arguments)
    return bytesOf(this.#settings, this.#lost, this.#ready('toBuffer'), this.facts)
  }

  /**
   * Saves it in one file, which is replaced as `io.saveModel` does.
   *
   * @param target A path or a `file:` URL, in a folder that exists.
   * @throws as `toBuffer`.
   */
  async save(target: string | URL): Promise<void> {
    checkArguments('Pipeline.save', 1, arguments)
    checkPath('Pipeline.save', 'the target', target)
    await writeAtomically(target, this.toBuffer())
  }

  /**
   * The pipeline of a file. Network, criterion, optimizer and scheduler of one's own are code, which no file
   * holds: such a pipeline answers and is not fitted again, and `evaluate` gives NaN for the loss of such a
   * criterion.
   *
   * @param source A path, a `file:` URL or the bytes of a file.
   * @throws FormatError when the file is cut off, damaged, made wrongly or no pipeline's, or names a class
   *   that is not registered.
   */
  static async load(source: string | URL | Uint8Array): Promise<Pipeline> {
    checkArguments('Pipeline.load', 1, arguments)
    return pipelineOf(await restored('Pipeline.load', source))
  }

  /** As `load`, of the bytes of a file. */
  static fromBuffer(bytes: Uint8Array): Pipeline {
    checkArguments('Pipeline.fromBuffer', 1, arguments)
    return pipelineOf(restoredFromBytes('Pipeline.fromBuffer', bytes))
  }

  toString(): string {
    return textOf(this.#settings, this.#fitted)
  }

  /** Of what the file did not hold. */
  #incomplete(who: string, lost: readonly string[]): ValueError {
    const got = `one out of a file, which does not hold its ${lost.join(' and ')}`
    const hint = 'make a new Pipeline with them'
    return new ValueError(complaint(who, 'the pipeline', 'complete', got, hint))
  }

  /** What stays as it is for as long as it is read. */
  #still(method: string): Fitted {
    const fitted = this.#ready(method)
    return this.#learning === null ? fitted : fitted.copy()
  }

  #ready(method: string): Fitted {
    if (this.#fitted !== null) return this.#fitted
    const who = `Pipeline.${method}`
    throw new ValueError(complaint(who, 'the pipeline', 'fitted', 'no fit yet', 'await fit first'))
  }
}

/** Whether it is a row. @throws ValueError when it is none, nor several. */
function isOne(who: string, rows: unknown): boolean {
  if (Array.isArray(rows) || rows instanceof Table) return false
  checkObject(who, 'the rows', rows)
  return true
}
