import { noGrad } from '../autograd/grad-mode.js'
import { complaint, ValueError } from '../errors.js'
import type { ColumnTransformer } from '../data/preprocessing/column-transformer.js'
import { LabelEncoder } from '../data/preprocessing/label-encoder.js'
import type { TargetEncoding, Task } from '../data/preprocessing/target-encoding.js'
import type { RowInput, Table } from '../data/table/table.js'
import { modelFromBuffer, modelToBuffer } from '../io/model/model-file.js'
import type { Module } from '../nn/module.js'
import type { Tensor } from '../tensor/tensor.js'
import { Modes } from '../train/modes.js'
import { checkOutputs } from './check-outputs.js'
import type { Profile } from './profile.js'

/** What was trained, as a model file keeps it. */
export interface TrainingRecord {
  /** When the training ended: ISO 8601, in UTC. */
  readonly ended: string
  readonly rows: number
  readonly validationRows: number
  readonly epochs: number
  /** The logs of the last epoch. */
  readonly logs: Readonly<Record<string, number>>
  /** Rows that `partialFit` has learned from since; not there for none. */
  readonly partialFitRows?: number
}

/** What is answered. */
export type Rows = Table | RowInput | readonly RowInput[]

/** Rows that go through the network at once. */
const BLOCK = 4096

/** All that answers are made of. A `fit` makes another one; `partialFit` changes weights of this one. */
export class Fitted {
  /** Rows of `partialFit`. */
  partialFitRows: number

  constructor(
    readonly columns: ColumnTransformer,
    readonly target: TargetEncoding,
    readonly network: Module,
    readonly profile: Profile,
    readonly trained: TrainingRecord,
  ) {
    network.eval()
    this.partialFitRows = trained.partialFitRows ?? 0
    this.classes = target instanceof LabelEncoder ? target.classes : null
  }

  get task(): Task {
    return this.target.task
  }

  get record(): TrainingRecord {
    const { trained, partialFitRows } = this
    return partialFitRows === 0 ? trained : { ...trained, partialFitRows }
  }

  /** One with a network of its own, which `partialFit` does not touch, for what reads it for a while. */
  copy(): Fitted {
    const network = modelFromBuffer(modelToBuffer(this.network))
    return new Fitted(this.columns, this.target, network, this.profile, this.record)
  }

  /** Null where a number is predicted. */
  readonly classes: readonly (string | number)[] | null

  /** The outputs of the network in evaluation mode, shape (n, outputs). */
  forward(x: Tensor): Tensor {
    const { network } = this
    const y = network.training
      ? Modes.evaluating(network).during(() => noGrad(() => network.forward(x)))
      : noGrad(() => network.forward(x))
    checkOutputs(network, x.shape[0]!, this.target.outputs, y)
    return y
  }

  /** @throws ValueError for rows that do not fit. */
  answers(rows: Rows): (string | number)[] {
    const x = this.columns.transform(rows)
    const answers: (string | number)[] = []
    for (const outputs of this.passes(x)) answers.push(...this.target.decode(outputs))
    return answers
  }

  /** @throws ValueError for rows that do not fit, and where a number is predicted. */
  shares(who: string, rows: Rows): Record<string, number>[] {
    const { classes } = this
    if (classes === null) {
      const hint = 'predict gives the number'
      throw new ValueError(complaint(who, 'the target', 'of classes', 'numbers', hint))
    }
    const x = this.columns.transform(rows)
    const shares: Record<string, number>[] = []
    for (const { data, length } of this.passes(x)) {
      for (let start = 0; start < length; start += classes.length) {
        const of = sharesOf(data, start, classes.length)
        const named = Object.create(null) as Record<string, number>
        classes.forEach((name, i) => (named[name] = of[i]!))
        shares.push(named)
      }
    }
    return shares
  }

  /** Passes over the rows in blocks; what a pass gives is to be read before the next one. */
  *passes(x: Tensor): Generator<Tensor, void, undefined> {
    const rows = x.shape[0]!
    if (rows <= BLOCK) {
      if (rows > 0) yield this.forward(x)
      return
    }
    for (let start = 0; start < rows; start += BLOCK) {
      yield this.forward(x.narrow(0, start, Math.min(BLOCK, rows - start)))
    }
  }
}

/** Shares from the outputs of a row. */
export function sharesOf(data: ArrayLike<number>, start: number, count: number): Float64Array {
  let most = -Infinity
  for (let i = 0; i < count; i++) most = Math.max(most, data[start + i]!)
  let sum = 0
  const shares = new Float64Array(count)
  for (let i = 0; i < count; i++) sum += shares[i] = Math.exp(data[start + i]! - most)
  for (let i = 0; i < count; i++) shares[i]! /= sum
  return shares
}
