import { expect } from 'chai'

import type { DType, FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, type Bound, check } from '../support/op-case.js'
import {
  arrayOf,
  bell,
  bigSize,
  floatDTypes,
  smallSizes,
  specials,
  whole,
} from '../support/samples.js'
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

  describe('gatherRows', () => {
    /** (srcRows, rows, cols) */
    const shapes = [
      [1, 0, 5], [3, 4, 0], [1, 1, 1], [5, 9, 1], [7, 3, 2], [9, 5, 7], [10, 64, 8], [4, 4, 9],
      [100, 32, 17], [50, 20, 33], [300, 128, 784], [20, 5000, 3], [3, 2, 50_021],
    ] as const // prettier-ignore

    const pairs: readonly (readonly [DType, DType])[] = [
      ...dtypes.map((dtype) => [dtype, dtype] as const),
      ...floatDTypes.flatMap((to) => [['uint8', to] as const, ['int32', to] as const]),
      ['float64', 'float32'],
      ['float32', 'float64'],
    ]
    for (const [from, to] of pairs) {
      it(`${from} to ${to}`, () => {
        const scales = from === to ? [[1, 0] as const] : ([[1, 0], [1 / 255, -0.5]] as const) // prettier-ignore
        for (const [srcRows, rows, cols] of shapes) {
          for (const [scale, shift] of scales) {
            const src = valuesOf(from, srcRows * cols, 1)
            const index = whole('int32', rows, 3, 0, srcRows)
            const source = (i: number) => src[index[Math.floor(i / cols)]! * cols + (i % cols)]!
            check({
              title: `gather ${rows} of (${srcRows}, ${cols}), ${scale} x + ${shift}`,
              dtype: 'float32',
              operands: { src, index, out: valuesOf(to, rows * cols, 2) },
              bounds: { out: from === to ? 'exact' : affineBound(to, source, scale, shift) },
              run: (kernels, v) => {
                kernels.gatherRows({
                  src: v.src,
                  index: v.index,
                  out: v.out,
                  srcRows,
                  rows,
                  cols,
                  scale,
                  shift,
                })
              },
            })
          }
        }
      })
    }

    for (const dtype of floatDTypes) {
      it(`${dtype} scaled`, () => {
        const [srcRows, rows, cols] = [9, 14, 33]
        const src = bell(dtype, srcRows * cols, 1)
        const index = whole('int32', rows, 3, 0, srcRows)
        const source = (i: number) => src[index[Math.floor(i / cols)]! * cols + (i % cols)]!
        check({
          title: 'gather scaled',
          dtype,
          operands: { src, index, out: bell(dtype, rows * cols, 2) },
          bounds: { out: affineBound(dtype, source, 0.3, -1.1) },
          run: (kernels, v) => {
            kernels.gatherRows({
              src: v.src,
              index: v.index,
              out: v.out,
              srcRows,
              rows,
              cols,
              scale: 0.3,
              shift: -1.1,
            })
          },
        })
      })
    }

    it('keeps the sign of a zero', () => {
      for (const kernels of backends) {
        for (const dtype of floatDTypes) {
          const [src, out] = [arrayOf(dtype, [1, -0, 0]), arrayOf(dtype, [7, 7, 7])]
          kernels.gatherRows({
            src: asView(src),
            index: asView(Int32Array.of(0)),
            out: asView(out),
            srcRows: 1,
            rows: 1,
            cols: 3,
            scale: 1,
            shift: 0,
          })
          expect(Array.from(out), kernels.name).to.deep.equal([1, -0, 0])
        }
      }
    })

    it('an index outside the rows is refused before anything is written', () => {
      const [srcRows, rows, cols] = [6, 9, 4]
      for (const kernels of backends) {
        for (const bad of [-1, srcRows, 2 ** 31 - 1, -(2 ** 31)]) {
          for (const row of [0, 5, rows - 1]) {
            const src = bell('float32', srcRows * cols, 1)
            const index = whole('int32', rows, 1, 0, srcRows)
            index[row] = bad
            const out = new Float32Array(rows * cols).fill(9)
            expect(() => {
              kernels.gatherRows({
                src: asView(src),
                index: asView(index),
                out: asView(out),
                srcRows,
                rows,
                cols,
                scale: 1,
                shift: 0,
              })
            }, kernels.name)
              .to.throw(new RegExp(`${bad}`))
              .with.property('code', 'ERR_VALUE')
            expect(out.every((y) => y === 9)).to.equal(true)
          }
        }
      }
    })
  })
})
