import { type Kernels, UpdateHyper, UpdateKind, type View } from '../../ts/kernels/kernels.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { suiteTitle } from '../support/backends.js'
import { type Bound, check } from '../support/op-case.js'
import {
  offsets,
  type Operands,
  parametersOf,
  placeOf,
  sizes,
  slotsOf,
  stateLength,
} from '../support/parameter-slots.js'
import { empty } from '../../ts/tensor/tensor.js'
import { arrayOf, bell, floatDTypes, spread } from '../support/samples.js'
import { bothSides, roundings, roundoff, smallestNormal, sumBound } from '../support/tolerance.js'

function step(kernels: Kernels, kind: UpdateKind, v: Readonly<Record<string, View>>): void {
  kernels.updateStep({
    kind,
    hyper: v['hyper']!,
    steps: v['steps']!,
    products: empty([0], 'float64'),
    state: v['state']!,
    stateLength,
    slots: slotsOf(v),
  })
}

interface Sgd {
  readonly lr: number
  readonly momentum?: number
  readonly dampening?: number
  readonly weightDecay?: number
  readonly nesterov?: boolean
  readonly maximize?: boolean
}

function checkSgd(dtype: FloatDType, options: Sgd, stepsDone: number): void {
  const { lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options
  const hyper = new Float64Array(UpdateHyper.length)
  hyper[UpdateHyper.lr] = lr
  hyper[UpdateHyper.momentum] = momentum
  hyper[UpdateHyper.dampening] = dampening
  hyper[UpdateHyper.weightDecay] = weightDecay
  hyper[UpdateHyper.nesterov] = Number(nesterov)
  hyper[UpdateHyper.maximize] = Number(options.maximize ?? false)
  const operands: Operands = {
    hyper,
    steps: new Float64Array(sizes.length).fill(stepsDone),
    state: bell(dtype, stateLength, 1),
    ...parametersOf(dtype),
  }

  // d: weightDecay cast and multiplied, a sum
  const dOf = (slot: number, i: number): number =>
    Math.abs(operands[`g${slot}`]![i]!) + Math.abs(weightDecay * operands[`p${slot}`]![i]!)
  // b: two factors cast and multiplied (1 - dampening is itself rounded), a sum; 3 of d
  const bOf = (slot: number, i: number): number =>
    stepsDone === 0
      ? dOf(slot, i)
      : Math.abs(momentum * operands['state']![offsets[slot]! + i]!) +
        (1 - dampening) * dOf(slot, i)
  // the update: with nesterov another product and sum; then lr cast and multiplied, and a difference
  const updateOf = (slot: number, i: number): number =>
    momentum === 0 ? dOf(slot, i) : nesterov ? dOf(slot, i) + momentum * bOf(slot, i) : bOf(slot, i)

  const bounds: Record<string, Bound> = {
    steps: 'exact',
    state: momentum === 0 ? 'exact' : (at) => roundings(dtype, 7, bOf(...placeOf(at))),
  }
  sizes.forEach((_, slot) => {
    bounds[`p${slot}`] = (i) =>
      roundings(dtype, 1, Math.abs(operands[`p${slot}`]![i]!)) +
      roundings(dtype, 13, lr * updateOf(slot, i))
  })
  check({
    title: `SGD ${JSON.stringify(options)} after ${stepsDone} steps`,
    dtype,
    operands,
    bounds,
    run: (kernels, v) => {
      step(kernels, UpdateKind.sgd, v)
    },
  })
}

interface Adam {
  readonly lr: number
  readonly beta1?: number
  readonly beta2?: number
  readonly weightDecay?: number
  readonly decoupled?: boolean
  readonly amsgrad?: boolean
  readonly maximize?: boolean
  readonly biasCorrection?: boolean
}

function checkAdam(dtype: FloatDType, options: Adam, stepsDone: number): void {
  const { lr, beta1 = 0.9, beta2 = 0.999, weightDecay = 0, decoupled = false } = options
  const { amsgrad = false, biasCorrection = true } = options
  const eps = 1e-8
  const hyper = new Float64Array(UpdateHyper.length)
  hyper[UpdateHyper.lr] = lr
  hyper[UpdateHyper.beta1] = beta1
  hyper[UpdateHyper.beta2] = beta2
  hyper[UpdateHyper.eps] = eps
  hyper[UpdateHyper.weightDecay] = weightDecay
  hyper[UpdateHyper.decoupled] = Number(decoupled)
  hyper[UpdateHyper.amsgrad] = Number(amsgrad)
  hyper[UpdateHyper.maximize] = Number(options.maximize ?? false)
  hyper[UpdateHyper.biasCorrection] = Number(biasCorrection)
  const arrays = amsgrad ? 3 : 2
  const state = arrayOf(dtype, new Float64Array(arrays * stateLength))
  if (stepsDone > 0) {
    state.set(bell(dtype, stateLength, 1, 0.5))
    state.set(spread(dtype, (arrays - 1) * stateLength, 2, 0.001, 2), stateLength)
  }
  const operands: Operands = {
    hyper,
    steps: new Float64Array(sizes.length).fill(stepsDone),
    state,
    ...parametersOf(dtype),
  }

  const u = roundoff[dtype]
  const sign = options.maximize ? -1 : 1
  const t = stepsDone + 1
  const correction1 = biasCorrection ? 1 - beta1 ** t : 1
  const correction2 = biasCorrection ? 1 - beta2 ** t : 1
  // 1 - beta^t, in float64 for both dtypes: a power of t factors by products rounds up to t times. For
  // small t the difference cancels and this is a large part of it.
  const correctionError = (beta: number, correction: number): number =>
    biasCorrection ? ((t * beta ** t + correction) * roundoff.float64) / correction : 0
  const stepError = correctionError(beta1, correction1) + correctionError(beta2, correction2) / 2
  const element = (slot: number, i: number) => {
    const at = offsets[slot]! + i
    const p = operands[`p${slot}`]![i]!
    const decay = decoupled ? 0 : weightDecay * p
    const g = sign * operands[`g${slot}`]![i]! + decay
    const gSize = Math.abs(operands[`g${slot}`]![i]!) + Math.abs(decay)
    const m = beta1 * state[at]! + (1 - beta1) * g
    const v = beta2 * state[stateLength + at]! + (1 - beta2) * g * g
    // g: 3 roundings; m: two factors cast and multiplied, a sum; v: g twice
    const mError = 8 * u * (beta1 * Math.abs(state[at]!) + (1 - beta1) * gSize)
    const vError = 12 * u * (beta2 * state[stateLength + at]! + (1 - beta2) * gSize * gSize)
    const second = amsgrad ? Math.max(state[2 * stateLength + at]!, v) : v
    const root = Math.sqrt(second / correction2)
    const update = (lr * m) / correction1 / (root + eps)
    // the square root halves v's relative error; four operations below the fraction, six beside it
    const updateError =
      (lr * mError) / correction1 / (root + eps) +
      Math.abs(update) * ((second > 0 ? vError / second / 2 : 0) + 10 * u + stepError)
    return { p, update, mError, vError, updateError }
  }

  const bounds: Record<string, Bound> = {
    steps: 'exact',
    state: (at) => {
      const { mError, vError } = element(...placeOf(at % stateLength))
      return bothSides(dtype, 1.01 * (at < stateLength ? mError : vError) + smallestNormal[dtype])
    },
  }
  sizes.forEach((_, slot) => {
    bounds[`p${slot}`] = (i) => {
      const { p, update, updateError } = element(slot, i)
      // decoupled: the factor of p is cast; then a product and a difference
      return bothSides(dtype, 1.01 * (updateError + u * (3 * Math.abs(p) + Math.abs(update))))
    }
  })
  check({
    title: `Adam ${JSON.stringify(options)} after ${stepsDone} steps`,
    dtype,
    operands,
    bounds,
    run: (kernels, v) => {
      step(kernels, UpdateKind.adam, v)
    },
  })
}

describe(suiteTitle('optimizer'), () => {
  for (const dtype of floatDTypes) {
    it(`updateStep SGD ${dtype}`, () => {
      for (const stepsDone of [0, 1, 100]) {
        for (const options of [
          { lr: 0.1 },
          { lr: 0.03, weightDecay: 0.01 },
          { lr: 0.1, maximize: true },
          { lr: 0.1, momentum: 0.9 },
          { lr: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 1e-4 },
          { lr: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.1, maximize: true },
        ]) {
          checkSgd(dtype, options, stepsDone)
        }
      }
    })

    it(`updateStep Adam ${dtype}`, () => {
      for (const stepsDone of [0, 1, 9, 5000]) {
        for (const options of [
          { lr: 1e-3 },
          { lr: 0.01, weightDecay: 0.1 },
          { lr: 0.01, weightDecay: 0.1, decoupled: true },
          { lr: 0.01, amsgrad: true },
          { lr: 0.01, amsgrad: true, weightDecay: 0.01, decoupled: true, maximize: true },
          { lr: 0.01, maximize: true, weightDecay: 0.3 },
          { lr: 0.1, beta1: 0.5, beta2: 0.9, biasCorrection: false },
          { lr: 0.1, beta1: 0 },
        ]) {
          checkAdam(dtype, options, stepsDone)
        }
      }
    })

    it(`gradNorm ${dtype}`, () => {
      const gradients = parametersOf(dtype)
      for (const p of [1, 2, 3, 0.5, 2.5, Infinity]) {
        check({
          title: `${p}-norm`,
          dtype,
          operands: { out: new Float64Array([NaN]), ...gradients },
          // of the sum of powers: each power 2 p + 4 roundings, all terms; the root divides by p, and
          // is itself a power of a few roundings
          bounds: {
            out: (_, norm) =>
              p === Infinity
                ? 0
                : sumBound(dtype, stateLength, norm / p, 2 * p + 4) + roundings(dtype, 4, norm),
          },
          run: (kernels, v) => {
            kernels.gradNorm({ out: v['out'], p, slots: slotsOf(v) })
          },
        })
      }
    })

    it(`gradNorm ${dtype} of NaN and infinities`, () => {
      for (const value of [NaN, Infinity, -Infinity]) {
        const gradients = parametersOf(dtype)
        gradients['g5']![100] = value
        for (const p of [1, 2, Infinity]) {
          check({
            title: `${p}-norm with ${value}`,
            dtype,
            operands: { out: new Float64Array([0]), ...gradients },
            bounds: { out: 'exact' },
            run: (kernels, v) => {
              kernels.gradNorm({ out: v['out'], p, slots: slotsOf(v) })
            },
          })
        }
      }
    })

    it(`clipGradients ${dtype}`, () => {
      const clip = (norm: number, maxNorm: number): void => {
        const operands: Operands = { norm: new Float64Array([norm]), ...parametersOf(dtype) }
        const bounds: Record<string, Bound> = {}
        sizes.forEach((_, slot) => {
          // the factor is cast, then a product
          bounds[`g${slot}`] = (_, g) => roundings(dtype, 4, Math.abs(g))
        })
        check({
          title: `clip norm ${norm} to ${maxNorm}`,
          dtype,
          operands,
          bounds,
          run: (kernels: Kernels, v) => {
            kernels.clipGradients({ norm: v['norm']!, maxNorm, slots: slotsOf(v) })
          },
        })
      }
      clip(270.5, 1)
      clip(3, 0.7)
      clip(0.5, 1)
      clip(0, 1)
      clip(Infinity, 1)
      clip(NaN, 1)
    })
  }
})
