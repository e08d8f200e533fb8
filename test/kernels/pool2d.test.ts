import { expect } from 'chai'

import type { Pool2dGeometry } from '../../ts/kernels/pool2d.js'
import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes, whole } from '../support/samples.js'
import { sumBound } from '../support/tolerance.js'

/** planes, height, width, then kernel, stride, padding, dilation for both dimensions. */
function geometry(
  planes: number,
  [inHeight, inWidth]: readonly [number, number],
  [kernelHeight, kernelWidth]: readonly [number, number],
  [strideHeight, strideWidth]: readonly [number, number],
  [padTop, padLeft]: readonly [number, number] = [0, 0],
  [dilationHeight, dilationWidth]: readonly [number, number] = [1, 1],
  /** Further windows after those that fit, as ceilMode has them. */
  more = 0,
): Pool2dGeometry {
  const count = (size: number, kernel: number, stride: number, pad: number, dilation: number) =>
    Math.floor((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1 + more
  const outHeight = count(inHeight, kernelHeight, strideHeight, padTop, dilationHeight)
  const outWidth = count(inWidth, kernelWidth, strideWidth, padLeft, dilationWidth)
  return {
    planes, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, strideHeight,
    strideWidth, padTop, padLeft, dilationHeight, dilationWidth,
  } // prettier-ignore
}

/** Widths around the lanes of every vector, in halves, thirds and single steps. */
const geometries: readonly Pool2dGeometry[] = [
  ...[2, 3, 5, 8, 9, 15, 16, 24, 31, 32, 33, 63, 64, 66, 71].map((width) =>
    geometry(2, [5, width], [2, 2], [2, 2]),
  ),
  ...[3, 7, 16, 18, 33, 70].flatMap((width) => [
    geometry(2, [6, width], [3, 3], [2, 2], [1, 1]),
    geometry(2, [6, width], [3, 3], [1, 1], [1, 1]),
    geometry(2, [6, width], [3, 3], [3, 3], [1, 1]),
  ]),
  geometry(0, [4, 4], [2, 2], [2, 2]),
  geometry(3, [1, 1], [1, 1], [1, 1]),
  geometry(1, [2, 2], [2, 2], [5, 5]),
  geometry(2, [9, 8], [2, 3], [5, 4]),
  geometry(2, [7, 40], [2, 2], [2, 2], [1, 1]),
  geometry(2, [7, 40], [2, 3], [1, 2], [1, 0]),
  geometry(2, [8, 8], [8, 8], [8, 8]),
  geometry(2, [5, 6], [3, 2], [2, 2], [1, 1], [1, 1], 1),
  geometry(700, [8, 10], [2, 2], [2, 2]),
  geometry(700, [9, 10], [3, 3], [2, 2], [1, 1]),
  // few planes, in bands of rows
  geometry(1, [211, 203], [2, 2], [2, 2]),
  geometry(2, [211, 203], [3, 3], [2, 2], [1, 1]),
  geometry(1, [190, 201], [3, 3], [1, 1], [1, 1]),
  geometry(1, [190, 201], [4, 5], [4, 3], [2, 1], [1, 1], 1),
]
const dilated: readonly Pool2dGeometry[] = [
  geometry(2, [9, 40], [3, 3], [1, 1], [1, 1], [2, 2]),
  geometry(2, [9, 40], [2, 3], [2, 2], [1, 1], [3, 2]),
  geometry(2, [9, 13], [2, 3], [3, 4], [0, 1], [2, 3]),
]

/** planes, height and width before, height and width after */
const adaptiveSizes: readonly (readonly [number, number, number, number, number])[] = [
  [2, 7, 5, 3, 2],
  [3, 8, 8, 1, 1],
  [2, 8, 12, 4, 3],
  [2, 3, 4, 5, 9],
  [0, 3, 3, 2, 2],
  [1, 40, 41, 1, 1],
  [900, 6, 9, 2, 4],
]

const inLength = (g: Pool2dGeometry): number => g.planes * g.inHeight * g.inWidth
const outLength = (g: Pool2dGeometry): number => g.planes * g.outHeight * g.outWidth
const titleOf = (g: Pool2dGeometry): string => JSON.stringify(Object.values(g))

/** As many windows as may hold one element. */
const overlap = (g: Pool2dGeometry): number => g.kernelHeight * g.kernelWidth

const absolute = (values: TypedArray): Float64Array => Float64Array.from(values, Math.abs)

/**
 * Bounds for a linear operation: what it makes of the absolute values is the magnitude of each
 * result's terms.
 */
function linearBound(
  dtype: FloatDType,
  length: number,
  terms: number,
  of: (out: TypedArray) => void,
): (i: number) => number {
  const magnitudes = new Float64Array(length)
  of(magnitudes)
  // the divisor is rounded to the dtype, and so is the quotient
  return (i) => sumBound(dtype, terms, magnitudes[i]!, 2)
}

describe(suiteTitle('pool2d'), () => {
  for (const dtype of floatDTypes) {
    it(`maxPool2d ${dtype}: the same bits`, () => {
      for (const g of [...geometries, ...dilated]) {
        for (const values of [
          bell(dtype, inLength(g), 1),
          // many equals, among them infinities
          arrayOf(dtype, whole('int32', inLength(g), 2, 0, 4).map((x) => x - 2) as Int32Array).map(
            (x) => (x === -2 ? -Infinity : x),
          ) as TypedArray,
          bell(dtype, inLength(g), 3).map((x) => (x > 1.5 ? NaN : x)) as TypedArray,
        ]) {
          check({
            title: `maxPool2d ${titleOf(g)}`,
            dtype,
            operands: {
              x: values,
              out: bell(dtype, outLength(g), 2),
              index: whole('int32', outLength(g), 3, 0, 9),
            },
            bounds: { out: 'exact', index: 'exact' },
            run: (kernels, v) => {
              kernels.maxPool2d({ x: v.x, out: v.out, index: v.index, geometry: g })
            },
          })
        }
      }
    })

    it(`maxPool2dGradient ${dtype}`, () => {
      for (const g of [...geometries, ...dilated]) {
        const [x, out] = [bell(dtype, inLength(g), 1), bell(dtype, outLength(g), 2)]
        const index = new Int32Array(outLength(g))
        reference.maxPool2d({ x: asView(x), out: asView(out), index: asView(index), geometry: g })
        const gradOut = bell(dtype, outLength(g), 3)
        check({
          title: `maxPool2dGradient ${titleOf(g)}`,
          dtype,
          operands: { gradOut, index, gradX: bell(dtype, inLength(g), 4) },
          bounds: {
            gradX: linearBound(dtype, inLength(g), overlap(g), (result) => {
              const sizes = asView(absolute(gradOut))
              reference.maxPool2dGradient({
                gradOut: sizes,
                index: asView(index),
                gradX: asView(result),
                geometry: g,
              })
            }),
          },
          run: (kernels, v) => {
            kernels.maxPool2dGradient({
              gradOut: v.gradOut,
              index: v.index,
              gradX: v.gradX,
              geometry: g,
            })
          },
        })
      }
    })

    it(`avgPool2d and its gradient ${dtype}`, () => {
      for (const g of geometries) {
        for (const [includePad, divisor] of [
          [true, 0],
          [false, 0],
          [true, 2.5],
        ] as const) {
          const title = `${titleOf(g)} ${includePad} ${divisor}`
          const x = bell(dtype, inLength(g), 1)
          check({
            title: `avgPool2d ${title}`,
            dtype,
            operands: { x, out: bell(dtype, outLength(g), 2) },
            bounds: {
              out: linearBound(dtype, outLength(g), overlap(g), (result) => {
                reference.avgPool2d({
                  x: asView(absolute(x)),
                  out: asView(result),
                  geometry: g,
                  countIncludePad: includePad,
                  divisorOverride: divisor,
                })
              }),
            },
            run: (kernels, v) => {
              kernels.avgPool2d({
                x: v.x,
                out: v.out,
                geometry: g,
                countIncludePad: includePad,
                divisorOverride: divisor,
              })
            },
          })
          const gradOut = bell(dtype, outLength(g), 3)
          check({
            title: `avgPool2dGradient ${title}`,
            dtype,
            operands: { gradOut, gradX: bell(dtype, inLength(g), 4) },
            bounds: {
              gradX: linearBound(dtype, inLength(g), overlap(g), (result) => {
                const sizes = asView(absolute(gradOut))
                reference.avgPool2dGradient({
                  gradOut: sizes,
                  gradX: asView(result),
                  geometry: g,
                  countIncludePad: includePad,
                  divisorOverride: divisor,
                })
              }),
            },
            run: (kernels, v) => {
              kernels.avgPool2dGradient({
                gradOut: v.gradOut,
                gradX: v.gradX,
                geometry: g,
                countIncludePad: includePad,
                divisorOverride: divisor,
              })
            },
          })
        }
      }
    })

    it(`adaptiveAvgPool2d and its gradient ${dtype}`, () => {
      for (const sizes of adaptiveSizes) {
        const [planes, height, width, outHeight, outWidth] = sizes
        const named = { planes, inHeight: height, inWidth: width, outHeight, outWidth }
        const [inputs, outputs] = [planes * height * width, planes * outHeight * outWidth]
        const window = (Math.ceil(height / outHeight) + 1) * (Math.ceil(width / outWidth) + 1)
        const windows = (Math.ceil(outHeight / height) + 1) * (Math.ceil(outWidth / width) + 1)
        const x = bell(dtype, inputs, 1)
        check({
          title: `adaptiveAvgPool2d ${sizes.join()}`,
          dtype,
          operands: { x, out: bell(dtype, outputs, 2) },
          bounds: {
            out: linearBound(dtype, outputs, window, (result) => {
              reference.adaptiveAvgPool2d({ x: asView(absolute(x)), out: asView(result), ...named })
            }),
          },
          run: (kernels, v) => {
            kernels.adaptiveAvgPool2d({ x: v.x, out: v.out, ...named })
          },
        })
        const gradOut = bell(dtype, outputs, 3)
        check({
          title: `adaptiveAvgPool2dGradient ${sizes.join()}`,
          dtype,
          operands: { gradOut, gradX: bell(dtype, inputs, 4) },
          bounds: {
            gradX: linearBound(dtype, inputs, windows, (result) => {
              reference.adaptiveAvgPool2dGradient({
                gradOut: asView(absolute(gradOut)),
                gradX: asView(result),
                ...named,
              })
            }),
          },
          run: (kernels, v) => {
            kernels.adaptiveAvgPool2dGradient({ gradOut: v.gradOut, gradX: v.gradX, ...named })
          },
        })
      }
    })
  }

  it('a place outside of the plane is refused before anything is written', () => {
    const halves = geometry(1, [4, 4], [2, 2], [2, 2])
    const overlapping = geometry(1, [4, 4], [3, 3], [1, 1])
    for (const kernels of backends) {
      for (const g of [halves, overlapping]) {
        for (const place of [-1, 16]) {
          const index = Int32Array.of(0, 0, place, 0)
          const gradX = new Float32Array(16).fill(7)
          expect(() => {
            const gradOut = new Float32Array(4)
            kernels.maxPool2dGradient({
              gradOut: asView(gradOut),
              index: asView(index),
              gradX: asView(gradX),
              geometry: g,
            })
          }).to.throw(`maxPool2dGradient: index ${place} at 2 is outside [0, 16)`)
          expect(gradX.every((value) => value === 7)).to.equal(true)
        }
      }
    }
  })
})
