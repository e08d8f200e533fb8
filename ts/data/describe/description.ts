import type { ColumnType } from '../table/column.js'
import type { ColumnSummary } from './statistics.js'

/** What there is to say of a column within its table. */
export interface ColumnDescription extends ColumnSummary {
  /** Whether all of its values are the same; gaps are a value here. */
  readonly constant: boolean
  /** A column before it that holds the same. */
  readonly duplicateOf: string | null
  /**
   * How far it gives the target away by itself, from 0 to 1, on rows held out: of a class Goodman and
   * Kruskal's lambda, of a number R²; null without a target, and of the target itself.
   */
  readonly leakage: number | null
}

/** A class and its rows. */
export type TargetClass = readonly [name: string, count: number]

/** What the target is made of. */
export interface TargetDescription {
  readonly name: string
  readonly type: ColumnType
  readonly gaps: number
  /** Rows of each class, the most frequent first; null for a number. */
  readonly classes: readonly TargetClass[] | null
}

/** What `describe` tells; as a text it is a table for the console. */
export interface Description {
  readonly rows: number
  readonly columns: readonly ColumnDescription[]
  readonly target: TargetDescription | null
  /** What is better looked at before a training, a sentence each. */
  readonly warnings: readonly string[]
  toString(): string
}
