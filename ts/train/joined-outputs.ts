import { add, cat, div, eq, mul, where } from '../ops/index.js'
import { zerosLike } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import type { BatchKinds } from './batch-kinds.js'
import { type Dealt, sumOf } from './dealt.js'
import type { Flow } from './flow.js'

/** Tensors that one step returns, named by the place of the batch in its group: loss0, loss1, … */
export type StepOutputs = Record<string, Tensor>

/** Asks the ranks for what a step has returned on each of them: `Ranks`. */
interface Gatherer {
  readonly rank: number
  gather(result: Tensor, axis: number, rows: readonly number[]): Flow<Tensor[]>
  gatherNumbers(result: Tensor): Flow<Tensor[]>
}

/** The batches that a step was of. */
export interface Shares {
  readonly dealt: Dealt
  /** Kinds of this rank's batches, and */
  readonly own: BatchKinds
  /** those of what all ranks have together. */
  readonly kinds: BatchKinds
}

/**
 * What a step has returned on all ranks, put together to what it would have returned for all of their samples.
 *
 * @param axis Of the samples.
 * @param counts What losses of batches of a kind count; that of all ranks is added.
 */
export function* joinedOutputs(
  ranks: Gatherer,
  results: StepOutputs,
  axis: number,
  { dealt, own, kinds }: Shares,
  counts: Map<ReturnType<BatchKinds>, number | null>,
): Flow<StepOutputs> {
  const outputs: StepOutputs = {}
  if (results['gradNorm'] !== undefined) outputs['gradNorm'] = results['gradNorm']
  for (let i = 0; i < dealt.length; i++) {
    const rows = dealt[i]!
    const { [`loss${i}`]: loss, [`weight${i}`]: weight } = results
    const losses = yield* ranks.gatherNumbers(loss!)
    if (weight !== undefined) {
      const weights = yield* ranks.gatherNumbers(weight)
      outputs[`loss${i}`] = meanOfRanks(losses, weights)
      outputs[`weight${i}`] = weights.reduce((sum, each) => add(sum, each))
    } else {
      const counted = counts.get(own(i))
      const present = losses.filter((_, rank) => rows[rank]! > 0)
      const parts = rows.filter((count) => count > 0)
      if (counted === null) {
        counts.set(kinds(i), null)
        outputs[`loss${i}`] = present.reduce((sum, each) => add(sum, each))
      } else {
        const total = sumOf(rows)
        if (counted !== undefined) {
          const rowsHere = rows[ranks.rank]! || rows[0]!
          counts.set(kinds(i), (counted * total) / rowsHere)
        }
        outputs[`loss${i}`] = present
          .map((each, at) => mul(each, parts[at]! / total))
          .reduce((sum, each) => add(sum, each))
      }
    }
    for (const name of [`prediction${i}`, `target${i}`]) {
      if (results[name] === undefined) continue
      outputs[name] = cat(yield* ranks.gather(results[name], axis, rows), axis)
    }
  }
  return outputs
}

/** Means, one a step, of the means of the ranks by their weights. Of a weight of 0 the mean may be NaN. */
function meanOfRanks(means: readonly Tensor[], weights: readonly Tensor[]): Tensor {
  const sums = means.map((mean, rank) => {
    const weight = weights[rank]!
    const product = mul(mean, weight.to(mean.dtype))
    return where(eq(weight, 0), zerosLike(product), product)
  })
  const sum = sums.reduce((total, each) => add(total, each))
  const weight = weights.reduce((total, each) => add(total, each))
  return div(sum, weight.to(sum.dtype))
}
