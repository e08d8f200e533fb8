import type { DType } from '../dtype.js'
import type { ClipGradientsArgs, GradNormArgs } from '../gradient.js'
import type { ParameterSlot } from '../kernels.js'
import { doubles, type Floats } from './operand.js'
import { pairs } from './slots.js'

const dtypeOf = (slots: readonly ParameterSlot[]): DType => slots[0]?.gradient.dtype ?? 'float32'

/** (sum |g|^p)^(1/p) over all gradients; max |g| for p = Infinity. */
export function gradNorm({ out, p, slots }: GradNormArgs): void {
  const op = 'gradNorm'
  const outs = doubles(out, 1, op, 'out')
  const gradients = pairs(slots, dtypeOf(slots), op).map(({ gradient }) => gradient)
  let norm = normOf(gradients, p, 1)
  // Powers may leave the range of a double though their root is within it.
  if (norm === Infinity || norm < 2 ** (-900 / p)) {
    const largest = normOf(gradients, Infinity, 1)
    if (largest > 0 && largest < Infinity) norm = largest * normOf(gradients, p, largest)
  }
  outs[0] = norm
}

function normOf(gradients: readonly Floats[], p: number, scale: number): number {
  let sum = 0
  for (const gradient of gradients) {
    for (const g of gradient) {
      const size = Math.abs(g) / scale
      if (p === Infinity) sum = Math.max(sum, size)
      else sum += p === 1 ? size : p === 2 ? size * size : size ** p
    }
  }
  if (p === 2) return Math.sqrt(sum)
  return p === 1 || p === Infinity ? sum : sum ** (1 / p)
}

/** gradient *= min(1, maxNorm / (norm + 1e-6)). */
export function clipGradients({ norm, maxNorm, slots }: ClipGradientsArgs): void {
  const op = 'clipGradients'
  const total = doubles(norm, 1, op, 'norm')[0]!
  const scale = Math.min(1, maxNorm / (total + 1e-6))
  for (const { gradient } of pairs(slots, dtypeOf(slots), op)) {
    for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale
  }
}

export const gradientKernels = { gradNorm, clipGradients }
