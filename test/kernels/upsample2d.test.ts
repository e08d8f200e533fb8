import { expect } from 'chai'

import { reference } from '../../ts/kernels/reference/index.js'
import { type Upsample2dGeometry, UpsampleMode } from '../../ts/kernels/upsample2d.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { bell, floatDTypes } from '../support/samples.js'
import { sumBound } from '../support/tolerance.js'

/** planes, sizes before and after; the scales are the ratio where they are left out. */
function geometry(
  mode: UpsampleMode,
  planes: number,
  [inHeight, inWidth]: readonly [number, number],
  [outHeight, outWidth]: readonly [number, number],
  alignCorners = false,
  [scaleHeight, scaleWidth]: readonly [number, number] = [0, 0],
): Upsample2dGeometry {
  return {
    mode, planes, inHeight, inWidth, outHeight, outWidth, scaleHeight, scaleWidth, alignCorners,
  } // prettier-ignore
}

/** Doublings around the lanes of every vector, and ratios of all kinds. */
const geometries: readonly Upsample2dGeometry[] = [
  ...[UpsampleMode.nearest, UpsampleMode.bilinear].flatMap((mode) => [
    ...[1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 18, 31, 33, 34, 70].map((width) =>
      geometry(mode, 2, [3, width], [6, 2 * width]),
    ),
    ...[1, 2, 7, 40].flatMap((width) =>
      [1, 3, 16, 41, 97].map((out) => geometry(mode, 2, [4, width], [5, out])),
    ),
    geometry(mode, 3, [1, 1], [1, 1]),
    geometry(mode, 0, [4, 4], [8, 8]),
    geometry(mode, 1, [6, 14], [14, 6]),
    geometry(mode, 2, [5, 7], [8, 11], false, [1.7, 1.6]),
    geometry(mode, 2, [5, 7], [10, 14], false, [2, 2.05]),
    geometry(mode, 2, [9, 9], [3, 4], false, [0.35, 0.5]),
    geometry(mode, 300, [8, 10], [16, 20]),
    geometry(mode, 90, [8, 10], [24, 25]),
    geometry(mode, 1, [90, 100], [181, 300]),
  ]),
  geometry(UpsampleMode.bilinear, 2, [3, 9], [6, 18], true),
  geometry(UpsampleMode.bilinear, 2, [5, 40], [1, 97], true),
  geometry(UpsampleMode.bilinear, 2, [4, 1], [7, 9], true),
]

const inLength = (g: Upsample2dGeometry): number => g.planes * g.inHeight * g.inWidth
const outLength = (g: Upsample2dGeometry): number => g.planes * g.outHeight * g.outWidth
const absolute = (values: TypedArray): Float64Array => Float64Array.from(values, Math.abs)

/**
 * Bounds for a linear operation: what it makes of the absolute values is the magnitude of each
 * result's terms. Both backends compute the places, and the weights from them, in double precision; a
 * term goes through the roundings of two weights, of two products and of their sums.
 */
function linearBound(
  dtype: FloatDType,
  length: number,
  terms: number,
  of: (out: TypedArray) => void,
): (i: number) => number {
  const magnitudes = new Float64Array(length)
  of(magnitudes)
  return (i) => sumBound(dtype, terms, magnitudes[i]!, 6)
}

/** As many outputs as an element may have a share in, with one to spare on either side. */
const share = (g: Upsample2dGeometry): number =>
  (2 * Math.ceil(g.outHeight / g.inHeight) + 2) * (2 * Math.ceil(g.outWidth / g.inWidth) + 2)

describe(suiteTitle('upsample2d'), () => {
  for (const dtype of floatDTypes) {
    it(`upsample2d and its gradient ${dtype}`, () => {
      for (const g of geometries) {
        const title = JSON.stringify(Object.values(g))
        const x = bell(dtype, inLength(g), 1)
        check({
          title: `upsample2d ${title}`,
          dtype,
          operands: { x, out: bell(dtype, outLength(g), 2) },
          bounds: {
            out:
              g.mode === UpsampleMode.nearest
                ? 'exact'
                : linearBound(dtype, outLength(g), 4, (result) => {
                    reference.upsample2d({
                      x: asView(absolute(x)),
                      out: asView(result),
                      geometry: g,
                    })
                  }),
          },
          run: (kernels, v) => {
            kernels.upsample2d({ x: v.x, out: v.out, geometry: g })
          },
        })
        const gradOut = bell(dtype, outLength(g), 3)
        check({
          title: `upsample2dGradient ${title}`,
          dtype,
          operands: { gradOut, gradX: bell(dtype, inLength(g), 4) },
          bounds: {
            gradX: linearBound(dtype, inLength(g), share(g), (result) => {
              reference.upsample2dGradient({
                gradOut: asView(absolute(gradOut)),
                gradX: asView(result),
                geometry: g,
              })
            }),
          },
          run: (kernels, v) => {
            kernels.upsample2dGradient({ gradOut: v.gradOut, gradX: v.gradX, geometry: g })
          },
        })
      }
    })
  }

  it('nearest takes the exact element where a ratio of sizes is none of the numbers', () => {
    // 49 / (98 / 2) is 1 where 49 * (2 / 98) is less
    for (const kernels of backends) {
      const g = geometry(UpsampleMode.nearest, 1, [1, 6], [1, 294])
      const out = new Float32Array(294)
      kernels.upsample2d({
        x: asView(Float32Array.of(0, 1, 2, 3, 4, 5)),
        out: asView(out),
        geometry: g,
      })
      expect(Array.from(out)).to.deep.equal(Array.from(out, (_, o) => Math.floor(o / 49)))
    }
  })
})
