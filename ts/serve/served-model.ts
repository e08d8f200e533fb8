/** A column that a model reads. */
export interface ServedColumn {
  readonly name: string
  readonly type: 'number' | 'category' | 'date' | 'text'
  /** The categories that the model has learned from, the most frequent first. */
  readonly categories?: readonly string[]
  /** How many more of them there are; beyond those a category is taken for unknown. Default 0. */
  readonly others?: number
  /** The least and the largest number that the model has learned from. */
  readonly range?: readonly [min: number, max: number]
}

/** A value of a row that was checked: null is a gap. */
export type ServedValue = string | number | Date | null

/** A row that was checked: a value for each column. */
export type ServedRow = Readonly<Record<string, ServedValue>>

export interface Prediction {
  /** A class, or a number in the unit of the target. */
  readonly prediction: string | number
  /** By class; not there for a number. */
  readonly probabilities?: Readonly<Record<string, number>>
}

/** What a column adds to a prediction. */
export interface Contribution {
  readonly column: string
  readonly contribution: number
}

export interface Explanation {
  readonly contributions: readonly Contribution[]
  /** What is explained: `price`, or the probability of a class. */
  readonly of: string
  /** That of the row, and that of the usual row, which the contributions lead from. */
  readonly value: number
  readonly baseline: number
}

/** What the server needs of a model; the server knows nothing else of it. */
export interface ServedModel {
  /** For the page. */
  readonly title: string
  /** The column that is predicted. */
  readonly target: string
  /** In the order of their indices; null where the target is a number. */
  readonly classes: readonly string[] | null
  readonly columns: readonly ServedColumn[]
  predict(rows: readonly ServedRow[]): Promise<Prediction[]> | Prediction[]
  explain(row: ServedRow): Promise<Explanation> | Explanation
}
