import { show } from '../show.js'
import { complaint, ValueError } from '../errors.js'
import { Criterion } from '../criterion/criterion.js'
import { Module } from '../nn/module.js'
import { LBFGS } from '../optim/lbfgs.js'
import { noTensor, Tensor } from '../tensor/tensor.js'
import type { TrainingOptimizer } from './snapshot.js'

/** A batch: features and targets. */
export type Batch = readonly [Tensor, Tensor, ...Tensor[]]

/** Batches of an epoch, such as a `DataLoader` gives. */
export type Loader = Iterable<readonly Tensor[]>

function kindOf(value: unknown): string {
  if (typeof value === 'function') return show(value)
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

/** @throws ValueError when it is no optimizer, or one that calls the model itself. */
export function checkOptimizer(
  who: string,
  optimizer: unknown,
): asserts optimizer is TrainingOptimizer {
  const { step, zeroGrad, stateDict, loadStateDict, paramGroups } = (optimizer ?? {}) as Record<
    string,
    unknown
  >
  const methods = [step, zeroGrad, stateDict, loadStateDict]
  const groups = Array.isArray(paramGroups) && paramGroups.length > 0
  if (optimizer instanceof LBFGS) {
    const hint = 'call optimizer.step(closure) in a loop of your own'
    throw new ValueError(complaint(who, 'optimizer', 'one that steps by gradients', 'LBFGS', hint))
  }
  if (groups && methods.every((method) => typeof method === 'function')) return
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
