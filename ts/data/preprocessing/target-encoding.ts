import type { Tensor } from '../../tensor/tensor.js'
import type { ColumnInput } from '../table/table.js'
import type { TransformerConfig } from './fitted.js'
import type { TransformerState } from './state.js'

/** What a model is to predict: one of some classes, or a number. */
export type Task = 'classification' | 'regression'

/** Between a target as the table has it and what a network is trained on. */
export interface TargetEncoding {
  readonly task: Task
  /** Outputs that the network needs. */
  readonly outputs: number
  fit(column: ColumnInput): this
  /** Targets for a criterion: labels int32 (n), or numbers float32 (n, 1). */
  transform(column: ColumnInput): Tensor
  /** Outputs of the network, shape (n, outputs), in the target's own unit or as names of classes. */
  decode(outputs: Tensor): string[] | number[]
  config(): TransformerConfig
  stateDict(): TransformerState
  loadStateDict(state: TransformerState): void
}
