import { ActivationKind } from '../../ts/kernels/kernels.js'
import type { MatmulArgs } from '../../ts/kernels/matmul.js'
import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { activationBound } from '../support/activation-bound.js'
import { suiteTitle } from '../support/backends.js'
import { asView, check, tooBig } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes, source } from '../support/samples.js'
import { sumBound } from '../support/tolerance.js'

interface Problem {
  readonly m: number
  readonly n: number
  readonly k: number
  /** All but the bias, which is a matter of `withBias`. */
  readonly options?: Partial<Omit<MatmulArgs, 'bias'>>
  readonly withBias?: boolean
  /** Replaces some operands. */
  readonly values?: { readonly a?: TypedArray; readonly b?: TypedArray }
}

/** Derivatives of the activations stay below this: 1.13 for GELU, 1.10 for Swish, 1 for the others. A sign
 * jumps at 0, but none of the sums here is so near to it that rounding could take it across. */
const STEEPEST = 1.13

const absolute = (values: TypedArray): TypedArray =>
  arrayOf('float64', Array.from(values, Math.abs))
const wide = (values: TypedArray): TypedArray => arrayOf('float64', values)

function checkProduct(dtype: FloatDType, problem: Problem): void {
  const { m, n, k, options = {}, withBias = false } = problem
  const { alpha = 1, beta = 0, activation = ActivationKind.identity, parameter = 0 } = options
  if (tooBig(m * k + k * n + m * n)) return
  const a = problem.values?.a ?? bell(dtype, m * k, 11)
  const b = problem.values?.b ?? bell(dtype, k * n, 12)
  // with beta = 0 the result must be written without being read
  const out =
    beta === 0 ? arrayOf(dtype, new Float64Array(m * n).fill(NaN)) : bell(dtype, m * n, 13)
  const bias = withBias ? bell(dtype, n, 14) : arrayOf(dtype, [])

  const linear = { ...options, activation: ActivationKind.identity }
  const before = wide(out)
  reference.matmul({
    a: asView(wide(a)),
    b: asView(wide(b)),
    out: asView(before),
    m,
    n,
    k,
    ...linear,
    bias: withBias ? asView(wide(bias)) : null,
  })
  // sum of the absolute values of all terms that are added up for an element
  const magnitude = absolute(out)
  reference.matmul({
    a: asView(absolute(a)),
    b: asView(absolute(b)),
    out: asView(magnitude),
    m,
    n,
    k,
    ...linear,
    alpha: Math.abs(alpha),
    beta: Math.abs(beta),
    bias: withBias ? asView(absolute(bias)) : null,
  })

  check({
    title:
      `(${m}, ${k}) x (${k}, ${n})` + ` ${JSON.stringify(options)}${withBias ? ' with bias' : ''}`,
    dtype,
    operands: { a, b, bias, out },
    bounds: {
      // beside the k products and their sum: alpha and beta are cast and multiplied (2 each), and two
      // more terms are added
      out: (i, y) =>
        STEEPEST * sumBound(dtype, k, magnitude[i]!, 6) +
        activationBound(dtype, activation, parameter, before[i]!, y),
    },
    run: (kernels, v) => {
      kernels.matmul({
        a: v.a,
        b: v.b,
        out: v.out,
        m,
        n,
        k,
        ...options,
        bias: withBias ? v.bias : null,
      })
    },
  })
}

const transposes = [
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
] as const

/** Around vectors, register tiles (up to 32 columns) and a few of them. */
const edges = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 49, 64, 65,
]

/** Skinny, flat and deep ones, primes, layers of real networks, and some past the cache blocks. */
const shapes = [
  [1, 1, 1],
  [1, 1000, 784],
  [1, 10, 128],
  [1000, 1, 300],
  [1, 1, 5000],
  [2, 3, 4099],
  [3, 2003, 2],
  [64, 10, 128],
  [128, 128, 784],
  [10, 784, 64],
  [97, 101, 103],
  [131, 257, 521],
  [400, 37, 29],
  [31, 1031, 65],
  [17, 19, 1500],
] as const

describe(suiteTitle('matmul'), () => {
  for (const dtype of floatDTypes) {
    for (const options of transposes) {
      const title = `${options.transposeA ? 'a transposed, ' : ''}${options.transposeB ? 'b transposed, ' : ''}${dtype}`

      it(`${title}: sizes around vectors and tiles`, () => {
        const next = source(7)
        const pick = () => edges[Math.floor(next() * edges.length)]!
        for (const size of edges) {
          checkProduct(dtype, { m: size, n: pick(), k: pick(), options })
          checkProduct(dtype, { m: pick(), n: size, k: pick(), options })
          checkProduct(dtype, { m: pick(), n: pick(), k: size, options })
          checkProduct(dtype, { m: size, n: size, k: size, options })
        }
      })

      it(`${title}: shapes of all kinds`, () => {
        for (const [m, n, k] of shapes) checkProduct(dtype, { m, n, k, options })
      })

      it(`${title}: alpha, beta and bias`, () => {
        for (const [m, n, k] of [
          [5, 33, 7],
          [1, 65, 20],
          [66, 1, 9],
          [67, 70, 300],
          [3, 4, 0],
        ] as const) {
          for (const [alpha, beta] of [
            [1, 1],
            [0.3, 0],
            [-1.7, 0.9],
            [1, -0.1],
            [0, 1],
            [0, 0],
          ] as const) {
            for (const withBias of [false, true]) {
              checkProduct(dtype, { m, n, k, options: { ...options, alpha, beta }, withBias })
            }
          }
        }
      })
    }

    it(`every activation, ${dtype}`, () => {
      for (const activation of Object.values(ActivationKind)) {
        const parameter = activation === ActivationKind.leakyRelu ? 0.01 : 1
        for (const [m, n, k] of [
          [1, 37, 20],
          [9, 17, 33],
          [70, 65, 40],
          [4, 5, 0],
          [33, 1, 50],
        ] as const) {
          const options = { activation, parameter, transposeB: true }
          checkProduct(dtype, { m, n, k, options, withBias: true })
          checkProduct(dtype, { m, n, k, options: { ...options, beta: 0.5 } })
        }
      }
    })

    it(`infinities and NaN go where the sums say, ${dtype}`, () => {
      for (const [m, n, k] of [
        [1, 9, 12],
        [7, 1, 30],
        [20, 40, 17],
      ] as const) {
        const a = bell(dtype, m * k, 21)
        const b = bell(dtype, k * n, 22)
        a[0] = Infinity
        a[m * k - 1] = 0
        b[1] = -Infinity
        b[k * n - 1] = NaN
        for (const options of transposes)
          checkProduct(dtype, { m, n, k, options, values: { a, b } })
      }
    })
  }
})
