import { expect } from 'chai'

import { UpdateHyper, UpdateKind } from '../../ts/kernels/kernels.js'
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
import { arithmetic, exact, type Inexact } from '../support/running-error.js'
import { arrayOf, floatDTypes, spread } from '../support/samples.js'
import { bothSides, roundoff, smallestNormal } from '../support/tolerance.js'

/** Those of SGD and Adam are tested in optimizer.test.ts. */
type Kinds = Omit<typeof UpdateKind, 'sgd' | 'adam'>

type Options = Partial<Record<Exclude<keyof typeof UpdateHyper, 'length'>, number>>

interface Rule {
  readonly kind: Kinds[keyof Kinds]
  readonly defaults: Options
  readonly cases: readonly Options[]
  /** Signed (m) or positive (v) state, in the order of the arrays. */
  readonly arrays: readonly ('signed' | 'positive')[]
}

const betas = { beta1: 0.9, beta2: 0.999, eps: 1e-8 }

const rules: Readonly<Record<keyof Kinds, Rule>> = {
  adagrad: {
    kind: UpdateKind.adagrad,
    defaults: { lr: 0.01, eps: 1e-10 },
    cases: [{}, { lrDecay: 0.1, weightDecay: 0.1 }, { maximize: 1, eps: 0.1 }],
    arrays: ['positive'],
  },
  rmsprop: {
    kind: UpdateKind.rmsprop,
    defaults: { lr: 0.01, beta2: 0.99, eps: 1e-8 },
    cases: [
      {},
      { momentum: 0.9, weightDecay: 0.1 },
      { centered: 1, beta2: 0.5, maximize: 1 },
      { centered: 1, momentum: 0.5, eps: 1e-3 },
    ],
    arrays: ['positive', 'signed', 'signed'],
  },
  adadelta: {
    kind: UpdateKind.adadelta,
    defaults: { lr: 1, beta2: 0.9, eps: 1e-6 },
    cases: [{}, { beta2: 0.5, eps: 1e-3, weightDecay: 0.1, maximize: 1 }],
    arrays: ['positive', 'positive'],
  },
  adamax: {
    kind: UpdateKind.adamax,
    defaults: { lr: 0.002, ...betas },
    cases: [{}, { beta1: 0.5, beta2: 0.3, weightDecay: 0.1, maximize: 1 }, { beta1: 0 }],
    arrays: ['signed', 'positive'],
  },
  nadam: {
    kind: UpdateKind.nadam,
    defaults: { lr: 0.002, momentumDecay: 0.004, ...betas },
    cases: [
      {},
      { momentumDecay: 0.3, weightDecay: 0.1, maximize: 1 },
      { weightDecay: 0.1, decoupled: 1, beta1: 0.5, beta2: 0.8, momentumDecay: 0 },
    ],
    arrays: ['signed', 'positive'],
  },
  radam: {
    kind: UpdateKind.radam,
    defaults: { lr: 0.001, ...betas },
    cases: [
      {},
      { beta1: 0.5, beta2: 0.5, weightDecay: 0.1, maximize: 1 },
      { beta2: 0.9, weightDecay: 0.1, decoupled: 1, eps: 1e-3 },
    ],
    arrays: ['signed', 'positive'],
  },
  rprop: {
    kind: UpdateKind.rprop,
    defaults: { lr: 0.01, etaMinus: 0.5, etaPlus: 1.2, stepSizeMin: 1e-6, stepSizeMax: 50 },
    cases: [{}, { etaMinus: 0.3, etaPlus: 1.5, stepSizeMin: 0.5, stepSizeMax: 1.9, maximize: 1 }],
    arrays: ['signed', 'positive'],
  },
  lion: {
    kind: UpdateKind.lion,
    defaults: { lr: 0.01, beta1: 0.9, beta2: 0.99, decoupled: 1 },
    cases: [{}, { weightDecay: 0.3, maximize: 1, beta1: 0.5 }],
    arrays: ['signed'],
  },
}

interface Updated {
  readonly parameter: Inexact
  readonly state: readonly Inexact[]
}

/**
 * The formulas of ts/kernels/update.ts in numbers that know their errors: what depends on the step
 * alone in float64, everything else in the dtype.
 */
function formulas(
  kind: Kinds[keyof Kinds],
  dtype: FloatDType,
  o: Required<Options>,
  t: number,
  product: number,
) {
  const { cast, add, sub, mul, div, sqrt, max } = arithmetic(roundoff[dtype])
  const wide = arithmetic(roundoff.float64)
  const one = exact(1)
  const hyper = (value: number): Inexact => cast(exact(value))
  const rest = (value: number): Inexact => cast(wide.sub(one, exact(value)))
  // t factors round up to t times
  const power = (beta: number): Inexact => {
    const value = beta ** t
    return { value, error: t * roundoff.float64 * value }
  }
  // a power by exp and log, of 2 ulps each (4 u): those of the logarithm count times the exponent
  const momentumAt = (step: number): Inexact => {
    const exponent = step * o.momentumDecay
    const value = 0.96 ** exponent
    const error = roundoff.float64 * value * (4 + 6 * Math.abs(exponent * Math.log(0.96)))
    return wide.mul(exact(o.beta1), wide.sub(one, { value: value / 2, error: error / 2 }))
  }
  const lr = exact(o.lr)
  const eps = hyper(o.eps)
  const weights = (beta: number) => ({ old: hyper(beta), fresh: rest(beta) })
  const [first, second] = [weights(o.beta1), weights(o.beta2)]
  const average = (x: Inexact, { old, fresh }: typeof first, g: Inexact): Inexact =>
    add(mul(old, x), mul(fresh, g))
  const squares = (x: Inexact, g: Inexact): Inexact =>
    add(mul(second.old, x), mul(mul(second.fresh, g), g))

  /** From gradient and state, what is taken off the parameter and the next state. */
  type Step = (g: Inexact, state: readonly Inexact[]) => [update: Inexact, state: Inexact[]]
  function stepOf(): Step {
    switch (kind) {
      case UpdateKind.adagrad: {
        const size = wide.div(lr, wide.add(one, wide.mul(exact(t - 1), exact(o.lrDecay))))
        const rate = cast(size)
        return (g, [x]) => {
          const sum = add(x!, mul(g, g))
          return [div(mul(rate, g), add(sqrt(sum), eps)), [sum]]
        }
      }
      case UpdateKind.rmsprop: {
        const [rate, momentum] = [cast(lr), hyper(o.momentum)]
        return (g, [x, y, z]) => {
          const square = squares(x!, g)
          const mean = o.centered ? average(z!, second, g) : z!
          const variance = o.centered ? sub(square, mul(mean, mean)) : square
          const step = div(g, add(sqrt(variance), eps))
          const b = o.momentum ? add(mul(momentum, y!), step) : step
          return [mul(rate, b), [square, o.momentum ? b : y!, mean]]
        }
      }
      case UpdateKind.adadelta: {
        const rate = cast(lr)
        return (g, [x, y]) => {
          const square = squares(x!, g)
          const step = mul(div(sqrt(add(y!, eps)), sqrt(add(square, eps))), g)
          return [mul(rate, step), [square, squares(y!, step)]]
        }
      }
      case UpdateKind.adamax: {
        const rate = cast(wide.div(lr, wide.sub(one, power(o.beta1))))
        return (g, [x, y]) => {
          const m = average(x!, first, g)
          const size = { value: Math.abs(g.value), error: g.error }
          const norm = max(mul(second.old, y!), add(size, eps))
          return [div(mul(rate, m), norm), [m, norm]]
        }
      }
      case UpdateKind.nadam: {
        const [now, next] = [momentumAt(t), momentumAt(t + 1)]
        const all = wide.mul(exact(product), now)
        const ofG = cast(wide.div(wide.mul(lr, wide.sub(one, now)), wide.sub(one, all)))
        const ofM = cast(wide.div(wide.mul(lr, next), wide.sub(one, wide.mul(all, next))))
        const scale = cast(wide.div(one, wide.sqrt(wide.sub(one, power(o.beta2)))))
        return (g, [x, y]) => {
          const [m, v] = [average(x!, first, g), squares(y!, g)]
          return [div(add(mul(ofG, g), mul(ofM, m)), add(mul(sqrt(v), scale), eps)), [m, v]]
        }
      }
      case UpdateKind.radam: {
        const correction = wide.sub(one, power(o.beta2))
        const N = wide.sub(wide.div(exact(2), wide.sub(one, exact(o.beta2))), one)
        const n = wide.sub(N, wide.div(wide.mul(exact(2 * t), power(o.beta2)), correction))
        expect(Math.abs(n.value - 5), 'a side of 5 that rounding decides').to.be.above(n.error)
        const less = (x: Inexact, y: number): Inexact => wide.sub(x, exact(y))
        const rectified = n.value > 5
        let size = wide.div(lr, wide.sub(one, power(o.beta1)))
        if (rectified) {
          const above = wide.mul(wide.mul(less(n, 4), less(n, 2)), N)
          const below = wide.mul(wide.mul(less(N, 4), less(N, 2)), n)
          const factor = wide.mul(wide.sqrt(wide.div(above, below)), wide.sqrt(correction))
          size = wide.mul(size, factor)
        }
        const rate = cast(size)
        return (g, [x, y]) => {
          const [m, v] = [average(x!, first, g), squares(y!, g)]
          const step = mul(rate, m)
          return [rectified ? div(step, add(sqrt(v), eps)) : step, [m, v]]
        }
      }
      case UpdateKind.rprop: {
        const [lowest, highest] = [hyper(o.stepSizeMin), hyper(o.stepSizeMax)]
        return (g, [previous, size]) => {
          const product = t === 1 ? 0 : g.value * previous!.value
          const factor = product < 0 ? o.etaMinus : product > 0 ? o.etaPlus : 1
          const grown = mul(t === 1 ? cast(lr) : size!, hyper(factor))
          const next =
            grown.value < lowest.value ? lowest : grown.value > highest.value ? highest : grown
          const kept = product < 0 ? exact(0) : g
          return [mul(next, exact(Math.sign(kept.value))), [kept, next]]
        }
      }
      case UpdateKind.lion: {
        const rate = cast(lr)
        return (g, [x]) => {
          const mixed = average(x!, first, g)
          const value = Math.sign(mixed.value)
          // the sign of what is next to 0 may be any of the three
          const sign = { value, error: Math.abs(mixed.value) <= 2 * mixed.error ? 2 : 0 }
          return [mul(rate, sign), [average(x!, second, g)]]
        }
      }
    }
  }

  const step = stepOf()
  const decay = exact(o.weightDecay)
  const keep = cast(wide.sub(one, wide.mul(lr, decay)))
  const penalty = cast(decay)
  return (p: number, gradient: number, state: readonly number[]): Updated => {
    const kept = o.decoupled ? mul(keep, exact(p)) : exact(p)
    const signed = exact(o.maximize ? -gradient : gradient)
    const g = o.decoupled || o.weightDecay === 0 ? signed : add(signed, mul(penalty, kept))
    const [update, next] = step(g, state.map(exact))
    return { parameter: sub(kept, update), state: next }
  }
}

function checkUpdate(name: keyof typeof rules, dtype: FloatDType, given: Options, done: number) {
  const { kind, defaults, arrays } = rules[name]
  const none = Object.keys(UpdateHyper).map((key) => [key, 0])
  const options = { ...Object.fromEntries(none), ...defaults, ...given } as Required<Options>
  const hyper = new Float64Array(UpdateHyper.length)
  for (const [key, value] of Object.entries(options)) {
    hyper[UpdateHyper[key as keyof typeof UpdateHyper]] = value
  }
  const state = arrayOf(dtype, new Float64Array(arrays.length * stateLength))
  if (done > 0) {
    arrays.forEach((sign, i) => {
      // squares of at least 1 and means of at most 1/2 keep a centered variance off 0
      const [low, high] = sign === 'positive' ? [1, 2] : [-0.5, 0.5]
      state.set(spread(dtype, stateLength, i + 1, low, high), i * stateLength)
    })
  } else if (kind === UpdateKind.rprop) {
    state.fill(NaN) // the first step does not read it
  }
  const products = new Float64Array(sizes.length).fill(done > 0 ? 0.9 ** done : NaN)
  const operands: Operands = {
    hyper,
    steps: new Float64Array(sizes.length).fill(done),
    products,
    state,
    ...parametersOf(dtype),
  }
  const product = done > 0 ? products[0]! : 1
  const formula = formulas(kind, dtype, options, done + 1, product)
  const element = (slot: number, i: number): Updated =>
    formula(
      operands[`p${slot}`]![i]!,
      operands[`g${slot}`]![i]!,
      arrays.map((_, k) => state[k * stateLength + offsets[slot]! + i]!),
    )
  const allowed = (error: number): number => bothSides(dtype, error + smallestNormal[dtype])

  const bounds: Record<string, Bound> = {
    steps: 'exact',
    state: (at) =>
      allowed(element(...placeOf(at % stateLength)).state[Math.floor(at / stateLength)]!.error),
  }
  // 4 u and 6 u exponent of the power, three more in the product
  if (kind === UpdateKind.nadam) {
    const exponent = Math.abs((done + 1) * options.momentumDecay * Math.log(0.96))
    bounds['products'] = (_, wanted) => 2 * roundoff.float64 * wanted * (7 + 6 * exponent)
  }
  sizes.forEach((_, slot) => {
    bounds[`p${slot}`] = (i) => allowed(element(slot, i).parameter.error)
  })
  check({
    title: `${name} ${JSON.stringify(given)} after ${done} steps`,
    dtype,
    operands,
    bounds,
    run: (kernels, v) => {
      const [h, steps] = [v['hyper']!, v['steps']!]
      kernels.updateStep({
        kind,
        hyper: h,
        steps,
        products: v['products']!,
        state: v['state']!,
        stateLength,
        slots: slotsOf(v),
      })
    },
  })
}

describe(suiteTitle('optimizer steps of one driver'), () => {
  for (const name of Object.keys(rules) as (keyof typeof rules)[]) {
    for (const dtype of floatDTypes) {
      it(`updateStep ${name} ${dtype}`, () => {
        // RAdam with beta2 = 0.999 takes its second moment from step 6 on
        for (const done of [0, 1, 5, 5000]) {
          for (const options of rules[name].cases) checkUpdate(name, dtype, options, done)
        }
      })
    }

    it(`updateStep ${name} of NaN and infinities`, () => {
      const { kind, defaults, arrays } = rules[name]
      const values = [NaN, Infinity, -Infinity, 0, 1]
      const hyper = new Float64Array(UpdateHyper.length)
      for (const [key, value] of Object.entries(defaults)) {
        hyper[UpdateHyper[key as keyof typeof UpdateHyper]] = value
      }
      for (const dtype of floatDTypes) {
        check({
          title: name,
          dtype,
          operands: {
            hyper,
            steps: Float64Array.of(1),
            products: Float64Array.of(0.5),
            state: arrayOf(dtype, new Float64Array(arrays.length * values.length)),
            p: arrayOf(dtype, new Float64Array(values.length)),
            g: arrayOf(dtype, values),
          },
          // the last gradient is 1: some 20 roundings of numbers up to 1
          bounds: {
            steps: 'exact',
            products: () => 20 * roundoff.float64,
            state: () => bothSides(dtype, 20 * roundoff[dtype]),
            p: () => bothSides(dtype, 20 * roundoff[dtype]),
          },
          run: (kernels, v) => {
            const slot = { parameter: v.p, gradient: v.g, index: 0, stateOffset: 0 }
            kernels.updateStep({
              kind,
              hyper: v.hyper,
              steps: v.steps,
              products: v.products,
              state: v.state,
              stateLength: values.length,
              slots: [slot],
            })
          },
        })
      }
    })
  }
})
