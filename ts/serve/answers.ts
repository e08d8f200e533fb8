import { RequestError } from './problems.js'
import type { CheckedRows } from './rows.js'
import type { Explanation, Prediction, ServedModel } from './served-model.js'

interface Warned {
  readonly warnings?: CheckedRows['warnings']
}

/** A prediction for each row, with what is odd about the row. */
export async function answerTo(
  model: ServedModel,
  { rows, warnings }: CheckedRows,
): Promise<(Prediction & Warned)[]> {
  const predictions = await model.predict(rows)
  const overflown = predictions.findIndex(
    ({ prediction, probabilities = {} }) =>
      (typeof prediction === 'number' && !Number.isFinite(prediction)) ||
      Object.values(probabilities).some((share) => !Number.isFinite(share)),
  )
  if (overflown >= 0) {
    const message =
      'the prediction is not a finite number: are the values as large as in the training?'
    throw new RequestError([{ code: 'ERR_NOT_FINITE', message, row: overflown }])
  }
  return predictions.map((prediction, row) => {
    const own = warnings.filter((warning) => warning.row === row)
    return own.length === 0 ? prediction : { ...prediction, warnings: own }
  })
}

/** The prediction for one row, and why. */
export async function explanationOf(
  model: ServedModel,
  checked: CheckedRows,
): Promise<Prediction & Warned & Explanation> {
  const [answer] = await answerTo(model, checked)
  return { ...answer!, ...(await model.explain(checked.rows[0]!)) }
}
