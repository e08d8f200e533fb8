import { Reduction, type View } from '../kernels.js'
import { floats } from './operand.js'

/** (x - y)^2 for each element, or their sum, or their mean. */
export function mse(x: View, y: View, loss: View, n: number, reduction: Reduction): void {
  const xs = floats(x, n, 'mse', 'x')
  const ys = floats(y, n, 'mse', 'y')
  const losses = floats(loss, reduction === Reduction.none ? n : 1, 'mse', 'loss')
  let sum = 0
  for (let i = 0; i < n; i++) {
    const square = (xs[i]! - ys[i]!) ** 2
    if (reduction === Reduction.none) losses[i] = square
    sum += square
  }
  if (reduction !== Reduction.none) losses[0] = reduction === Reduction.mean ? sum / n : sum
}

/** gradX = scale * (x - y). */
export function mseGradient(x: View, y: View, gradX: View, n: number, scale: number): void {
  const xs = floats(x, n, 'mseGradient', 'x')
  const ys = floats(y, n, 'mseGradient', 'y')
  const gx = floats(gradX, n, 'mseGradient', 'gradX')
  for (let i = 0; i < n; i++) gx[i] = scale * (xs[i]! - ys[i]!)
}
