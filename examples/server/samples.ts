// Rows from outside as tensors, checked.
import { type Tensor, tensor, ValueError } from '../../ts/index.js'
import { limits } from './limits.js'

/** Rows to learn from and the class of each. */
export interface Samples {
  /** (rows, features), float32. */
  readonly rows: Tensor
  /** (rows), int32. */
  readonly labels: Tensor
  readonly classes: number
}

/** @throws ValueError for anything but a table of finite numbers within the limits. */
export function tableOf(rows: unknown, most: number): Tensor {
  const refuse = (): never => {
    throw new ValueError(
      `rows has to be a list of 1 to ${most} lists of 1 to ${limits.columns} numbers that float32 can ` +
        'hold, all of one length',
    )
  }
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > most) return refuse()
  const [first] = rows as unknown[]
  const width = Array.isArray(first) ? first.length : 0
  if (width === 0 || width > limits.columns) return refuse()
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row) || row.length !== width) return refuse()
    for (const value of row)
      if (!Number.isFinite(Math.fround(Number(value))) || typeof value !== 'number') return refuse()
  }
  return tensor(rows as number[][])
}

/** @throws ValueError when rows and labels do not fit together or pass the limits. */
export function samplesOf({ rows, labels }: Record<string, unknown>): Samples {
  const table = tableOf(rows, limits.rows)
  const count = table.shape[0]!
  let largest = -1
  if (Array.isArray(labels)) {
    for (const label of labels as unknown[]) {
      const fits = Number.isInteger(label) && (label as number) >= 0
      largest = fits ? Math.max(largest, label as number) : Infinity
    }
  }
  if (!Array.isArray(labels) || labels.length !== count || largest >= limits.classes) {
    throw new ValueError(
      `labels has to be a list of whole numbers from 0 to ${limits.classes - 1}, one for each row`,
    )
  }
  return {
    rows: table,
    labels: tensor(labels as number[], { dtype: 'int32' }),
    classes: largest + 1,
  }
}

/** @throws ValueError */
export function epochsOf(epochs: unknown): number {
  if (Number.isInteger(epochs) && Number(epochs) >= 1 && Number(epochs) <= limits.epochs) {
    return Number(epochs)
  }
  throw new ValueError(`epochs has to be a whole number from 1 to ${limits.epochs}`)
}
