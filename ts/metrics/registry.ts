import { checkArguments, isFunction } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { Accuracy } from './accuracy.js'
import { AUC } from './auc.js'
import { F1, Precision, Recall } from './class-scores.js'
import { ConfusionMatrix } from './confusion-matrix.js'
import { MeanAbsoluteError, MeanSquaredError } from './mean-error.js'
import { Metric } from './metric.js'
import { R2Score } from './r2-score.js'
import { TopKAccuracy } from './top-k-accuracy.js'

type AnyMetric = Metric<unknown>

const makers = new Map<string, () => AnyMetric>([
  ['accuracy', () => new Accuracy()],
  ['topKAccuracy', () => new TopKAccuracy()],
  ['precision', () => new Precision()],
  ['recall', () => new Recall()],
  ['f1', () => new F1()],
  ['auc', () => new AUC()],
  ['confusionMatrix', () => new ConfusionMatrix()],
  ['mae', () => new MeanAbsoluteError()],
  ['mse', () => new MeanSquaredError()],
  ['r2', () => new R2Score()],
])

/**
 * A metric from its name, with default options; a metric is returned as it is.
 *
 * Names: `accuracy`, `topKAccuracy` (k = 5), `precision`, `recall`, `f1` (macro averages), `auc`,
 * `confusionMatrix`, `mae`, `mse`, `r2`, and what `register` has added.
 *
 * @throws ValueError for a name that there is not.
 */
export function create(metric: string | AnyMetric): AnyMetric {
  checkArguments('metrics.create', 1, arguments)
  if (metric instanceof Metric) return metric
  const make = makers.get(metric)
  if (make !== undefined) return make()
  const known = [...makers.keys()].join(', ')
  const got = typeof metric === 'string' ? JSON.stringify(metric) : typeof metric
  throw new ValueError(
    complaint('metrics.create', 'the metric', `a Metric or one of ${known}`, got),
  )
}

/**
 * Gives a metric of one's own a name for `create`.
 *
 * @throws ValueError when the name is taken or empty.
 *
 * @example
 * metrics.register('top3', () => new metrics.TopKAccuracy({ k: 3 }))
 */
export function register(name: string, make: () => AnyMetric): void {
  checkArguments('metrics.register', 2, arguments)
  if (typeof name !== 'string' || name === '' || makers.has(name)) {
    const expected = 'not empty and not taken'
    throw new ValueError(complaint('metrics.register', 'the name', expected, name))
  }
  if (!isFunction(make)) {
    const expected = 'a function that makes a metric'
    throw new ValueError(complaint('metrics.register', 'make', expected, make))
  }
  makers.set(name, make)
}
