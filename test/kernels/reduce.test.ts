import { expect } from 'chai'

import { ReduceKind } from '../../ts/kernels/kernels.js'
import { arrayOf, bell, floatDTypes, whole } from '../support/samples.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, type Bound, check, tooBig } from '../support/op-case.js'
import { roundings, sumBound } from '../support/tolerance.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'

type Shape = readonly [outer: number, n: number, inner: number]

const shapes: readonly Shape[] = [
  [0, 3, 2],
  [2, 3, 0],
  [3, 0, 2],
  [1, 0, 1],
  [1, 1, 1],
  [1, 2, 1],
  [1, 3, 1],
  [5, 7, 1],
  [4, 8, 1],
  [3, 15, 1],
  [3, 16, 1],
  [3, 17, 1],
  [2, 33, 1],
  [2, 63, 1],
  [1, 64, 1],
  [2, 65, 1],
  [3, 129, 1],
  [1, 1009, 1],
  [1, 100_003, 1],
  [2003, 37, 1],
  [1, 5, 2],
  [3, 4, 3],
  [2, 9, 8],
  [1, 64, 10],
  [1, 129, 16],
  [1, 3, 17],
  [2, 5, 31],
  [1, 128, 128],
  [2, 33, 65],
  [1, 2, 50_021],
  [1, 4001, 33],
  [7, 11, 13],
  [300, 20, 20],
]

function checkReduce(
  dtype: FloatDType,
  kind: ReduceKind,
  x: TypedArray,
  [outer, n, inner]: Shape,
  beta: number,
  what = '',
): void {
  // with beta = 0 the result must be written without being read
  const size = outer * inner
  const out = beta === 0 ? arrayOf(dtype, new Float64Array(size).fill(NaN)) : bell(dtype, size, 5)
  const magnitudeAt = (at: number): number => {
    const start = Math.floor(at / inner) * n * inner + (at % inner)
    let sum = 0
    for (let j = start; j < start + n * inner; j += inner) sum += Math.abs(x[j]!)
    return kind === ReduceKind.mean ? sum / n : sum
  }
  // + beta * out casts, multiplies and adds
  const added = (at: number): number => (beta === 0 ? 0 : Math.abs(beta * out[at]!))
  const bound: Bound =
    kind === ReduceKind.sum || kind === ReduceKind.mean
      ? // the sum, a division or a product with the rounded 1 / n, and the addition
        (at) => sumBound(dtype, n, magnitudeAt(at), 3) + sumBound(dtype, 0, added(at), 3)
      : kind === ReduceKind.product
        ? // each factor after the first is a rounding
          (at, y) => roundings(dtype, n + 3, Math.abs(y) + 2 * added(at))
        : (at, y) => (beta === 0 ? 0 : sumBound(dtype, 0, Math.abs(y) + 2 * added(at), 3))
  check({
    title: `(${outer}, ${n}, ${inner}), beta ${beta}${what}`,
    dtype,
    operands: { x, out },
    bounds: { out: bound },
    run: (kernels, v) => {
      kernels.reduce({ kind, x: v.x, out: v.out, outer, n, inner, beta })
    },
  })
}

describe(suiteTitle('reduce'), () => {
  for (const dtype of floatDTypes) {
    for (const [name, kind] of Object.entries(ReduceKind)) {
      it(`${name} ${dtype}`, () => {
        for (const shape of shapes) {
          const [outer, n, inner] = shape
          const x = bell(dtype, outer * n * inner, n)
          // around 1, or a long product is 0 in float32
          if (kind === ReduceKind.product) x.forEach((value, i) => (x[i] = 1 + value / (2 * n)))
          for (const beta of [0, 1, -0.3]) checkReduce(dtype, kind, x, shape, beta)
        }
      })

      it(`${name} ${dtype}, infinities and NaN`, () => {
        for (const shape of [
          [5, 37, 1],
          [5, 9, 4],
          [5, 70, 33],
        ] as const) {
          const [, n, inner] = shape
          const x = bell(dtype, 5 * n * inner, 7)
          const line = n * inner
          x[inner] = NaN
          x[line + 2 * inner] = Infinity
          x[2 * line] = -Infinity
          x[3 * line] = Infinity
          x[3 * line + inner * (n - 1)] = -Infinity
          x[4 * line] = NaN // the first and the last of a line
          x[4 * line + inner * (n - 1)] = Infinity
          checkReduce(dtype, kind, x, shape, 0, ', special values')
        }
      })
    }

    it(`argmax and argmin ${dtype}`, () => {
      for (const [outer, n, inner] of shapes) {
        if (n === 0 && outer * inner > 0) continue
        const size = outer * n * inner
        // few different values: most lines have several largest elements
        for (const [x, smallest] of [
          [bell(dtype, size, 1), false],
          [whole(dtype, size, 2, -3, 3), false],
          [whole(dtype, size, 2, -3, 3), true],
        ] as const) {
          check({
            title: `argmax (${outer}, ${n}, ${inner}) ${smallest ? 'of the smallest' : ''}`,
            dtype,
            operands: { x, out: whole('int32', outer * inner, 3, 0, 9) },
            bounds: { out: 'exact' },
            run: (kernels, v) => {
              kernels.argmax({ x: v.x, out: v.out, outer, n, inner, smallest })
            },
          })
        }
      }
    })

    for (const kind of [ReduceKind.sum, ReduceKind.product] as const) {
      for (const reverse of [false, true]) {
        it(`scan ${kind === ReduceKind.sum ? 'sum' : 'product'} ${reverse ? 'from the end ' : ''}${dtype}`, () => {
          for (const [outer, n, inner] of shapes) {
            const size = outer * n * inner
            if (tooBig(size)) continue
            const x = bell(dtype, size, 4)
            if (kind === ReduceKind.product) x.forEach((value, i) => (x[i] = 1 + value / (2 * n)))
            let magnitude = 1
            for (const value of x) magnitude += Math.abs(value)
            for (const exclusive of [false, true]) {
              check({
                title: `(${outer}, ${n}, ${inner})${exclusive ? ' exclusive' : ''}`,
                dtype,
                operands: { x, y: bell(dtype, size, 5) },
                bounds: {
                  y: (_, y) =>
                    kind === ReduceKind.sum
                      ? // added up in double, rounded once
                        roundings(dtype, 1, Math.abs(y)) + sumBound('float64', n, magnitude)
                      : roundings(dtype, 1, Math.abs(y)) + roundings('float64', n, Math.abs(y)),
                },
                inPlace: [['y', 'x']],
                run: (kernels, v) => {
                  kernels.scan({ kind, x: v.x, y: v.y, outer, n, inner, reverse, exclusive })
                },
              })
            }
          }
        })
      }
    }

    it(`argmax ${dtype}, infinities and NaN`, () => {
      for (const [n, inner] of [
        [2, 1],
        [37, 1],
        [70, 1],
        [9, 4],
        [40, 19],
      ] as const) {
        const line = n * inner
        const x = bell(dtype, 5 * line, 8)
        x[(n - 1) * inner] = NaN
        x[line] = NaN
        x[line + inner] = NaN
        x.fill(-Infinity, 2 * line, 3 * line)
        x[3 * line + inner] = Infinity
        x[4 * line] = Infinity
        x[4 * line + inner] = NaN
        for (const smallest of [false, true]) {
          check({
            title: `argmax (5, ${n}, ${inner}), special values`,
            dtype,
            operands: { x, out: whole('int32', 5 * inner, 3, 0, 9) },
            bounds: { out: 'exact' },
            run: (kernels, v) => {
              kernels.argmax({ x: v.x, out: v.out, outer: 5, n, inner, smallest })
            },
          })
        }
      }
    })
  }

  it('argmax of lines without elements is refused', () => {
    for (const kernels of backends) {
      const out = new Int32Array([7])
      expect(() => {
        kernels.argmax({
          x: asView(new Float32Array(0)),
          out: asView(out),
          outer: 1,
          n: 0,
          inner: 1,
        })
      })
        .to.throw()
        .with.property('code')
        .that.is.oneOf(['ERR_SHAPE', 'ERR_VALUE'])
      expect(out[0]).to.equal(7)
    }
  })
})
