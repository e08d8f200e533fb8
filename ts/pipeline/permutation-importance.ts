import { setImmediate } from 'node:timers/promises'

import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import type { ColumnSpecs } from '../data/preprocessing/column-specs.js'
import { takeCells } from '../data/table/column.js'
import { Table } from '../data/table/table.js'
import { Accuracy } from '../metrics/accuracy.js'
import { R2Score } from '../metrics/r2-score.js'
import { type Options, readOptions, signal, whole } from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { randperm } from '../random/sample.js'
import type { Tensor } from '../tensor/tensor.js'
import type { ColumnImportance, Importance } from '../train/records.js'
import type { Fitted } from './fitted.js'
import { fittedOf, Pipeline } from './pipeline.js'
import { targetColumn } from './target-column.js'

export interface PermutationImportanceOptions {
  /** How often each column is shuffled. Default 5. */
  repeats?: number
  /** Draws the orders. Default: the default generator. */
  generator?: Generator
  /** Ends it after the pass in progress: the promise rejects with `signal.reason`. */
  signal?: AbortSignal
}

const OPTIONS = {
  repeats: whole(1, 5),
  generator: generatorOption,
  signal: signal(),
} satisfies Options<PermutationImportanceOptions>

const WHO = 'permutationImportance'

/**
 * How much a pipeline needs each column: what it loses of its score (accuracy, or R²) when the cells of
 * that column are shuffled between the rows. Columns that tell the same stand in for each other, so each
 * of them may seem of no use.
 *
 * @param table Rows that it was not trained on, with their target.
 * @returns the columns, the most important first.
 * @throws ValueError, NotFiniteError before `fit` and for rows that do not fit.
 *
 * @example
 * const importance = await data.permutationImportance(model, test)
 * await model.history.report('report.html', { importance })
 *
 * Source: https://scikit-learn.org/stable/modules/permutation_importance.html
 */
export async function permutationImportance<S extends ColumnSpecs>(
  pipeline: Pipeline<S>,
  table: Table,
  options: PermutationImportanceOptions = {},
): Promise<Importance> {
  checkArguments(WHO, 3, arguments)
  if (!(pipeline instanceof Pipeline))
    throw new ValueError(complaint(WHO, 'the pipeline', 'a Pipeline', pipeline))
  const { repeats, generator, signal } = readOptions(WHO, OPTIONS, options)
  signal?.throwIfAborted()
  const fitted = fittedOf(pipeline, WHO)
  if (!(table instanceof Table)) throw new ValueError(complaint(WHO, 'the table', 'a Table', table))
  const y = fitted.target.transform(targetColumn(WHO, table, pipeline.target))
  const score = scoreOf(fitted, table, y)
  const columns: ColumnImportance[] = []
  for (const name of fitted.columns.columnNames) {
    const column = table.column(name)
    const losses: number[] = []
    for (let repeat = 0; repeat < repeats; repeat++) {
      signal?.throwIfAborted()
      const order = randperm(table.length, { generator }).data as Int32Array
      losses.push(score - scoreOf(fitted, table.with(name, takeCells(column, order)), y))
      await setImmediate()
    }
    columns.push({ name, ...momentsOf(losses) })
  }
  columns.sort((a, b) => b.importance - a.importance)
  const metric = fitted.task === 'classification' ? 'accuracy' : 'r2'
  return { metric, score, rows: table.length, repeats, columns }
}

function scoreOf(fitted: Fitted, table: Table, y: Tensor): number {
  const metric = fitted.task === 'classification' ? new Accuracy() : new R2Score()
  let row = 0
  for (const outputs of fitted.passes(fitted.columns.transform(table))) {
    metric.update(outputs, y.narrow(0, row, outputs.shape[0]!))
    row += outputs.shape[0]!
  }
  return metric.compute() as number
}

function momentsOf(values: readonly number[]): { importance: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { importance: mean, deviation: Math.sqrt(squares / values.length) }
}
