import { expect } from 'chai'

import { Conv2dAlgorithm, type Conv2dGeometry } from '../../ts/kernels/conv2d.js'
import { ActivationKind, type Kernels, type View } from '../../ts/kernels/kernels.js'
import { native } from '../../ts/kernels/native/index.js'
import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { activationBound } from '../support/activation-bound.js'
import { backends, nativeExpected, suiteTitle } from '../support/backends.js'
import { conv2dGeometries, describeGeometry, geometryOf } from '../support/conv2d-cases.js'
import { lastOf } from '../support/last-of.js'
import { type ArrayView, asView, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes } from '../support/samples.js'
import { sumBound } from '../support/tolerance.js'
import { mayBeWinograd, winogradBound, winogradWeightBound } from '../support/winograd-bound.js'

const { auto, winograd } = Conv2dAlgorithm
/** Derivatives of the activations stay below this: 1.13 for GELU, 1.10 for Swish, 1 for the others. A sign
 * jumps at 0, but none of the sums here is so near to it that rounding could take it across. */
const STEEPEST = 1.13

const once = lastOf()

const wide = (values: TypedArray): TypedArray => arrayOf('float64', values)
const absolute = (values: TypedArray): TypedArray =>
  arrayOf('float64', Array.from(values, Math.abs))
const notANumber = (dtype: FloatDType, n: number): TypedArray =>
  arrayOf(dtype, new Float64Array(n).fill(NaN))

interface Operands {
  readonly x: TypedArray
  readonly weight: TypedArray
  readonly bias: TypedArray
  readonly gradOut: TypedArray
}

function operandsOf(dtype: FloatDType, g: Conv2dGeometry): Operands {
  const kernel = g.kernelHeight * g.kernelWidth
  return {
    x: bell(dtype, g.batch * g.inChannels * g.inHeight * g.inWidth, 1),
    weight: bell(dtype, (g.outChannels * g.inChannels * kernel) / g.groups, 2),
    bias: bell(dtype, g.outChannels, 3),
    gradOut: bell(dtype, g.batch * g.outChannels * g.outHeight * g.outWidth, 4),
  }
}

/** The reference's result for the absolute values: what all terms of each sum add up to. */
function magnitudes(
  length: number,
  run: (out: View, of: (values: TypedArray) => View) => void,
): TypedArray {
  const out = new Float64Array(length)
  run(asView(out), (values) => asView(absolute(values)))
  return out
}

const largest = (values: TypedArray): number =>
  Array.from(values, Math.abs).reduce((most, size) => Math.max(most, size), 0)

/** `error` where Winograd's convolution computes, or may compute, a geometry. */
const ifWinograd = (g: Conv2dGeometry, algorithm: Conv2dAlgorithm, error: () => number): number =>
  nativeExpected && (algorithm === winograd || (algorithm === auto && mayBeWinograd(g)))
    ? error()
    : 0

function checkForward(
  dtype: FloatDType,
  g: Conv2dGeometry,
  algorithm: Conv2dAlgorithm,
  activation: ActivationKind = ActivationKind.identity,
): void {
  const { x, weight, bias, gradOut } = operandsOf(dtype, g)
  const identity = ActivationKind.identity
  const of = `${dtype} ${describeGeometry(g)}`
  const { size, before } = once(`forward ${of}`, () => {
    const size = magnitudes(gradOut.length, (out, of) => {
      reference.conv2d({
        x: of(x),
        weight: of(weight),
        bias: of(bias),
        out,
        geometry: g,
        activation: identity,
        parameter: 0,
        algorithm: auto,
      })
    })
    const before = new Float64Array(gradOut.length)
    reference.conv2d({
      x: asView(wide(x)),
      weight: asView(wide(weight)),
      bias: asView(wide(bias)),
      out: asView(before),
      geometry: g,
      activation: identity,
      parameter: 0,
      algorithm: auto,
    })
    return { size, before }
  })
  const terms = weight.length / g.outChannels
  const steps = ifWinograd(g, algorithm, () =>
    winogradBound(dtype, g, g.inChannels, largest(x) * largest(weight)),
  )
  check({
    title: `conv2d ${describeGeometry(g)}, algorithm ${algorithm}, activation ${activation}`,
    // The reference has one algorithm.
    expectedOf: activation === identity ? `conv2d ${of}` : undefined,
    dtype,
    operands: { x, weight, bias, out: notANumber(dtype, gradOut.length) },
    bounds: {
      out: (i, y) =>
        STEEPEST * (sumBound(dtype, terms, size[i]!, 3) + steps) +
        activationBound(dtype, activation, 0.5, before[i]!, y),
    },
    run: (kernels, v) => {
      kernels.conv2d({
        x: v.x,
        weight: v.weight,
        bias: v.bias,
        out: v.out,
        geometry: g,
        activation,
        parameter: 0.5,
        algorithm,
      })
    },
  })
}

function checkInputGradient(
  dtype: FloatDType,
  g: Conv2dGeometry,
  algorithm: Conv2dAlgorithm,
  withBias = false,
): void {
  const { x, weight, gradOut } = operandsOf(dtype, g)
  const inBias = bell(dtype, g.inChannels, 5)
  const call = (kernels: Kernels, out: View, views: readonly View[], how: Conv2dAlgorithm) => {
    const [gradOutView, weightView, biasView] = views as [View, View, View]
    kernels.conv2dInputGradient({
      gradOut: gradOutView,
      weight: weightView,
      bias: withBias ? biasView : null,
      gradX: out,
      geometry: g,
      algorithm: how,
    })
  }
  const key = `input gradient ${dtype} ${describeGeometry(g)} ${withBias}`
  const size = once(key, () =>
    magnitudes(x.length, (out, of) => {
      call(reference, out, [of(gradOut), of(weight), of(inBias)], auto)
    }),
  )
  const terms = ((weight.length / g.outChannels) * g.outChannels) / g.groups
  const steps = ifWinograd(g, algorithm, () =>
    winogradBound(dtype, g, g.outChannels, largest(gradOut) * largest(weight)),
  )
  check({
    title: `conv2dInputGradient ${describeGeometry(g)}, algorithm ${algorithm}`,
    expectedOf: key,
    dtype,
    operands: { gradOut, weight, inBias, gradX: notANumber(dtype, x.length) },
    bounds: { gradX: (i) => sumBound(dtype, terms, size[i]!, 3) + steps },
    run: (kernels, v) => {
      call(kernels, v.gradX, [v.gradOut, v.weight, v.inBias], algorithm)
    },
  })
}

function checkWeightGradient(
  dtype: FloatDType,
  g: Conv2dGeometry,
  algorithm: Conv2dAlgorithm,
  beta = 0,
): void {
  const { x, weight, gradOut } = operandsOf(dtype, g)
  const old = beta === 0 ? notANumber(dtype, weight.length) : bell(dtype, weight.length, 6)
  const key = `weight gradient ${dtype} ${describeGeometry(g)}`
  const size = once(key, () =>
    magnitudes(weight.length, (out, of) => {
      reference.conv2dWeightGradient({
        x: of(x),
        gradOut: of(gradOut),
        gradWeight: out,
        geometry: g,
        beta: 0,
        algorithm: auto,
      })
    }),
  )
  const terms = g.batch * g.outHeight * g.outWidth
  const steps = ifWinograd(g, algorithm, () =>
    winogradWeightBound(dtype, g, largest(gradOut) * largest(x)),
  )
  check({
    title: `conv2dWeightGradient ${describeGeometry(g)}, algorithm ${algorithm}, beta ${beta}`,
    expectedOf: `${key} ${beta}`,
    dtype,
    operands: { x, gradOut, gradWeight: old },
    bounds: {
      gradWeight: (i) => {
        const kept = beta === 0 ? 0 : Math.abs(beta * old[i]!)
        return sumBound(dtype, terms, size[i]! + kept, 4) + steps
      },
    },
    run: (kernels, v) => {
      kernels.conv2dWeightGradient({
        x: v.x,
        gradOut: v.gradOut,
        gradWeight: v.gradWeight,
        geometry: g,
        beta,
        algorithm,
      })
    },
  })
}

/** The algorithms that compute a geometry, which only the native backend tells. */
function algorithmsFor(g: Conv2dGeometry): Conv2dAlgorithm[] {
  if (!nativeExpected) return [auto]
  const { x, weight, gradOut } = operandsOf('float32', { ...g, batch: 0 })
  return Object.values(Conv2dAlgorithm).filter((algorithm) => {
    const views = [x, weight, gradOut].map(asView) as [ArrayView, ArrayView, ArrayView]
    const [xs, weights, outs] = views
    try {
      native.conv2d({
        x: xs,
        weight: weights,
        bias: null,
        out: outs,
        geometry: { ...g, batch: 0 },
        activation: 0,
        parameter: 0,
        algorithm,
      })
      return true
    } catch (error) {
      expect(String(error)).to.contain('cannot compute this geometry')
      return false
    }
  })
}

describe(suiteTitle('conv2d'), () => {
  for (const dtype of floatDTypes) {
    it(`forward, every algorithm, ${dtype}`, () => {
      for (const g of conv2dGeometries) {
        for (const algorithm of algorithmsFor(g)) checkForward(dtype, g, algorithm)
      }
    })

    it(`gradient by the input, every algorithm, ${dtype}`, () => {
      for (const [i, g] of conv2dGeometries.entries()) {
        for (const algorithm of algorithmsFor(g)) {
          checkInputGradient(dtype, g, algorithm, i % 3 === 0)
        }
      }
    })

    it(`gradient by the weight, every algorithm, ${dtype}`, () => {
      for (const [i, g] of conv2dGeometries.entries()) {
        for (const algorithm of algorithmsFor(g)) {
          checkWeightGradient(dtype, g, algorithm, [0, 1, -0.7][i % 3])
        }
      }
    })

    it(`every activation, ${dtype}`, () => {
      const side = { size: 9, kernel: 3, before: 1 }
      const small = { size: 3, kernel: 3, before: 1 }
      const geometries = [
        geometryOf({ batch: 2, inGroup: 4, outGroup: 5 }, side, side),
        geometryOf({ batch: 5, inGroup: 4, outGroup: 5 }, small, small),
        geometryOf({ batch: 2, inGroup: 1, outGroup: 1, groups: 5 }, side, side),
        geometryOf(
          { batch: 2, inGroup: 9, outGroup: 5 },
          { size: 9, kernel: 1 },
          { size: 9, kernel: 1 },
        ),
      ]
      for (const g of geometries) {
        for (const algorithm of algorithmsFor(g)) {
          for (const activation of Object.values(ActivationKind)) {
            checkForward(dtype, g, algorithm, activation)
          }
        }
      }
    })

    it(`channelSum, ${dtype}`, () => {
      for (const [batch, channels, spatial] of [
        [0, 3, 4],
        [2, 0, 3],
        [2, 3, 0],
        [1, 1, 1],
        [5, 3, 1],
        [3, 7, 49],
        [2, 3, 1024],
        [40, 2, 1000],
      ] as const) {
        for (const beta of [0, 1, -0.5]) {
          const x = bell(dtype, batch * channels * spatial, 1)
          const out = beta === 0 ? notANumber(dtype, channels) : bell(dtype, channels, 2)
          const size = (c: number): number => {
            let total = beta === 0 ? 0 : Math.abs(beta * out[c]!)
            for (let i = 0; i < x.length; i++) {
              if (Math.floor(i / spatial) % channels === c) total += Math.abs(x[i]!)
            }
            return total
          }
          check({
            title: `channelSum (${batch}, ${channels}, ${spatial}), beta ${beta}`,
            dtype,
            operands: { x, out },
            bounds: { out: (c) => sumBound(dtype, batch * spatial, size(c), 3) },
            run: (kernels, v) => {
              kernels.channelSum({ x: v.x, out: v.out, batch, channels, spatial, beta })
            },
          })
        }
      }
    })
  }

  const good = conv2dGeometries[0]!
  for (const [title, change] of [
    ['groups that divide no channels', { groups: 5 }],
    ['no groups', { groups: 0 }],
    ['a stride of 0', { strideWidth: 0 }],
    ['a dilation of 0', { dilationHeight: 0 }],
    ['an empty kernel', { kernelWidth: 0 }],
    ['negative padding', { padTop: -1 }],
  ] as const) {
    it(`refuses ${title} on both backends with the same words`, () => {
      const messages = new Set<string>()
      for (const kernels of backends) {
        const { x, weight, bias, gradOut } = operandsOf('float32', good)
        const before = Array.from(gradOut)
        try {
          kernels.conv2d({
            x: asView(x),
            weight: asView(weight),
            bias: asView(bias),
            out: asView(gradOut),
            geometry: { ...good, ...change },
            activation: ActivationKind.identity,
            parameter: 0,
            algorithm: auto,
          })
          expect.fail('did not throw')
        } catch (error) {
          messages.add(String(error))
        }
        expect(Array.from(gradOut)).to.deep.equal(before)
      }
      expect([...messages]).to.have.length(1)
      expect([...messages][0]).to.contain(Object.keys(change)[0]!)
    })
  }
})
