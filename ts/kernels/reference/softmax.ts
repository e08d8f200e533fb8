import type { SoftmaxArgs, SoftmaxGradientArgs } from '../softmax.js'
import { floats } from './operand.js'

/**
 * Along n, with m = max x:
 *   softmax     y = exp(x - m) / sum exp(x - m)
 *   logarithm   y = x - m - ln(sum exp(x - m))
 */
export function softmax({ x, y, outer, n, inner, log }: SoftmaxArgs): void {
  const xs = floats(x, outer * n * inner, 'softmax', 'x')
  const ys = floats(y, outer * n * inner, 'softmax', 'y')
  if (ys.length === 0) return
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (j: number): number => (o * n + j) * inner + i
      let max = -Infinity
      for (let j = 0; j < n; j++) max = Math.max(max, xs[at(j)]!)
      let sum = 0
      for (let j = 0; j < n; j++) sum += Math.exp(xs[at(j)]! - max)
      const logSum = Math.log(sum)
      for (let j = 0; j < n; j++) {
        const shifted = xs[at(j)]! - max
        ys[at(j)] = log ? shifted - logSum : Math.exp(shifted) / sum
      }
    }
  }
}

/**
 * Along n:
 *   softmax     gradX = y * (gradY - sum(gradY * y))
 *   logarithm   gradX = gradY - exp(y) * sum(gradY)
 */
export function softmaxGradient({
  y,
  gradY,
  gradX,
  outer,
  n,
  inner,
  log,
}: SoftmaxGradientArgs): void {
  const op = 'softmaxGradient'
  const ys = floats(y, outer * n * inner, op, 'y')
  const gy = floats(gradY, outer * n * inner, op, 'gradY')
  const gx = floats(gradX, outer * n * inner, op, 'gradX')
  if (gx.length === 0) return
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (j: number): number => (o * n + j) * inner + i
      let sum = 0
      for (let j = 0; j < n; j++) sum += log ? gy[at(j)]! : gy[at(j)]! * ys[at(j)]!
      for (let j = 0; j < n; j++) {
        const g = gy[at(j)]!
        gx[at(j)] = log ? g - Math.exp(ys[at(j)]!) * sum : ys[at(j)]! * (g - sum)
      }
    }
  }
}

export const softmaxKernels = { softmax, softmaxGradient }
