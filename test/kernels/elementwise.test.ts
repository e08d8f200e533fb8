import { BinaryKind, Broadcast, UnaryKind } from '../../ts/kernels/kernels.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { suiteTitle } from '../support/backends.js'
import { type Bound, check } from '../support/op-case.js'
import {
  arrayOf,
  bell,
  bigSize,
  floatDTypes,
  orders,
  smallSizes,
  specials,
  spread,
} from '../support/samples.js'
import { roundings, ulps } from '../support/tolerance.js'

/** Ulps that the contract of `unary` allows; what IEEE 754 rounds correctly is exact. */
function unaryBound(dtype: FloatDType, kind: UnaryKind): Bound {
  switch (kind) {
    case UnaryKind.exp:
    case UnaryKind.log:
    case UnaryKind.tanh:
    case UnaryKind.erf:
    case UnaryKind.log1p:
    case UnaryKind.expm1:
    case UnaryKind.rsqrt:
    case UnaryKind.sin:
    case UnaryKind.cos:
      return (_, y) => ulps(dtype, 2, y)
    case UnaryKind.sqrt:
    case UnaryKind.square:
    case UnaryKind.reciprocal:
      // of float32 the expected value is the float64 one, not yet rounded
      return (_, y) => (dtype === 'float32' ? ulps(dtype, 0.5, y) : 0)
    default:
      return 'exact'
  }
}

function unaryInputs(dtype: FloatDType): { title: string; x: TypedArray }[] {
  return [
    ...smallSizes.map((n) => ({ title: `n ${n}`, x: bell(dtype, n, n + 1, 2) })),
    { title: 'from -110 to 90', x: spread(dtype, 50_021, 2, -110, 90) },
    { title: 'around 0', x: spread(dtype, 20_011, 3, -1.5, 1.5) },
    { title: 'positive', x: spread(dtype, 20_011, 4, 0, 4) },
    { title: 'around 1', x: spread(dtype, 20_011, 5, 0.99, 1.01) },
    {
      title: 'all orders',
      x:
        dtype === 'float32'
          ? orders(dtype, 20_011, 6, -149, 128)
          : orders(dtype, 20_011, 6, -1074, 1024),
    },
    { title: 'special values', x: specials(dtype) },
    { title: `n ${bigSize}`, x: bell(dtype, bigSize, 7, 3) },
  ]
}

/** Every special value against every other one. */
function specialPairs(dtype: FloatDType): { a: TypedArray; b: TypedArray } {
  const values = Array.from(specials(dtype))
  return {
    a: arrayOf(
      dtype,
      values.flatMap((a) => values.map(() => a)),
    ),
    b: arrayOf(
      dtype,
      values.flatMap(() => values),
    ),
  }
}

const shapes = [
  [0, 5],
  [5, 0],
  [1, 1],
  [1, 129],
  [129, 1],
  [3, 4],
  [4, 8],
  [7, 9],
  [16, 16],
  [17, 31],
  [33, 65],
  [257, 401],
  [2, 70_001],
  [50_003, 2],
] as const

describe(suiteTitle('elementwise'), () => {
  for (const dtype of floatDTypes) {
    for (const [name, kind] of Object.entries(UnaryKind)) {
      it(`${name} ${dtype}`, () => {
        for (const { title, x } of unaryInputs(dtype)) {
          check({
            title: `${name}, ${title}`,
            dtype,
            operands: { x, y: bell(dtype, x.length, 1) },
            bounds: { y: unaryBound(dtype, kind) },
            inPlace: [['y', 'x']],
            run: (kernels, v) => {
              kernels.unary({ kind, x: v.x, y: v.y, n: x.length })
            },
          })
        }
      })
    }

    for (const [name, kind] of Object.entries(BinaryKind)) {
      // one operation that IEEE 754 rounds correctly; of float32 the expected value is not yet rounded
      const rounded: Bound = (_, y) =>
        kind === BinaryKind.pow ? ulps(dtype, 2, y) : dtype === 'float32' ? ulps(dtype, 0.5, y) : 0

      for (const [how, broadcast] of Object.entries(Broadcast)) {
        it(`${name} ${dtype}, b by ${how}`, () => {
          for (const [rows, cols] of shapes) {
            const length = { none: rows * cols, row: cols, column: rows, scalar: 1 }[how]!
            check({
              title: `${name} (${rows}, ${cols})`,
              dtype,
              operands: {
                a: bell(dtype, rows * cols, 1),
                b: bell(dtype, length, 2),
                out: bell(dtype, rows * cols, 3),
              },
              bounds: { out: rounded },
              inPlace:
                how === 'none'
                  ? [
                      ['out', 'a'],
                      ['out', 'b'],
                    ]
                  : [['out', 'a']],
              run: (kernels, v) => {
                kernels.binary({ kind, broadcast, a: v.a, b: v.b, out: v.out, rows, cols })
              },
            })
          }
        })
      }

      it(`${name} ${dtype}, special values`, () => {
        const { a, b } = specialPairs(dtype)
        check({
          title: `${name} of special values`,
          dtype,
          operands: { a, b, out: bell(dtype, a.length, 3) },
          bounds: { out: rounded },
          run: (kernels, v) => {
            kernels.binary({
              kind,
              broadcast: Broadcast.none,
              a: v.a,
              b: v.b,
              out: v.out,
              rows: 1,
              cols: a.length,
            })
          },
        })
      })
    }

    it(`affine ${dtype}`, () => {
      for (const [scale, shift] of [
        [1, 0],
        [0.1, -0.7],
        [-3, 2],
        [1 / 255, 0],
      ] as const) {
        for (const n of [...smallSizes, bigSize]) {
          const x = bell(dtype, n, n)
          check({
            title: `${scale} x + ${shift}, n ${n}`,
            dtype,
            operands: { x, y: bell(dtype, n, 1) },
            // scale and shift are cast, then a product and a sum
            bounds: { y: (i) => roundings(dtype, 4, Math.abs(scale * x[i]!) + Math.abs(shift)) },
            inPlace: [['y', 'x']],
            run: (kernels, v) => {
              kernels.affine({ x: v.x, y: v.y, n, scale, shift })
            },
          })
        }
      }
    })

    it(`axpby ${dtype}`, () => {
      for (const [alpha, beta] of [
        [1, 1],
        [1, 0],
        [0.1, 0.9],
        [-2, 1],
        [0, 0.3],
        [1.5, -0.25],
      ] as const) {
        for (const n of [...smallSizes, bigSize]) {
          const x = bell(dtype, n, n)
          // with beta = 0 y must be written without being read
          const y = beta === 0 ? arrayOf(dtype, new Float64Array(n).fill(NaN)) : bell(dtype, n, 1)
          check({
            title: `${alpha} x + ${beta} y, n ${n}`,
            dtype,
            operands: { x, y },
            bounds: {
              y: (i) =>
                roundings(
                  dtype,
                  4,
                  Math.abs(alpha * x[i]!) + (beta === 0 ? 0 : Math.abs(beta * y[i]!)),
                ),
            },
            run: (kernels, v) => {
              kernels.axpby({ x: v.x, y: v.y, n, alpha, beta })
            },
          })
        }
      }
    })
  }
})
