import { Reduction, type View } from '../kernels.js'
import { labels } from './labels.js'
import { floats } from './operand.js'

export function nll(
  logProbabilities: View,
  target: View,
  weight: View | null,
  loss: View,
  divisor: View,
  outer: number,
  classes: number,
  inner: number,
  reduction: Reduction,
  ignoreIndex: number,
): void {
  const op = 'nll'
  const n = outer * inner
  const xs = floats(logProbabilities, n * classes, op, 'logProbabilities')
  const ws = weight ? floats(weight, classes, op, 'weight') : null
  const losses = floats(loss, reduction === Reduction.none ? n : 1, op, 'loss')
  const divisors = floats(divisor, 1, op, 'divisor')
  const ts = labels(target, n, classes, ignoreIndex, op)

  let total = 0
  let shares = 0
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const t = ts[o * inner + i]!
      const w = t === ignoreIndex ? 0 : ws ? ws[t]! : 1
      const value = w === 0 ? 0 : -w * xs[(o * classes + t) * inner + i]!
      if (reduction === Reduction.none) losses[o * inner + i] = value
      total += value
      shares += w
    }
  }
  const share = reduction === Reduction.mean ? shares : 1
  divisors[0] = share
  if (reduction !== Reduction.none) losses[0] = total / share
}

export function nllGradient(
  target: View,
  weight: View | null,
  divisor: View,
  grad: View,
  outer: number,
  classes: number,
  inner: number,
  ignoreIndex: number,
): void {
  const op = 'nllGradient'
  const n = outer * inner
  const ws = weight ? floats(weight, classes, op, 'weight') : null
  const d = floats(divisor, 1, op, 'divisor')[0]!
  const grads = floats(grad, n * classes, op, 'grad')
  const ts = labels(target, n, classes, ignoreIndex, op)

  grads.fill(0)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const t = ts[o * inner + i]!
      if (t !== ignoreIndex) grads[(o * classes + t) * inner + i] = -(ws ? ws[t]! : 1) / d
    }
  }
}
