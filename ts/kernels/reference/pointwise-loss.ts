import type { PointwiseLossArgs, PointwiseLossGradientArgs } from '../pointwise-loss.js'
import { ValueError } from '../../errors.js'
import type { View } from '../kernels.js'
import { PointwiseLossKind } from '../pointwise-loss.js'
import { type Floats, floats } from './operand.js'

/** f of one element: prediction x, target y, weight w, positive weight p, parameter c. */
type Loss = (x: number, y: number, w: number, p: number, c: number) => number

/** max(0, x) + log(1 + exp(-|x|)) = log(1 + exp(x)) */
const softplus = (x: number): number => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)))

/** 1 / (1 + exp(-x)); exp overflows to Infinity, which gives the right 0. */
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** factor cost, but 0 of nothing of an infinite cost, which is the limit. */
const share = (factor: number, cost: number): number =>
  factor === 0 && cost === Infinity ? 0 : factor * cost

const losses: Record<PointwiseLossKind, Loss> = {
  [PointwiseLossKind.mse]: (x, y) => (x - y) ** 2,
  [PointwiseLossKind.smoothL1]: (x, y, _w, _p, beta) => {
    const d = Math.abs(x - y)
    return d < beta ? (d * d) / (2 * beta) : d - beta / 2
  },
  [PointwiseLossKind.huber]: (x, y, _w, _p, delta) => {
    const d = Math.abs(x - y)
    return d < delta ? (d * d) / 2 : delta * (d - delta / 2)
  },
  [PointwiseLossKind.bce]: (x, y, w) =>
    -w * (y * Math.max(-100, Math.log(x)) + (1 - y) * Math.max(-100, Math.log1p(-x))),
  // -log sigmoid(x) = softplus(-x), -log(1 - sigmoid(x)) = softplus(x)
  [PointwiseLossKind.bceWithLogits]: (x, y, w, p) =>
    share(w, share(1 - y, softplus(x)) + share(p * y, softplus(-x))),
  [PointwiseLossKind.klDiv]: (x, y) => (y === 0 ? 0 : y * (Math.log(y) - x)),
  [PointwiseLossKind.klDivLogTarget]: (x, y) => {
    const q = Math.exp(y)
    return q === 0 ? 0 : q * (y - x)
  },
  [PointwiseLossKind.crossEntropy]: (x, y) => (y === 0 ? 0 : -y * Math.log(x)),
}

const slopes: Record<PointwiseLossKind, Loss> = {
  [PointwiseLossKind.mse]: (x, y) => 2 * (x - y),
  [PointwiseLossKind.smoothL1]: (x, y, _w, _p, beta) => {
    const d = x - y
    return Math.abs(d) < beta ? d / beta : Math.sign(d)
  },
  [PointwiseLossKind.huber]: (x, y, _w, _p, delta) => {
    const d = x - y
    return Math.abs(d) < delta ? d : delta * Math.sign(d)
  },
  [PointwiseLossKind.bce]: (x, y, w) => w * ((x - y) / Math.max(1e-12, x * (1 - x))),
  [PointwiseLossKind.bceWithLogits]: (x, y, w, p) =>
    w * ((1 - y) * sigmoid(x) - p * y * sigmoid(-x)),
  [PointwiseLossKind.klDiv]: (_x, y) => -y,
  [PointwiseLossKind.klDivLogTarget]: (_x, y) => -Math.exp(y),
  [PointwiseLossKind.crossEntropy]: (x, y) => (y === 0 ? 0 : -y / x),
}

const BINARY_HINT =
  'a binary cross entropy takes probabilities, as a Sigmoid gives them (of the numbers before it, ' +
  'BCEWithLogitsLoss)'
const CLASSES_HINT =
  'this cross entropy takes probabilities, as a Softmax gives them (of the numbers before it, ' +
  'CrossEntropyLoss)'

function checkProbabilities(x: Floats, op: string, hint: string): void {
  const i = x.findIndex((value) => !(value >= 0 && value <= 1))
  if (i >= 0) throw new ValueError(`${op}: x[${i}] = ${x[i]!} is outside [0, 1]; ${hint}`)
}

/** f as a function of the element's place, over the operands as they are checked. */
function elementwise(
  f: Loss,
  kind: PointwiseLossKind,
  x: View,
  y: View,
  weight: View | null,
  positive: View | null,
  n: number,
  parameter: number,
  op: string,
): (i: number) => number {
  const xs = floats(x, n, op, 'x')
  const ys = floats(y, n, op, 'y')
  const ws = weight ? floats(weight, n, op, 'weight') : null
  const ps = positive ? floats(positive, n, op, 'positive') : null
  if (kind === PointwiseLossKind.bce) checkProbabilities(xs, op, BINARY_HINT)
  if (kind === PointwiseLossKind.crossEntropy) checkProbabilities(xs, op, CLASSES_HINT)
  return (i) => f(xs[i]!, ys[i]!, ws ? ws[i]! : 1, ps ? ps[i]! : 1, parameter)
}

export function pointwiseLoss({
  kind,
  x,
  y,
  weight,
  positive,
  loss,
  n,
  parameter,
  eachElement,
  divisor,
}: PointwiseLossArgs): void {
  const op = 'pointwiseLoss'
  const out = floats(loss, eachElement ? n : 1, op, 'loss')
  const at = elementwise(losses[kind], kind, x, y, weight, positive, n, parameter, op)
  if (eachElement) {
    for (let i = 0; i < n; i++) out[i] = at(i)
    return
  }
  let sum = 0
  for (let i = 0; i < n; i++) sum += at(i)
  out[0] = sum / divisor
}

export function pointwiseLossGradient({
  kind,
  x,
  y,
  weight,
  positive,
  gradX,
  n,
  parameter,
  scale,
}: PointwiseLossGradientArgs): void {
  const op = 'pointwiseLossGradient'
  const out = floats(gradX, n, op, 'gradX')
  const at = elementwise(slopes[kind], kind, x, y, weight, positive, n, parameter, op)
  for (let i = 0; i < n; i++) out[i] = scale * at(i)
}

export const pointwiseLossKernels = { pointwiseLoss, pointwiseLossGradient }
