import type { UpdateStepArgs } from '../update.js'
import { UpdateHyper, UpdateKind } from '../kernels.js'
import { type Floats, doubles, floats } from './operand.js'
import { counterExtent, pairs } from './slots.js'

/** What a rule sees of its parameter: hyper-parameters, the step, and its number for NAdam. */
interface Context {
  readonly h: Float64Array
  /** 1 at the first step. */
  readonly t: number
  readonly products: Float64Array
  readonly index: number
}

/** Updates element `at` of the state arrays by the gradient g; returns what is taken off the parameter. */
type Element = (at: number, g: number) => number

/** The rules by kind, each after its formula in ../update.ts. */
const rules: Readonly<Record<UpdateKind, (context: Context, ...state: Floats[]) => Element>> = {
  [UpdateKind.sgd]({ h, t }, buffer) {
    const momentum = h[UpdateHyper.momentum]!
    return (at, g) => {
      let step = g
      if (momentum !== 0) {
        const old = momentum * buffer[at]! + (1 - h[UpdateHyper.dampening]!) * g
        const b = t === 1 ? g : old
        buffer[at] = b
        step = h[UpdateHyper.nesterov] !== 0 ? g + momentum * b : b
      }
      return h[UpdateHyper.lr]! * step
    }
  },

  [UpdateKind.adam]({ h, t }, expAvg, expAvgSq, maxExpAvgSq) {
    const corrected = h[UpdateHyper.biasCorrection] !== 0
    const correction1 = corrected ? 1 - wholePower(h[UpdateHyper.beta1]!, t) : 1
    const correction2 = corrected ? 1 - wholePower(h[UpdateHyper.beta2]!, t) : 1
    return (at, g) => {
      const m = average(expAvg, at, h[UpdateHyper.beta1]!, g)
      const beta2 = h[UpdateHyper.beta2]!
      let second = store(expAvgSq, at, beta2 * expAvgSq[at]! + (1 - beta2) * g * g)
      if (h[UpdateHyper.amsgrad] !== 0) {
        second = store(maxExpAvgSq, at, Math.max(maxExpAvgSq[at]!, second))
      }
      const root = Math.sqrt(second / correction2)
      return (h[UpdateHyper.lr]! * m) / correction1 / (root + h[UpdateHyper.eps]!)
    }
  },

  [UpdateKind.adagrad]({ h, t }, sum) {
    const lr = h[UpdateHyper.lr]! / (1 + (t - 1) * h[UpdateHyper.lrDecay]!)
    return (at, g) => {
      const next = store(sum, at, sum[at]! + g * g)
      return (lr * g) / (Math.sqrt(next) + h[UpdateHyper.eps]!)
    }
  },

  [UpdateKind.rmsprop]({ h }, square, buffer, mean) {
    const momentum = h[UpdateHyper.momentum]!
    return (at, g) => {
      const next = average(square, at, h[UpdateHyper.beta2]!, g * g)
      let variance = next
      if (h[UpdateHyper.centered] !== 0) {
        const center = average(mean, at, h[UpdateHyper.beta2]!, g)
        // in the dtype, where a square that overflows is Infinity and two that underflow are 0
        variance -= Math.min(center * center, Number.MAX_VALUE)
        variance = inDtype(square, variance)
      }
      let step = g / (Math.sqrt(variance) + h[UpdateHyper.eps]!)
      if (momentum !== 0) step = store(buffer, at, momentum * buffer[at]! + step)
      return h[UpdateHyper.lr]! * step
    }
  },

  [UpdateKind.adadelta]({ h }, square, moved) {
    const eps = h[UpdateHyper.eps]!
    return (at, g) => {
      const next = average(square, at, h[UpdateHyper.beta2]!, g * g)
      const step = (Math.sqrt(moved[at]! + eps) / Math.sqrt(next + eps)) * g
      average(moved, at, h[UpdateHyper.beta2]!, step * step)
      return h[UpdateHyper.lr]! * step
    }
  },

  [UpdateKind.adamax]({ h, t }, expAvg, norm) {
    const lr = h[UpdateHyper.lr]! / (1 - wholePower(h[UpdateHyper.beta1]!, t))
    return (at, g) => {
      const m = average(expAvg, at, h[UpdateHyper.beta1]!, g)
      const size = Math.abs(g) + h[UpdateHyper.eps]!
      return (lr * m) / store(norm, at, Math.max(h[UpdateHyper.beta2]! * norm[at]!, size))
    }
  },

  [UpdateKind.nadam]({ h, t, products, index }, expAvg, expAvgSq) {
    const momentum = (step: number): number =>
      h[UpdateHyper.beta1]! * (1 - 0.5 * 0.96 ** (step * h[UpdateHyper.momentumDecay]!))
    const [now, next] = [momentum(t), momentum(t + 1)]
    const product = (t === 1 ? 1 : products[index]!) * now
    products[index] = product
    const correction = 1 - wholePower(h[UpdateHyper.beta2]!, t)
    return (at, g) => {
      const m = average(expAvg, at, h[UpdateHyper.beta1]!, g)
      const v = average(expAvgSq, at, h[UpdateHyper.beta2]!, g * g)
      const step = ((1 - now) / (1 - product)) * g + (next / (1 - product * next)) * m
      return (h[UpdateHyper.lr]! * step) / (Math.sqrt(v / correction) + h[UpdateHyper.eps]!)
    }
  },

  [UpdateKind.radam]({ h, t }, expAvg, expAvgSq) {
    const power = wholePower(h[UpdateHyper.beta2]!, t)
    const longest = 2 / (1 - h[UpdateHyper.beta2]!) - 1
    const length = longest - (2 * t * power) / (1 - power)
    const rectified = length > 5
    const variance =
      ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length)
    const lr = h[UpdateHyper.lr]! / (1 - wholePower(h[UpdateHyper.beta1]!, t))
    return (at, g) => {
      const m = average(expAvg, at, h[UpdateHyper.beta1]!, g)
      const v = average(expAvgSq, at, h[UpdateHyper.beta2]!, g * g)
      if (!rectified) return lr * m
      return (lr * Math.sqrt(variance * (1 - power)) * m) / (Math.sqrt(v) + h[UpdateHyper.eps]!)
    }
  },

  [UpdateKind.rprop]({ h, t }, previous, sizes) {
    const [lowest, highest] = [h[UpdateHyper.stepSizeMin]!, h[UpdateHyper.stepSizeMax]!]
    return (at, g) => {
      // in the dtype, where the product of two small gradients is 0
      const product = t === 1 ? 0 : inDtype(previous, g * previous[at]!)
      const factor =
        product < 0 ? h[UpdateHyper.etaMinus]! : product > 0 ? h[UpdateHyper.etaPlus]! : 1
      const size = (t === 1 ? h[UpdateHyper.lr]! : sizes[at]!) * factor
      const next = store(sizes, at, Math.min(Math.max(size, lowest), highest))
      previous[at] = product < 0 ? 0 : g
      return product < 0 || Number.isNaN(g) ? 0 : next * Math.sign(g)
    }
  },

  [UpdateKind.lion]({ h }, expAvg) {
    const beta1 = h[UpdateHyper.beta1]!
    return (at, g) => {
      const mixed = beta1 * expAvg[at]! + (1 - beta1) * g
      average(expAvg, at, h[UpdateHyper.beta2]!, g)
      return h[UpdateHyper.lr]! * Math.sign(mixed)
    }
  },
}

/** A number as the arrays of the state would hold it. */
const inDtype = (array: Floats, value: number): number =>
  array.BYTES_PER_ELEMENT === 4 ? Math.fround(value) : value

/** Puts a number into the state; gives it as it is stored, so that what overflows does so at once. */
function store(array: Floats, at: number, value: number): number {
  array[at] = value
  return array[at]
}

/** beta x + (1 - beta) value, stored in place of x. */
function average(array: Floats, at: number, beta: number, value: number): number {
  return store(array, at, beta * array[at]! + (1 - beta) * value)
}

/** How many arrays of state a rule reaches to. */
function arraysOf(kind: UpdateKind, h: Float64Array): number {
  if (kind === UpdateKind.adagrad || kind === UpdateKind.lion) return 1
  if (kind === UpdateKind.sgd) return h[UpdateHyper.momentum] !== 0 ? 1 : 0
  if (kind === UpdateKind.adam) return h[UpdateHyper.amsgrad] !== 0 ? 3 : 2
  if (kind !== UpdateKind.rmsprop) return 2
  return h[UpdateHyper.centered] !== 0 ? 3 : h[UpdateHyper.momentum] !== 0 ? 2 : 1
}

export function updateStep({
  kind,
  hyper,
  steps,
  products,
  state,
  stateLength,
  slots,
}: UpdateStepArgs): void {
  const op = 'updateStep'
  const h = doubles(hyper, UpdateHyper.length, op, 'hyper')
  const sign = h[UpdateHyper.maximize] !== 0 ? -1 : 1
  const decoupled = h[UpdateHyper.decoupled] !== 0
  const weightDecay = h[UpdateHyper.weightDecay]!
  const keep = 1 - h[UpdateHyper.lr]! * weightDecay
  const counters = doubles(steps, counterExtent(slots), op, 'steps')
  const numbers = kind === UpdateKind.nadam ? counterExtent(slots) : 0
  const productsOf = doubles(products, numbers, op, 'products')
  const arrays = arraysOf(kind, h)
  const states = floats(state, arrays * stateLength, op, 'state')
  const parts = Array.from({ length: arrays }, (_, k) =>
    states.subarray(k * stateLength, (k + 1) * stateLength),
  )

  for (const { parameter, gradient, index, stateOffset } of pairs(slots, state.dtype, op)) {
    const t = (counters[index]! += 1)
    const step = rules[kind]({ h, t, products: productsOf, index }, ...parts)
    for (let i = 0; i < parameter.length; i++) {
      let p = parameter[i]!
      let g = sign * gradient[i]!
      if (decoupled) p *= keep
      else g += decay(weightDecay, p)
      parameter[i] = p - step(stateOffset + i, g)
    }
  }
}

/** weightDecay * p; of a decay of 0 nothing, not even 0 * Infinity. */
const decay = (weightDecay: number, p: number): number => (weightDecay === 0 ? 0 : weightDecay * p)

/** base ** exponent of a whole exponent, by repeated squaring: `**` gives other bits in other engines. */
function wholePower(base: number, exponent: number): number {
  let power = 1
  for (let [left, square] = [exponent, base]; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power *= square
    square *= square
  }
  return power
}

export const updateKernels = { updateStep }
