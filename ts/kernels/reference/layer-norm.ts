import type {
  LayerNormArgs,
  LayerNormGradientArgs,
  LayerNormAffineGradientArgs,
} from '../layer-norm.js'
import { moments } from './moments.js'
import { floats, optionalFloats } from './operand.js'

/** For each row: out = (x - mean) / sqrt(biased variance + eps) * weight + bias. */
export function layerNorm({
  x,
  weight,
  bias,
  mean,
  inverseStd,
  out,
  rows,
  cols,
  eps,
}: LayerNormArgs): void {
  const op = 'layerNorm'
  const xs = floats(x, rows * cols, op, 'x')
  const weights = optionalFloats(weight, cols, op, 'weight')
  const biases = optionalFloats(bias, cols, op, 'bias')
  const means = floats(mean, rows, op, 'mean')
  const inverse = floats(inverseStd, rows, op, 'inverseStd')
  const ys = floats(out, rows * cols, op, 'out')
  if (rows * cols === 0) return
  for (let r = 0; r < rows; r++) {
    const own = moments(cols, (visit) => {
      for (let i = r * cols; i < (r + 1) * cols; i++) visit(xs[i]!)
    })
    means[r] = own.mean
    inverse[r] = 1 / Math.sqrt(own.squares / cols + eps)
    for (let c = 0; c < cols; c++) {
      const hat = (xs[r * cols + c]! - means[r]!) * inverse[r]!
      ys[r * cols + c] = hat * (weights?.[c] ?? 1) + (biases?.[c] ?? 0)
    }
  }
}

/**
 * For each row, with d = g weight and hat = (x - mean) inverseStd:
 * gradX = inverseStd (d - mean(d) - hat mean(d hat)).
 */
export function layerNormGradient({
  x,
  gradOut,
  weight,
  mean,
  inverseStd,
  gradX,
  rows,
  cols,
}: LayerNormGradientArgs): void {
  const op = 'layerNormGradient'
  const xs = floats(x, rows * cols, op, 'x')
  const gs = floats(gradOut, rows * cols, op, 'gradOut')
  const weights = optionalFloats(weight, cols, op, 'weight')
  const means = floats(mean, rows, op, 'mean')
  const inverse = floats(inverseStd, rows, op, 'inverseStd')
  const gx = floats(gradX, rows * cols, op, 'gradX')
  for (let r = 0; r < rows; r++) {
    const hat = (c: number): number => (xs[r * cols + c]! - means[r]!) * inverse[r]!
    const d = (c: number): number => gs[r * cols + c]! * (weights?.[c] ?? 1)
    let sum = 0
    let product = 0
    for (let c = 0; c < cols; c++) {
      sum += d(c)
      product += d(c) * hat(c)
    }
    for (let c = 0; c < cols; c++) {
      gx[r * cols + c] = inverse[r]! * (d(c) - sum / cols - hat(c) * (product / cols))
    }
  }
}

/** For each column: gradWeight = sum g (x - mean) inverseStd, gradBias = sum g, plus beta times the old. */
export function layerNormAffineGradient({
  x,
  gradOut,
  mean,
  inverseStd,
  gradWeight,
  gradBias,
  rows,
  cols,
  weightBeta,
  biasBeta,
}: LayerNormAffineGradientArgs): void {
  const op = 'layerNormAffineGradient'
  const xs = floats(x, rows * cols, op, 'x')
  const gs = floats(gradOut, rows * cols, op, 'gradOut')
  const means = floats(mean, rows, op, 'mean')
  const inverse = floats(inverseStd, rows, op, 'inverseStd')
  const gw = optionalFloats(gradWeight, cols, op, 'gradWeight')
  const gb = optionalFloats(gradBias, cols, op, 'gradBias')
  if (gw === null && gb === null) return
  for (let c = 0; c < cols; c++) {
    let sum = 0
    let product = 0
    for (let r = 0; r < rows; r++) {
      const g = gs[r * cols + c]!
      sum += g
      product += g * (xs[r * cols + c]! - means[r]!) * inverse[r]!
    }
    if (gw !== null) gw[c] = weightBeta === 0 ? product : product + weightBeta * gw[c]!
    if (gb !== null) gb[c] = biasBeta === 0 ? sum : sum + biasBeta * gb[c]!
  }
}

export const layerNormKernels = { layerNorm, layerNormGradient, layerNormAffineGradient }
