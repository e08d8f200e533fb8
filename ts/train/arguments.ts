import { complaint, ValueError } from '../errors.js'
import { Criterion } from '../criterion/criterion.js'
import { Module } from '../nn/module.js'
import { noTensor, Tensor } from '../tensor/tensor.js'
import type { TrainingOptimizer } from './snapshot.js'

/** A batch: features and targets. */
export type Batch = readonly [Tensor, Tensor, ...Tensor[]]

/** Batches of an epoch, such as a `DataLoader` gives. */
export type Loader = Iterable<readonly Tensor[]>

/** Options as a caller in plain JavaScript may leave them out. */
export function optionsOf<T extends object>(options: T | null | undefined): Partial<T> {
  return options ?? {}
}

function kindOf(value: unknown): string {
  if (typeof value === 'function') return `the class or function ${value.name}`
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
}

/** @throws ValueError when it is no Module. */
export function checkModel(who: string, model: unknown): asserts model is Module {
  if (model instanceof Module) return
  throw new ValueError(complaint(who, 'the model', 'a Module', kindOf(model)))
}

/** @throws ValueError when it is no Criterion. */
export function checkCriterion(who: string, criterion: unknown): asserts criterion is Criterion {
  if (criterion instanceof Criterion) return
  const hint = 'pass { criterion: new nn.CrossEntropyLoss() }, say'
  throw new ValueError(complaint(who, 'criterion', 'a Criterion', kindOf(criterion), hint))
}

/** @throws ValueError when it is no optimizer. */
export function checkOptimizer(
  who: string,
  optimizer: unknown,
): asserts optimizer is TrainingOptimizer {
  const { step, stateDict } = (optimizer ?? {}) as Record<string, unknown>
  if (typeof step === 'function' && typeof stateDict === 'function') return
  const hint = 'pass { optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }) }, say'
  throw new ValueError(complaint(who, 'optimizer', 'an optimizer', kindOf(optimizer), hint))
}

/** @throws ValueError when it is no list of at least two tensors. */
export function checkBatch(who: string, batch: unknown): asserts batch is Batch {
  if (!Array.isArray(batch) || batch.length < 2) {
    const got = Array.isArray(batch) ? `an array of ${batch.length}` : kindOf(batch)
    throw new ValueError(complaint(who, 'a batch', 'an array [features, targets]', got))
  }
  const [x, y] = batch as unknown[]
  if (!(x instanceof Tensor)) throw noTensor(who, 'the features of a batch', x)
  if (!(y instanceof Tensor)) throw noTensor(who, 'the targets of a batch', y)
}

/** @throws ValueError unless it is a whole number of at least `min`. */
export function checkCount(who: string, what: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return
  throw new ValueError(complaint(who, what, `a whole number of at least ${min}`, String(value)))
}

/** @throws ValueError unless it is a string that is not empty. */
export function checkText(who: string, what: string, expected: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return
  const got = value === '' ? 'an empty string' : kindOf(value)
  throw new ValueError(complaint(who, what, expected, got))
}
