import type { NllArgs, NllGradientArgs } from '../nll.js'
import { Reduction } from '../kernels.js'
import { labels } from './labels.js'
import { floats } from './operand.js'

/** Where the log-probability of class t of sample i stands. */
const placeOf = (i: number, t: number, classes: number, inner: number): number =>
  (Math.floor(i / inner) * classes + t) * inner + (i % inner)

export function nll({
  logProbabilities,
  target,
  weight,
  loss,
  divisor,
  outer,
  classes,
  inner,
  reduction,
  ignoreIndex,
}: NllArgs): void {
  const op = 'nll'
  const n = outer * inner
  const xs = floats(logProbabilities, n * classes, op, 'logProbabilities')
  const ws = weight ? floats(weight, classes, op, 'weight') : null
  const losses = floats(loss, reduction === Reduction.none ? n : 1, op, 'loss')
  const divisors = floats(divisor, 1, op, 'divisor')
  const ts = labels(target, n, classes, ignoreIndex, op)

  let total = 0
  let shares = 0
  for (let i = 0; i < n; i++) {
    const t = ts[i]!
    const w = t === ignoreIndex ? 0 : ws ? ws[t]! : 1
    const value = w === 0 ? 0 : -w * xs[placeOf(i, t, classes, inner)]!
    if (reduction === Reduction.none) losses[i] = value
    total += value
    shares += w
  }
  const share = reduction === Reduction.mean ? shares : 1
  divisors[0] = share
  if (reduction !== Reduction.none) losses[0] = total / share
}

export function nllGradient({
  target,
  weight,
  divisor,
  grad,
  outer,
  classes,
  inner,
  ignoreIndex,
}: NllGradientArgs): void {
  const op = 'nllGradient'
  const n = outer * inner
  const ws = weight ? floats(weight, classes, op, 'weight') : null
  const d = floats(divisor, 1, op, 'divisor')[0]!
  const grads = floats(grad, n * classes, op, 'grad')
  const ts = labels(target, n, classes, ignoreIndex, op)

  grads.fill(0)
  for (let i = 0; i < n; i++) {
    const t = ts[i]!
    if (t !== ignoreIndex) grads[placeOf(i, t, classes, inner)] = -(ws ? ws[t]! : 1) / d
  }
}

export const nllKernels = { nll, nllGradient }
