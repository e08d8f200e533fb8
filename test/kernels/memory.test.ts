import { expect } from 'chai'

import type { DType, FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, type Bound, check } from '../support/op-case.js'
import { arrayOf, bell, bigSize, smallSizes, specials, whole } from '../support/samples.js'
import { roundings } from '../support/tolerance.js'

const dtypes = ['float32', 'float64', 'int32', 'uint8'] as const satisfies readonly DType[]

const isFloat = (dtype: DType): dtype is FloatDType => dtype === 'float32' || dtype === 'float64'

/** Ordinary values of any dtype; the integers run through their whole range. */
function valuesOf(dtype: DType, n: number, seed: number): TypedArray {
  if (isFloat(dtype)) return bell(dtype, n, seed, 10)
  return dtype === 'int32'
    ? whole(dtype, n, seed, -(2 ** 31), 2 ** 31)
    : whole(dtype, n, seed, 0, 256)
}

/** scale and shift are cast, a product, a sum, and x itself may have to be rounded. */
function affineBound(dtype: DType, x: (i: number) => number, scale: number, shift: number): Bound {
  if (!isFloat(dtype)) return 'exact'
  return (i) => roundings(dtype, 5, Math.abs(scale * x(i)) + Math.abs(shift))
}

describe(suiteTitle('memory'), () => {
  for (const dtype of dtypes) {
    it(`fill ${dtype}`, () => {
      for (const n of [...smallSizes, bigSize]) {
        for (const value of isFloat(dtype) ? [0, -1.5, 0.1, NaN, Infinity] : [0, 1, 200]) {
          check({
            title: `fill ${n} with ${value}`,
            dtype: 'float32',
            operands: { y: valuesOf(dtype, n, 1) },
            bounds: { y: 'exact' },
            ownDType: true,
            run: (kernels, v) => {
              kernels.fill({ y: v.y, n, value })
            },
          })
        }
      }
    })

    it(`copy ${dtype}`, () => {
      for (const n of [...smallSizes, bigSize]) {
        check({
          title: `copy ${n}`,
          dtype: 'float32',
          operands: { x: valuesOf(dtype, n, 1), y: valuesOf(dtype, n, 2) },
          bounds: { y: 'exact' },
          inPlace: [['y', 'x']],
          run: (kernels, v) => {
            kernels.copy({ x: v.x, y: v.y, n })
          },
        })
      }
    })

    for (const to of dtypes) {
      it(`cast ${dtype} to ${to}`, () => {
        // to integers the exact value decides: only scales whose products have no rounding
        const scales = isFloat(to)
          ? ([[1, 0], [1 / 255, 0], [-0.3, 7]] as const) // prettier-ignore
          : ([[1, 0], [0.5, 0], [-2, 3.5]] as const) // prettier-ignore
        for (const [scale, shift] of scales) {
          for (const n of [...smallSizes, bigSize]) {
            const x = valuesOf(dtype, n, n + 1)
            check({
              title: `cast n ${n}, ${scale} x + ${shift}`,
              dtype: 'float32',
              operands: { x, y: valuesOf(to, n, 2) },
              bounds: {
                y:
                  dtype === to && scale === 1
                    ? 'exact'
                    : affineBound(to, (i) => x[i]!, scale, shift),
              },
              inPlace: dtype === to ? [['y', 'x']] : [],
              run: (kernels, v) => {
                kernels.cast({ x: v.x, y: v.y, n, scale, shift })
              },
            })
          }
        }
      })

      if (isFloat(dtype)) {
        it(`cast ${dtype} to ${to}, special values`, () => {
          const x = arrayOf(dtype, [
            ...specials(dtype),
            ...[0.9, 1.9, 254.9, 255, 256, 300, 2 ** 31, 2 ** 31 - 1, 2 ** 31 - 200, 2 ** 33],
            ...[-0.9, -1, -1.9, -300, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 31) - 300, -1e20],
          ])
          check({
            title: 'cast of special values',
            dtype: 'float32',
            operands: { x, y: valuesOf(to, x.length, 2) },
            bounds: {
              y: isFloat(to) ? (_, y) => roundings(to, 1, Math.abs(y)) : 'exact',
            },
            run: (kernels, v) => {
              kernels.cast({ x: v.x, y: v.y, n: x.length, scale: 1, shift: 0 })
            },
          })
        })
      }
    }
  }

  it('fill of an integer dtype truncates and clamps like cast', () => {
    for (const kernels of backends) {
      const filled = (dtype: DType, value: number): number => {
        const y = arrayOf(dtype, [9, 9])
        kernels.fill({ y: asView(y), n: 1, value })
        expect(y[1]).to.equal(9)
        return y[0]!
      }
      expect(filled('uint8', 300)).to.equal(255)
      expect(filled('uint8', -7)).to.equal(0)
      expect(filled('uint8', 3.9)).to.equal(3)
      expect(filled('uint8', NaN)).to.equal(0)
      expect(filled('int32', -1e20)).to.equal(-(2 ** 31))
      expect(filled('int32', 2 ** 31)).to.equal(2 ** 31 - 1)
      expect(filled('int32', -2.9)).to.equal(-2)
    }
  })

  for (const dtype of dtypes) {
    it(`triangle ${dtype}`, () => {
      const shapes = [[1, 0, 3], [0, 2, 2], [1, 1, 1], [2, 3, 5], [3, 5, 3], [1, 70, 300], [5, 64, 64]] as const // prettier-ignore
      for (const [batch, rows, cols] of shapes) {
        for (const diagonal of [-1000, -2, -1, 0, 1, 2, 1000]) {
          for (const upper of [false, true]) {
            const n = batch * rows * cols
            check({
              title: `(${batch}, ${rows}, ${cols}), diagonal ${diagonal}, ${upper ? 'upper' : 'lower'}`,
              dtype: 'float32',
              operands: { x: valuesOf(dtype, n, 1), out: valuesOf(dtype, n, 2) },
              bounds: { out: 'exact' },
              run: (kernels, v) => {
                kernels.triangle({ x: v.x, out: v.out, batch, rows, cols, diagonal, upper })
              },
            })
          }
        }
      }
    })
  }
})
