import type { DType } from '../dtype.js'
import { AdamHyper, type ParameterSlot, SgdHyper, type View } from '../kernels.js'
import { doubles, type Floats, floats } from './operand.js'
import { counterExtent, decay, pairs, stateExtent, wholePower } from './slots.js'

const dtypeOf = (slots: readonly ParameterSlot[]): DType => slots[0]?.gradient.dtype ?? 'float32'

/**
 * https://pytorch.org/docs/stable/generated/torch.optim.SGD.html, for each parameter p:
 *   d = ±gradient + weightDecay * p
 *   b = d on the first step, then momentum * b + (1 - dampening) * d
 *   p = p - lr * (nesterov ? d + momentum * b : b)
 */
export function sgdStep(
  hyper: View,
  steps: View,
  state: View,
  slots: readonly ParameterSlot[],
): void {
  const op = 'sgdStep'
  const h = doubles(hyper, SgdHyper.length, op, 'hyper')
  const lr = h[SgdHyper.lr]!
  const momentum = h[SgdHyper.momentum]!
  const dampening = h[SgdHyper.dampening]!
  const weightDecay = h[SgdHyper.weightDecay]!
  const nesterov = h[SgdHyper.nesterov] !== 0
  const sign = h[SgdHyper.maximize] !== 0 ? -1 : 1
  const counters = doubles(steps, counterExtent(slots), op, 'steps')
  const buffers = floats(state, momentum === 0 ? 0 : stateExtent(slots), op, 'state')

  for (const { parameter, gradient, index, stateOffset } of pairs(slots, state.dtype, op)) {
    counters[index]! += 1
    const first = counters[index] === 1
    for (let i = 0; i < parameter.length; i++) {
      let d = sign * gradient[i]! + decay(weightDecay, parameter[i]!)
      if (momentum !== 0) {
        const at = stateOffset + i
        const b = first ? d : momentum * buffers[at]! + (1 - dampening) * d
        buffers[at] = b
        d = nesterov ? d + momentum * b : b
      }
      parameter[i]! -= lr * d
    }
  }
}

/**
 * https://pytorch.org/docs/stable/generated/torch.optim.Adam.html and AdamW.html, for each p at its
 * step t:
 *   g = ±gradient, + weightDecay * p for Adam; AdamW scales p by 1 - lr * weightDecay instead
 *   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2
 *   with amsgrad v^ = max(v^, v), without v^ = v
 *   p = p - lr * m / (1 - beta1^t) / (sqrt(v^ / (1 - beta2^t)) + eps)
 */
export function adamStep(
  hyper: View,
  steps: View,
  state: View,
  stateLength: number,
  slots: readonly ParameterSlot[],
): void {
  const op = 'adamStep'
  const h = doubles(hyper, AdamHyper.length, op, 'hyper')
  const lr = h[AdamHyper.lr]!
  const beta1 = h[AdamHyper.beta1]!
  const beta2 = h[AdamHyper.beta2]!
  const eps = h[AdamHyper.eps]!
  const weightDecay = h[AdamHyper.weightDecay]!
  const decoupled = h[AdamHyper.decoupled] !== 0
  const amsgrad = h[AdamHyper.amsgrad] !== 0
  const sign = h[AdamHyper.maximize] !== 0 ? -1 : 1
  const biasCorrection = h[AdamHyper.biasCorrection] !== 0
  const counters = doubles(steps, counterExtent(slots), op, 'steps')
  const states = floats(state, (amsgrad ? 3 : 2) * stateLength, op, 'state')
  const expAvg = states.subarray(0, stateLength)
  const expAvgSq = states.subarray(stateLength, 2 * stateLength)
  const maxExpAvgSq = states.subarray(2 * stateLength)

  for (const { parameter, gradient, index, stateOffset } of pairs(slots, state.dtype, op)) {
    counters[index]! += 1
    const t = counters[index]!
    const correction1 = biasCorrection ? 1 - wholePower(beta1, t) : 1
    const correction2 = biasCorrection ? 1 - wholePower(beta2, t) : 1
    for (let i = 0; i < parameter.length; i++) {
      const at = stateOffset + i
      let p = parameter[i]!
      let g = sign * gradient[i]!
      if (decoupled) p *= 1 - lr * weightDecay
      else g += decay(weightDecay, p)
      expAvg[at] = beta1 * expAvg[at]! + (1 - beta1) * g
      expAvgSq[at] = beta2 * expAvgSq[at]! + (1 - beta2) * g * g
      // as they are stored: a square that float32 cannot hold is Infinity at once, not at the next step
      const m = expAvg[at]
      let second = expAvgSq[at]
      if (amsgrad) {
        second = Math.max(maxExpAvgSq[at]!, second)
        maxExpAvgSq[at] = second
      }
      parameter[i] = p - (lr * m) / correction1 / (Math.sqrt(second / correction2) + eps)
    }
  }
}

/** (sum |g|^p)^(1/p) over all gradients; max |g| for p = Infinity. */
export function gradNorm(out: View, p: number, slots: readonly ParameterSlot[]): void {
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
export function clipGradients(norm: View, maxNorm: number, slots: readonly ParameterSlot[]): void {
  const op = 'clipGradients'
  const total = doubles(norm, 1, op, 'norm')[0]!
  const scale = Math.min(1, maxNorm / (total + 1e-6))
  for (const { gradient } of pairs(slots, dtypeOf(slots), op)) {
    for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale
  }
}
