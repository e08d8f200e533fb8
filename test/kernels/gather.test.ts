import { expect } from 'chai'

import type { DType, FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, type Bound, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes, whole } from '../support/samples.js'
import { roundings, sumBound } from '../support/tolerance.js'

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

const shapes = [
  [0, 3, 4],
  [1, 1, 1],
  [5, 0, 3],
  [9, 3, 2],
  [40, 17, 5],
  [7, 65, 1],
  [3000, 8, 10],
  // several tasks
  [500, 33, 5003],
  [3, 1, 200_003],
] as const

describe(suiteTitle('gather'), () => {
  for (const dtype of floatDTypes) {
    it(`scatter of rows ${dtype}`, () => {
      for (const [rows, cols, count] of shapes) {
        const gradOut = bell(dtype, rows * cols, 1)
        const index = whole('int32', rows, 2, 0, count)
        const gradWeight = bell(dtype, count * cols, 3)
        for (const paddingIndex of [-1, index[0] ?? 0]) {
          for (const beta of [0, 1, 0.3]) {
            const terms = new Map<number, number>()
            const magnitude = new Float64Array(count * cols)
            for (let i = 0; i < magnitude.length; i++) {
              magnitude[i] = Math.abs(beta * gradWeight[i]!)
            }
            for (let r = 0; r < rows; r++) {
              const row = index[r]!
              terms.set(row, (terms.get(row) ?? 0) + 1)
              for (let c = 0; c < cols; c++) {
                magnitude[row * cols + c]! += Math.abs(gradOut[r * cols + c]!)
              }
            }
            check({
              title: `${rows} rows of ${cols} among ${count}, padding ${paddingIndex}, beta ${beta}`,
              dtype,
              operands: { gradOut, index, gradWeight },
              bounds: {
                // the additions; beta is cast and multiplied
                gradWeight: (i) => {
                  const added = terms.get(Math.floor(i / cols)) ?? 0
                  return sumBound(dtype, added, magnitude[i]!, beta === 0 || beta === 1 ? 0 : 2)
                },
              },
              run: (kernels, v) => {
                kernels.scatter(
                  { src: v.gradOut, index: v.index, out: v.gradWeight, rows, cols, count, paddingIndex, beta }
                ) // prettier-ignore
              },
            })
          }
        }
      }
    })
  }

  it('an index outside the table is refused before anything is written', () => {
    for (const kernels of backends) {
      for (const bad of [-1, 4, 2 ** 31 - 1]) {
        const grad = new Float32Array(8).fill(9)
        const index = asView(Int32Array.of(0, 1, bad))
        const gradOut = asView(bell('float32', 6, 1))
        expect(() => {
          kernels.scatter({
            src: gradOut,
            index,
            out: asView(grad),
            rows: 3,
            cols: 2,
            count: 4,
            beta: 0,
          })
        }, kernels.name)
          .to.throw(`index ${bad} at row 2 is outside [0, 4)`)
          .with.property('code', 'ERR_VALUE')
        expect(grad.every((g) => g === 9)).to.equal(true)
      }
    }
  })

  /** (outer, places of the tensor, places of the index, inner) */
  const along = [
    [0, 3, 2, 2], [2, 3, 0, 4], [1, 1, 1, 1], [2, 5, 3, 1], [3, 4, 7, 5], [1, 9, 40_000, 1], [20, 6, 5, 3],
    [5, 300, 200, 40], [1, 200_003, 50, 2], [70, 40, 30, 20],
  ] as const // prettier-ignore

  for (const dtype of dtypes) {
    for (const each of [false, true]) {
      const kind = `${each ? 'an index for each' : 'along a dimension'} ${dtype}`

      it(`gather, ${kind}`, () => {
        for (const [outer, srcRows, rows, cols] of along) {
          check({
            title: `(${outer}, ${rows}, ${cols}) of (${outer}, ${srcRows}, ${cols})`,
            dtype: 'float32',
            operands: {
              src: valuesOf(dtype, outer * srcRows * cols, 1),
              index: whole('int32', each ? outer * rows * cols : rows, 3, 0, srcRows),
              out: valuesOf(dtype, outer * rows * cols, 2),
            },
            bounds: { out: 'exact' },
            run: (kernels, { src, index, out }) => {
              kernels.gather({ src, index, out, srcRows, rows, cols, outer, each })
            },
          })
        }
      })

      for (const add of [false, true]) {
        it(`scatter, ${kind}, ${add ? 'added up' : 'written'}`, () => {
          for (const [outer, count, rows, cols] of along) {
            for (const beta of [0, 1]) {
              const n = outer * rows * cols
              const src = valuesOf(dtype, n, 1)
              const index = whole('int32', each ? n : rows, 3, 0, count)
              const out = valuesOf(dtype, outer * count * cols, 2)
              // What comes together at each place: how many numbers, and how large.
              const terms = new Uint32Array(out.length)
              const magnitude = Float64Array.from(out, (y) => beta * Math.abs(y))
              for (let e = 0; e < n; e++) {
                const at = index[each ? e : Math.floor(e / cols) % rows]!
                const place = (Math.floor(e / (rows * cols)) * count + at) * cols + (e % cols)
                terms[place]! += 1
                magnitude[place]! += Math.abs(src[e]!)
              }
              const bound = (i: number): number =>
                sumBound(dtype as FloatDType, terms[i]!, magnitude[i]!)
              check({
                title: `(${outer}, ${rows}, ${cols}) into (${outer}, ${count}, ${cols}), beta ${beta}`,
                dtype: isFloat(dtype) ? dtype : 'float32',
                operands: { src, index, out },
                bounds: { out: add && isFloat(dtype) ? bound : 'exact' },
                run: (kernels, { src, index, out }) => {
                  kernels.scatter({ src, index, out, rows, cols, count, beta, outer, each, add })
                },
              })
            }
          }
        })
      }
    }
  }

  for (const dtype of dtypes) {
    it(`gather, rows that begin inside of each other, ${dtype}`, () => {
      /** (srcRows, stride, rows, cols) */
      const strided = [[1, 4, 3, 5], [0, 2, 0, 3], [30, 1, 40, 7], [50, 3, 9, 24], [4, 9, 6, 2]] as const // prettier-ignore
      for (const [srcRows, stride, rows, cols] of strided) {
        const extent = srcRows === 0 ? 0 : (srcRows - 1) * stride + cols
        const src = valuesOf(dtype, extent, 1)
        const index = whole('int32', rows, 3, 0, srcRows)
        const right = valuesOf(dtype, rows * cols, 2)
        for (let i = 0; i < right.length; i++)
          right[i] = src[index[Math.floor(i / cols)]! * stride + (i % cols)]!
        for (const kernels of backends) {
          const out = valuesOf(dtype, rows * cols, 4)
          const [from, to] = [asView(src), asView(out)]
          kernels.gather({ src: from, index: asView(index), out: to, srcRows, rows, cols, stride })
          expect(out, `${kernels.name} ${srcRows} ${stride}`).to.deep.equal(right)
        }
      }
    })
  }

  it('a stride for what is not rows of one dimension, or past the end of src, is refused', () => {
    for (const kernels of backends) {
      const out = new Float32Array(8).fill(9)
      const index = asView(Int32Array.of(0, 1))
      const src = asView(bell('float32', 6, 1))
      const call = (more: object) => () => {
        kernels.gather({ src, index, out: asView(out), srcRows: 3, rows: 2, cols: 4, ...more })
      }
      call({ stride: 1 })()
      out.fill(9)
      for (const more of [{ stride: 2 }, { stride: -1 }, { stride: 1, outer: 2 }, { stride: 1, each: true }])
        expect(call(more), `${kernels.name} ${JSON.stringify(more)}`).to.throw().with.property('code') // prettier-ignore
      expect(out.every((y) => y === 9)).to.equal(true)
    }
  })

  it('an index for each that is outside is refused before anything is written', () => {
    for (const kernels of backends) {
      for (const bad of [-1, 3]) {
        const out = new Float32Array(6).fill(9)
        const index = asView(Int32Array.of(0, 1, 2, 0, bad, 1))
        const src = asView(bell('float32', 6, 1))
        const sizes = { rows: 3, cols: 2, each: true }
        const message = `index ${bad} at element 4 is outside [0, 3)`
        expect(() => {
          kernels.gather({ src, index, out: asView(out), srcRows: 3, ...sizes })
        }, kernels.name).to.throw(message).with.property('code', 'ERR_VALUE') // prettier-ignore
        expect(() => {
          kernels.scatter({ src, index, out: asView(out), count: 3, beta: 0, ...sizes })
        }, kernels.name).to.throw(message).with.property('code', 'ERR_VALUE') // prettier-ignore
        expect(out.every((y) => y === 9)).to.equal(true)
      }
    }
  })

  describe('gather', () => {
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
                kernels.gather({
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
            kernels.gather({
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
          kernels.gather({
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
              kernels.gather({
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
