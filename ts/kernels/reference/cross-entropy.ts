import type { CrossEntropyArgs, CrossEntropyGradientArgs } from '../cross-entropy.js'
import { Reduction, type View } from '../kernels.js'
import { labels } from './labels.js'
import { type Floats, floats } from './operand.js'

/** Where the numbers of (outer, classes, inner) stand: that of class c of a row, a row being one of the
 * outer x inner samples. */
const placesOf =
  (classes: number, inner: number) =>
  (row: number, c: number): number =>
    (Math.floor(row / inner) * classes + c) * inner + (row % inner)

/**
 * log p[c] of a row: (logit - max) - ln(sum exp(logit - max)). Not logit - (max + ln sum): a max of 1e4
 * would swallow digits of ln sum.
 */
function logProbabilities(classes: number, logit: (c: number) => number): (c: number) => number {
  let max = -Infinity
  for (let c = 0; c < classes; c++) max = Math.max(max, logit(c))
  let sum = 0
  for (let c = 0; c < classes; c++) sum += Math.exp(logit(c) - max)
  const logSum = Math.log(sum)
  return (c) => logit(c) - max - logSum
}

/**
 * A row's target as the coefficients of its loss, loss = -sum_c coefficient[c] * log p[c]. Both forms
 * of target reduce to it:
 *   class index t    (1 - s) w[t] [c = t] + s / classes * w[c]
 *   probabilities    w[c] ((1 - s) target[c] + s / classes)
 */
interface Targets {
  /** Whether the row counts at all. */
  counts(row: number): boolean
  /** What the row adds to the divisor of the mean. */
  share(row: number): number
  coefficient(row: number, c: number): number
}

function targetsOf(
  target: View,
  weight: Floats | null,
  rows: number,
  classes: number,
  place: (row: number, c: number) => number,
  ignoreIndex: number,
  labelSmoothing: number,
  op: string,
): Targets {
  const weightOf = (c: number): number => (weight ? weight[c]! : 1)
  const smooth = labelSmoothing / classes
  if (target.dtype === 'int32') {
    const own = labels(target, rows, classes, ignoreIndex, op)
    return {
      counts: (row) => own[row] !== ignoreIndex,
      share: (row) => weightOf(own[row]!),
      coefficient: (row, c) => weightOf(c) * ((c === own[row] ? 1 - labelSmoothing : 0) + smooth),
    }
  }
  const probabilities = floats(target, rows * classes, op, 'target')
  return {
    counts: () => true,
    // the mean divides by elements / classes, which without any class is 0 / 0
    share: () => (classes === 0 ? NaN : 1),
    coefficient: (row, c) =>
      weightOf(c) * ((1 - labelSmoothing) * probabilities[place(row, c)]! + smooth),
  }
}

export function crossEntropy({
  logits,
  target,
  weight,
  loss,
  divisor,
  outer,
  classes,
  inner,
  reduction,
  ignoreIndex,
  labelSmoothing,
}: CrossEntropyArgs): void {
  const op = 'crossEntropy'
  const rows = outer * inner
  const place = placesOf(classes, inner)
  const xs = floats(logits, rows * classes, op, 'logits')
  const ws = weight ? floats(weight, classes, op, 'weight') : null
  const losses = floats(loss, reduction === Reduction.none ? rows : 1, op, 'loss')
  const divisors = floats(divisor, 1, op, 'divisor')
  const targets = targetsOf(target, ws, rows, classes, place, ignoreIndex, labelSmoothing, op)
  // Rows without a class differ in nothing, and have a length only if their labels or losses do.
  const told = classes > 0 || target.dtype === 'int32' || reduction === Reduction.none

  let total = 0
  let shares = 0
  for (let r = 0; r < (told ? rows : Math.min(rows, 1)); r++) {
    let rowLoss = 0
    if (targets.counts(r)) {
      const logP = logProbabilities(classes, (c) => xs[place(r, c)]!)
      for (let c = 0; c < classes; c++) {
        const coefficient = targets.coefficient(r, c)
        // What has no share costs nothing, however unlikely the prediction makes it.
        if (coefficient !== 0) rowLoss -= coefficient * logP(c)
      }
      shares += targets.share(r)
    }
    if (reduction === Reduction.none) losses[r] = rowLoss
    total += rowLoss
  }
  divisors[0] = reduction === Reduction.mean ? shares : 1
  if (reduction !== Reduction.none) {
    losses[0] = reduction === Reduction.mean ? total / shares : total
  }
}

/** gradLogits = (p[c] * sum_j coefficient[j] - coefficient[c]) / divisor; 0 in ignored rows. */
export function crossEntropyGradient({
  logits,
  target,
  weight,
  divisor,
  gradLogits,
  outer,
  classes,
  inner,
  ignoreIndex,
  labelSmoothing,
}: CrossEntropyGradientArgs): void {
  const op = 'crossEntropyGradient'
  const rows = outer * inner
  const place = placesOf(classes, inner)
  const xs = floats(logits, rows * classes, op, 'logits')
  const ws = weight ? floats(weight, classes, op, 'weight') : null
  const d = floats(divisor, 1, op, 'divisor')[0]!
  const grads = floats(gradLogits, rows * classes, op, 'gradLogits')
  const targets = targetsOf(target, ws, rows, classes, place, ignoreIndex, labelSmoothing, op)

  if (grads.length === 0) return
  for (let r = 0; r < rows; r++) {
    if (!targets.counts(r)) {
      for (let c = 0; c < classes; c++) grads[place(r, c)] = 0
      continue
    }
    const logP = logProbabilities(classes, (c) => xs[place(r, c)]!)
    let mass = 0
    for (let c = 0; c < classes; c++) mass += targets.coefficient(r, c)
    for (let c = 0; c < classes; c++) {
      grads[place(r, c)] = (Math.exp(logP(c)) * mass - targets.coefficient(r, c)) / d
    }
  }
}

export const crossEntropyKernels = { crossEntropy, crossEntropyGradient }
