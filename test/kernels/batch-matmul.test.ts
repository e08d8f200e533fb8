import { expect } from 'chai'

import type { BatchMatmulShape } from '../../ts/kernels/matmul.js'
import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check, tooBig } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes } from '../support/samples.js'
import { sumBound } from '../support/tolerance.js'

interface Options {
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly alpha?: number
  readonly beta?: number
}

const transposes: readonly Options[] = [
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
]

type Sizes = Pick<BatchMatmulShape, 'outer' | 'inner' | 'm' | 'n' | 'k'>

/** Matrices one behind the other. */
function tight(sizes: Sizes, { transposeA, transposeB }: Options): BatchMatmulShape {
  const { inner, m, n, k } = sizes
  return {
    ...sizes,
    ...{ aOuter: inner * m * k, aInner: m * k, aRow: transposeA ? m : k },
    ...{ bOuter: inner * k * n, bInner: k * n, bRow: transposeB ? k : n },
    ...{ outOuter: inner * m * n, outInner: m * n, outRow: n },
  }
}

/** `inner` heads in the rows of one matrix a product of `outer`, with a gap behind the last. */
function heads(sizes: Sizes, { transposeA, transposeB }: Options): BatchMatmulShape {
  const { inner, m, n, k } = sizes
  const [aRows, aCols] = transposeA ? [k, m] : [m, k]
  const [bRows, bCols] = transposeB ? [n, k] : [k, n]
  const [aRow, bRow, outRow] = [inner * aCols + 3, inner * bCols, inner * n + 1]
  return {
    ...sizes,
    ...{ aOuter: aRows * aRow, aInner: aCols, aRow },
    ...{ bOuter: bRows * bRow, bInner: bCols, bRow },
    ...{ outOuter: m * outRow, outInner: n, outRow },
  }
}

/** All products with one b, and all of an outer one with one a. */
function shared(sizes: Sizes, options: Options): BatchMatmulShape {
  const { m, k } = sizes
  return { ...tight(sizes, options), ...{ aOuter: m * k, aInner: 0, bOuter: 0, bInner: 0 } }
}

function lengthOf(s: BatchMatmulShape, of: 'a' | 'b' | 'out', rows: number, cols: number): number {
  if (rows * cols * s.outer * s.inner === 0) return 0
  const last = (s.outer - 1) * s[`${of}Outer`] + (s.inner - 1) * s[`${of}Inner`]
  return last + (rows - 1) * s[`${of}Row`] + cols
}

const absolute = (values: TypedArray): TypedArray =>
  arrayOf('float64', Array.from(values, Math.abs))

function checkProducts(dtype: FloatDType, shape: BatchMatmulShape, options: Options): void {
  const { m, n, k } = shape
  const { transposeA, transposeB, alpha = 1, beta = 0 } = options
  const a = bell(
    dtype,
    lengthOf(shape, 'a', ...(transposeA ? ([k, m] as const) : ([m, k] as const))),
    11,
  )
  const b = bell(
    dtype,
    lengthOf(shape, 'b', ...(transposeB ? ([n, k] as const) : ([k, n] as const))),
    12,
  )
  const out = bell(dtype, lengthOf(shape, 'out', m, n), 13)
  if (tooBig(a.length + b.length + out.length)) return
  // sum of the absolute values of all terms that are added up for an element
  const magnitude = absolute(out)
  reference.batchMatmul({
    a: asView(absolute(a)),
    b: asView(absolute(b)),
    out: asView(magnitude),
    shape,
    ...options,
    alpha: Math.abs(alpha),
    beta: Math.abs(beta),
  })
  const { outer, inner } = shape
  check({
    title: `${outer} x ${inner} of (${m}, ${k}) x (${k}, ${n}) ${JSON.stringify(options)}`,
    dtype,
    operands: { a, b, out },
    // k products and their sum; alpha and beta are cast and multiplied. What is not written stays.
    bounds: { out: (i) => sumBound(dtype, k, magnitude[i]!, 6) },
    run: (kernels, v) => {
      kernels.batchMatmul({ a: v.a, b: v.b, out: v.out, shape, ...options })
    },
  })
}

const layouts = { tight, heads, shared }

/** Around tiles, single rows, columns and products, empty ones, and enough of them for some tasks. */
const sizes: readonly (readonly [outer: number, inner: number, m: number, n: number, k: number])[] =
  [
    [2, 3, 4, 5, 6],
    [2, 2, 1, 7, 5],
    [1, 4, 7, 1, 5],
    [3, 1, 6, 33, 1],
    [2, 3, 1, 1, 9],
    [2, 2, 1, 1, 1],
    [0, 3, 2, 2, 2],
    [3, 0, 2, 2, 2],
    [2, 3, 0, 4, 5],
    [2, 2, 4, 0, 5],
    [2, 2, 3, 4, 0],
    [1, 5, 17, 31, 13],
    [2, 2, 25, 65, 33],
    [2, 9, 33, 47, 64],
    [1, 2, 130, 70, 300],
    [60, 2, 20, 24, 48],
  ]

describe(suiteTitle('batchMatmul'), () => {
  for (const dtype of floatDTypes) {
    for (const [name, layout] of Object.entries(layouts)) {
      it(`${name}, ${dtype}`, () => {
        for (const [outer, inner, m, n, k] of sizes) {
          for (const options of transposes) {
            checkProducts(dtype, layout({ outer, inner, m, n, k }, options), options)
          }
        }
      })
    }

    it(`alpha and beta, ${dtype}`, () => {
      for (const options of transposes) {
        for (const [alpha, beta] of [
          [1, 1],
          [-0.5, 0.3],
          [0.3, 0],
        ] as const) {
          for (const k of [0, 1, 19]) {
            const all = { ...options, alpha, beta }
            const some = { outer: 2, inner: 3, m: 5, n: 9, k }
            checkProducts(dtype, heads(some, all), all)
            checkProducts(dtype, tight(some, all), all)
          }
        }
      }
    })
  }

  it('large products of a batch are split themselves', () => {
    const options = transposes[0]!
    checkProducts(
      'float32',
      tight({ outer: 1, inner: 2, m: 260, n: 210, k: 190 }, options),
      options,
    )
  })

  it('refuses results in one place', () => {
    const options = transposes[0]!
    const good = tight({ outer: 2, inner: 2, m: 2, n: 2, k: 2 }, options)
    for (const wrong of [
      { outInner: 0 },
      { outOuter: 0 },
      { outInner: 1 },
      { outRow: 1 },
      { outOuter: 4 },
    ]) {
      for (const kernels of backends) {
        const out = new Float32Array(64).fill(7)
        expect(() => {
          kernels.batchMatmul({
            a: asView(new Float32Array(64)),
            b: asView(new Float32Array(64)),
            out: asView(out),
            shape: { ...good, ...wrong },
          })
        })
          .to.throw()
          .with.property('code', 'ERR_SHAPE')
        expect(out).to.satisfy((values: Float32Array) => values.every((value) => value === 7))
      }
    }
  })
})
