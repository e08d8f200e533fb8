import type { FloatDType } from '../../ts/kernels/dtype.js'
import { gradients } from './formula.js'
import { type LayerCase, type LossCase, type Result, valuesOf } from './pytorch-fixture.js'

const slopeAtNaN: Readonly<Record<string, number>> = {
  CELU: 1,
  ELU: 1,
  SELU: 1.0507009873554805,
  Hardtanh: 1,
  ReLU6: 1,
  Hardswish: 1,
  Hardsigmoid: 0,
  Hardshrink: 1,
  Softshrink: 1,
}

/**
 * What is accepted as a result of a layer: PyTorch's numbers or, where docs/pytorch-differences.md says
 * that we differ, ours. Each element has to be that of one of the lists.
 */
export function accepted(one: LayerCase, key: string, dtype: FloatDType): readonly number[][] {
  const { name, arguments: given, kind = 'plain', mode, results, skipping } = one
  const theirs = valuesOf(results![key]!, dtype)
  const special = kind !== 'plain' && kind !== 'far'

  // "Dropout with p = 1 is 0 for every input"
  if (name.startsWith('Dropout') && given[0] === 1 && mode !== 'eval') return [theirs.map(() => 0)]

  // "A zero may meet a NaN": in PyTorch, too, it depends on the algorithm and so on the dtype
  const skipped: Result | undefined = skipping?.[key]
  if (skipped) return [theirs, valuesOf(results![key]!, 'float64'), valuesOf(skipped, dtype)]

  // "An infinity in a batch makes the running mean NaN"
  if (key === 'after running_mean' && special) {
    return [theirs.map((value) => (Number.isFinite(value) ? value : NaN))]
  }

  // "An activation of pieces passes the gradient of NaN on": in PyTorch that depends on the number of elements
  const slope = slopeAtNaN[name]
  if (slope !== undefined && kind === 'nan') {
    const i = Math.floor(theirs.length / 3)
    return [theirs.with(i, key === 'output' ? NaN : slope * gradients(one.input, kind)[i]!)]
  }

  // "Which value that is not finite": the order of Inf - Inf in the gradient of a normalisation
  if (name === 'GroupNorm' && kind === 'gradient') {
    return [NaN, Infinity, -Infinity].map((odd) =>
      theirs.map((value) => (Number.isFinite(value) ? value : odd)),
    )
  }
  return [theirs]
}

/** The same of a criterion; `ignored` tells which elements are of a class that counts for nothing. */
export function acceptedLoss(
  { name, target }: LossCase,
  key: string,
  theirs: readonly number[],
  prediction: readonly number[],
  ignored: (i: number) => boolean,
): readonly (readonly number[])[] {
  // "A NaN stays one in the gradient of L1Loss"
  if (name === 'L1Loss' && key === 'gradient') {
    return [theirs.map((value, i) => (Number.isNaN(prediction[i]) ? NaN : value))]
  }
  // "A logit of -Infinity": of a target above 0 the loss is Infinity, of a target of 0 it is 0
  if (name === 'BCEWithLogitsLoss' && key === 'loss' && (target === 'soft' || target === 'hard')) {
    const limit = (i: number): number => (target === 'soft' || i % 2 === 1 ? Infinity : 0)
    return [theirs.map((value, i) => (prediction[i] === -Infinity ? limit(i) : value))]
  }
  // "A target of 0 in KLDivLoss"
  if (name === 'KLDivLoss' && key === 'loss' && target === 'sparse') {
    return [theirs.map((value, i) => (Number.isFinite(prediction[i]) ? value : 0))]
  }
  // "What is ignored has the gradient 0"
  if (name === 'CrossEntropyLoss' && key === 'gradient') {
    return [theirs.map((value, i) => (ignored(i) ? 0 : value))]
  }
  return [theirs]
}
