import type { data } from '../index.js'
import type { Explanation, Prediction, ServedColumn, ServedModel } from './served-model.js'

/** A pipeline as the server asks for it. */
export function servedPipeline(pipeline: data.Pipeline, title: string): ServedModel {
  const { target, classes, columns } = pipeline.describe()
  const names = classes?.map(String) ?? null
  return {
    title,
    target,
    classes: names,
    columns: columns.map(columnOf),
    predict: (rows) => {
      if (names === null) return pipeline.predict(rows).map((prediction) => ({ prediction }))
      return pipeline.predictProba(rows).map((shares) => likeliest(names, shares))
    },
    explain: (row): Explanation => {
      const { class: of, value, baseline, contributions } = pipeline.explain(row)
      return {
        of: of === null ? target : `the probability of ${of}`,
        value,
        baseline: baseline.value,
        contributions: contributions.map(({ column, contribution }) => ({ column, contribution })),
      }
    },
  }
}

function columnOf(column: data.PipelineDescription['columns'][number]): ServedColumn {
  const { name, type } = column
  if (type === 'number' && column.min !== null && column.max !== null)
    return { name, type, range: [column.min, column.max] }
  if (type !== 'category') return { name, type }
  const categories = column.categories.map(([category]) => category)
  return { name, type, categories, others: column.others }
}

function likeliest(
  names: readonly string[],
  probabilities: Readonly<Record<string, number>>,
): Prediction {
  let best = names[0]!
  for (const name of names) if (probabilities[name]! > probabilities[best]!) best = name
  return { prediction: best, probabilities }
}
