import { expect } from 'chai'

import { Conv2dAlgorithm, type Conv2dGeometry } from '../../ts/kernels/conv2d.js'
import { reference } from '../../ts/kernels/reference/index.js'
import { ActivationKind, type Kernels, type View } from '../../ts/kernels/kernels.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { conv2dGeometries, describeGeometry, geometryOf } from '../support/conv2d-cases.js'
import { asView, check } from '../support/op-case.js'
import { bell, floatDTypes, smallSizes, specials, whole } from '../support/samples.js'

const words = (count: number, seed: number): TypedArray =>
  whole('int32', count, seed, -(2 ** 31), 2 ** 31)
const wordsOf = (n: number): number => Math.ceil(n / 32)
const signsOf = (x: TypedArray): View => asView(x.map((value) => (value < 0 ? -1 : 1)))

/** Words of the reference for x (outer, n, inner). */
function packed(x: TypedArray, outer: number, n: number, inner: number): TypedArray {
  const result = new Int32Array(outer * wordsOf(n) * inner)
  reference.packSigns({ x: asView(x), words: asView(result), outer, n, inner })
  return result
}

function checkPack(dtype: FloatDType, x: TypedArray, outer: number, n: number, inner: number) {
  check({
    title: `packSigns (${outer}, ${n}, ${inner})`,
    dtype,
    operands: { x, words: words(outer * wordsOf(n) * inner, 2) },
    bounds: { words: 'exact' },
    run: (kernels, v) => {
      kernels.packSigns({ x: v.x, words: v.words, outer, n, inner })
    },
  })
}

/** Words of an image, of a weight, and numbers of a result. */
function lengthsOf(g: Conv2dGeometry): [number, number, number] {
  const depth = wordsOf(g.inChannels / g.groups)
  return [
    g.batch * g.groups * depth * g.inHeight * g.inWidth,
    g.outChannels * depth * g.kernelHeight * g.kernelWidth,
    g.batch * g.outChannels * g.outHeight * g.outWidth,
  ]
}

function checkConv2d(dtype: FloatDType, g: Conv2dGeometry, withBias: boolean): void {
  const [xLength, weightLength, outLength] = lengthsOf(g)
  check({
    title: `xnorConv2d ${describeGeometry(g)}${withBias ? ' with bias' : ''}`,
    dtype,
    operands: {
      x: words(xLength, 1),
      weight: words(weightLength, 2),
      bias: whole(dtype, g.outChannels, 3, -9, 9),
      out: bell(dtype, outLength, 4),
    },
    bounds: { out: 'exact' },
    run: (kernels, v) => {
      kernels.xnorConv2d({
        x: v.x,
        weight: v.weight,
        bias: withBias ? v.bias : null,
        out: v.out,
        geometry: g,
      })
    },
  })
}

function multipliesSigns(kernels: Kernels, dtype: FloatDType): void {
  const [m, n, k] = [6, 21, 75]
  const [a, b] = [bell(dtype, m * k, 1), bell(dtype, k * n, 2)]
  const [expected, out] = [bell(dtype, m * n, 3), bell(dtype, m * n, 4)]
  reference.matmul({ a: signsOf(a), b: signsOf(b), out: asView(expected), m, n, k })
  const words = { a: asView(packed(a, m, k, 1)), b: asView(packed(b, 1, k, n)) }
  kernels.xnorMatmul({ ...words, bias: null, out: asView(out), m, n, k })
  expect(out).to.deep.equal(expected)
}

function convolvesSigns(kernels: Kernels, dtype: FloatDType, g: Conv2dGeometry): void {
  const inGroup = g.inChannels / g.groups
  const taps = g.kernelHeight * g.kernelWidth
  const plane = g.inHeight * g.inWidth
  const x = bell(dtype, g.batch * g.inChannels * plane, 1)
  const weight = bell(dtype, g.outChannels * inGroup * taps, 2)
  const length = lengthsOf(g)[2]
  const [expected, out] = [bell(dtype, length, 3), bell(dtype, length, 4)]
  const { identity } = ActivationKind
  const { auto } = Conv2dAlgorithm
  reference.conv2d({
    x: signsOf(x),
    weight: signsOf(weight),
    bias: null,
    out: asView(expected),
    geometry: g,
    activation: identity,
    parameter: 0,
    algorithm: auto,
  })
  const image = packed(x, g.batch * g.groups, inGroup, plane)
  const kernel = packed(weight, g.outChannels, inGroup, taps)
  kernels.xnorConv2d({
    x: asView(image),
    weight: asView(kernel),
    bias: null,
    out: asView(out),
    geometry: g,
  })
  expect(out, describeGeometry(g)).to.deep.equal(expected)
}

const side = { size: 9, kernel: 3, stride: 2, before: 1 }
const wide = geometryOf({ batch: 2, inGroup: 70, outGroup: 9, groups: 2 }, side, side)
const deep = geometryOf({ batch: 1, inGroup: 400, outGroup: 3 }, side, { size: 20, kernel: 1 })
const empty = geometryOf(
  { batch: 1, inGroup: 3, outGroup: 2 },
  { size: 0, kernel: 2, before: 3 },
  side,
)

describe(suiteTitle('xnor'), () => {
  for (const dtype of floatDTypes) {
    it(`packSigns ${dtype}`, () => {
      for (const n of [...smallSizes, 1000]) {
        for (const [outer, inner] of [
          [1, 1],
          [3, 1],
          [0, 5],
          [2, 0],
          [1, 3],
          [2, 16],
          [1, 67],
        ] as const) {
          checkPack(dtype, bell(dtype, outer * n * inner, n + 1), outer, n, inner)
        }
      }
      checkPack(dtype, bell(dtype, 7 * 10_001, 1), 7, 10_001, 1)
      checkPack(dtype, bell(dtype, 16 * 33 * 200, 1), 16, 33, 200)
      checkPack(dtype, specials(dtype), 1, specials(dtype).length, 1)
      checkPack(dtype, specials(dtype), 1, 1, specials(dtype).length)
    })

    it(`xnorMatmul ${dtype}`, () => {
      const sizes = [0, 1, 2, 3, 5, 15, 16, 17, 33, 70]
      const shapes = [
        ...sizes.flatMap((n) => [1, 3, 9].map((m) => [m, n, 40] as const)),
        ...[0, 1, 31, 32, 33, 64, 991, 992, 993, 2000].map((k) => [5, 19, k] as const),
        ...[0, 4, 7, 8, 16, 23, 300].map((m) => [m, 18, 70] as const),
        [200, 130, 1100] as const,
      ]
      for (const [m, n, k] of shapes) {
        for (const withBias of [false, true]) {
          check({
            title: `xnorMatmul (${m}, ${n}, ${k})${withBias ? ' with bias' : ''}`,
            dtype,
            operands: {
              a: words(m * wordsOf(k), 1),
              b: words(wordsOf(k) * n, 2),
              bias: whole(dtype, n, 3, -9, 9),
              out: bell(dtype, m * n, 4),
            },
            bounds: { out: 'exact' },
            run: (kernels, v) => {
              kernels.xnorMatmul({
                a: v.a,
                b: v.b,
                bias: withBias ? v.bias : null,
                out: v.out,
                m,
                n,
                k,
              })
            },
          })
        }
      }
    })

    it(`xnorConv2d ${dtype}`, () => {
      for (const g of [...conv2dGeometries, wide, deep, empty]) checkConv2d(dtype, g, false)
      for (const g of [wide, deep, empty]) checkConv2d(dtype, g, true)
    })
  }

  for (const kernels of backends) {
    it(`multiplies and convolves signs, on the ${kernels.name} backend`, () => {
      for (const dtype of floatDTypes) {
        multipliesSigns(kernels, dtype)
        for (const g of [wide, deep, empty]) convolvesSigns(kernels, dtype, g)
      }
    })
  }
})
