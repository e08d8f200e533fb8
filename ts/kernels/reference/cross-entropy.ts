import { Reduction, type View } from '../kernels.js'
import { labels } from './labels.js'
import { type Floats, floats } from './operand.js'

/**
 * log p[c] of a row: (logit - max) - ln(sum exp(logit - max)). Not logit - (max + ln sum): a max of 1e4
 * would swallow digits of ln sum.
 */
function logProbabilities(logits: Floats, start: number, cols: number): (c: number) => number {
  let max = -Infinity
  for (let c = 0; c < cols; c++) max = Math.max(max, logits[start + c]!)
  let sum = 0
  for (let c = 0; c < cols; c++) sum += Math.exp(logits[start + c]! - max)
  const logSum = Math.log(sum)
  return (c) => logits[start + c]! - max - logSum
}

/**
 * A row's target as the coefficients of its loss, loss = -sum_c coefficient[c] * log p[c]. Both forms
 * of target reduce to it:
 *   class index t    (1 - s) w[t] [c = t] + s / cols * w[c]
 *   probabilities    w[c] ((1 - s) target[c] + s / cols)
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
  cols: number,
  ignoreIndex: number,
  labelSmoothing: number,
  op: string,
): Targets {
  const weightOf = (c: number): number => (weight ? weight[c]! : 1)
  const smooth = labelSmoothing / cols
  if (target.dtype === 'int32') {
    const classes = labels(target, rows, cols, ignoreIndex, op)
    return {
      counts: (row) => classes[row] !== ignoreIndex,
      share: (row) => weightOf(classes[row]!),
      coefficient: (row, c) =>
        weightOf(c) * ((c === classes[row] ? 1 - labelSmoothing : 0) + smooth),
    }
  }
  const probabilities = floats(target, rows * cols, op, 'target')
  return {
    counts: () => true,
    share: () => 1,
    coefficient: (row, c) =>
      weightOf(c) * ((1 - labelSmoothing) * probabilities[row * cols + c]! + smooth),
  }
}

export function crossEntropy(
  logits: View,
  target: View,
  weight: View | null,
  loss: View,
  divisor: View,
  rows: number,
  cols: number,
  reduction: Reduction,
  ignoreIndex: number,
  labelSmoothing: number,
): void {
  const op = 'crossEntropy'
  const xs = floats(logits, rows * cols, op, 'logits')
  const ws = weight ? floats(weight, cols, op, 'weight') : null
  const losses = floats(loss, reduction === Reduction.none ? rows : 1, op, 'loss')
  const divisors = floats(divisor, 1, op, 'divisor')
  const targets = targetsOf(target, ws, rows, cols, ignoreIndex, labelSmoothing, op)
  const byClass = target.dtype === 'int32'

  let total = 0
  let shares = 0
  for (let r = 0; r < rows; r++) {
    let rowLoss = 0
    if (targets.counts(r)) {
      const logP = logProbabilities(xs, r * cols, cols)
      for (let c = 0; c < cols; c++) {
        const coefficient = targets.coefficient(r, c)
        // of a class index only its own term exists: a -Infinity elsewhere must not become 0 * Infinity
        if (byClass && coefficient === 0) continue
        rowLoss -= coefficient * logP(c)
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
export function crossEntropyGradient(
  logits: View,
  target: View,
  weight: View | null,
  divisor: View,
  gradLogits: View,
  rows: number,
  cols: number,
  ignoreIndex: number,
  labelSmoothing: number,
): void {
  const op = 'crossEntropyGradient'
  const xs = floats(logits, rows * cols, op, 'logits')
  const ws = weight ? floats(weight, cols, op, 'weight') : null
  const d = floats(divisor, 1, op, 'divisor')[0]!
  const grads = floats(gradLogits, rows * cols, op, 'gradLogits')
  const targets = targetsOf(target, ws, rows, cols, ignoreIndex, labelSmoothing, op)

  for (let r = 0; r < rows; r++) {
    if (!targets.counts(r)) {
      grads.fill(0, r * cols, (r + 1) * cols)
      continue
    }
    const logP = logProbabilities(xs, r * cols, cols)
    let mass = 0
    for (let c = 0; c < cols; c++) mass += targets.coefficient(r, c)
    for (let c = 0; c < cols; c++) {
      grads[r * cols + c] = (Math.exp(logP(c)) * mass - targets.coefficient(r, c)) / d
    }
  }
}
