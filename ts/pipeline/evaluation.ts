import type { Criterion } from '../criterion/criterion.js'
import { complaint, ValueError } from '../errors.js'
import type { TargetEncoding } from '../data/preprocessing/target-encoding.js'
import { Table } from '../data/table/table.js'
import { create as createMetric } from '../metrics/registry.js'
import { list, type Options, readOptions, signal, unchecked } from '../options.js'
import { checkCriterion } from '../train/arguments.js'
import type { MetricChoice } from '../train/fit-options.js'
import { checkNames } from '../train/metric-names.js'
import { predict } from '../train/predict.js'
import type { MetricResult } from '../train/records.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { usualCriterion } from './criterion.js'
import type { Fitted } from './fitted.js'
import { targetColumn } from './target-column.js'

export interface PipelineEvaluateOptions {
  /** Metrics beside those that there always are. Of numbers, they go by the target's own unit. */
  metrics?: readonly MetricChoice[]
  /** Ends it after the rows in progress: the promise rejects with `signal.reason`. */
  signal?: AbortSignal
}

const OPTIONS = {
  metrics: list(unchecked<MetricChoice>()),
  signal: signal(),
} satisfies Options<PipelineEvaluateOptions>

/** Results by name: `loss`; accuracy and f1, or r2, mae and rmse; further metrics. */
export type PipelineEvaluation = Record<string, MetricResult> & { loss: number }

/** Rows that go through the network at once. */
const BATCH = 1024

export async function evaluated(
  who: string,
  fitted: Fitted,
  given: {
    readonly target: string
    /** Null where it is not known any more. */
    readonly criterion: Criterion | null | undefined
  },
  table: Table,
  options: PipelineEvaluateOptions,
): Promise<PipelineEvaluation> {
  const { metrics = [], signal } = readOptions(who, OPTIONS, options)
  const { task, target } = fitted
  const further = metrics.map(createMetric)
  const usual = (task === 'classification' ? ['accuracy', 'f1'] : ['r2', 'mae', 'mse']).map(
    createMetric,
  )
  checkNames(who, [...usual, ...further], ['loss', 'rmse'], false)
  const { criterion = usualCriterion(task) } = given
  if (criterion !== null) checkCriterion(who, criterion)
  if (!(table instanceof Table)) throw new ValueError(complaint(who, 'the table', 'a Table', table))
  const column = targetColumn(who, table, given.target)
  const y = target.transform(column)
  const x = await fitted.columns.transformAsync(table, { signal })

  const outputs = await predict(fitted.network, x, { batchSize: BATCH, signal })
  const loss = criterion === null ? NaN : criterion.forward(outputs, y).item()
  const [answers, truth] =
    task === 'classification' ? [outputs, y] : [numbersOf(target, outputs), numbersOf(target, y)]
  const results: Record<string, MetricResult> = {}
  for (const metric of [...usual, ...further]) {
    metric.reset()
    metric.update(answers, truth)
    results[metric.name] = metric.compute() as MetricResult
  }
  if (task === 'classification') return { ...results, loss }
  const { mse, ...others } = results
  return { loss, ...others, rmse: Math.sqrt(mse as number) }
}

/** Numbers in the target's unit. */
function numbersOf(target: TargetEncoding, outputs: Tensor): Tensor {
  return tensor(target.decode(outputs) as number[])
}
