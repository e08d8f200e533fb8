import { expect } from 'chai'

import { ShapeError } from '../../ts/index.js'
import { type Pad2dGeometry, PadMode } from '../../ts/kernels/pad2d.js'
import { reference } from '../../ts/kernels/reference/index.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes } from '../support/samples.js'
import { sumBound } from '../support/tolerance.js'

/** Size, before, after; the last ones fit only the modes that may reach that far. */
const sides = [
  [5, 1, 1],
  [6, 0, 0],
  [4, 3, 2],
  [7, 0, 3],
  [9, -2, 1],
  [5, -1, -2],
  [3, -2, 2],
  [2, 1, -2],
  [33, 2, 1],
  [1, 0, 0],
  [3, 3, 3],
  [1, 1, 1],
  [3, -3, 3],
  [3, 1, -3],
  [2, 7, 5],
  [1, 4, 0],
  [3, -3, 0],
  [4, -9, 6],
  [0, 2, 1],
  [0, 0, 0],
] as const

const fits = (mode: PadMode, [size, before, after]: readonly [number, number, number]): boolean => {
  const reach = Math.max(before, after, 0)
  if (size + before + after < 0) return false
  if (reach === 0 || mode === PadMode.constant) return true
  return mode === PadMode.replicate
    ? size > 0
    : mode === PadMode.reflect
      ? reach < size
      : reach <= size
}

function geometriesFor(mode: PadMode): Pad2dGeometry[] {
  const fitting = sides.filter((side) => fits(mode, side))
  const grid = fitting.flatMap((y, i) =>
    fitting.map((x, j) => ({
      planes: 1 + ((i + 2 * j) % 4),
      ...{ inHeight: y[0], padTop: y[1], padBottom: y[2] },
      ...{ inWidth: x[0], padLeft: x[1], padRight: x[2] },
    })),
  )
  const ones = { padTop: 1, padBottom: 1, padLeft: 1, padRight: 1 }
  return [
    ...grid,
    { planes: 0, inHeight: 3, inWidth: 3, ...ones },
    { planes: 300, inHeight: 13, inWidth: 15, ...ones }, // several tasks
    { planes: 2, inHeight: 190, inWidth: 200, ...ones },
  ]
}

const inLength = (g: Pad2dGeometry): number => g.planes * g.inHeight * g.inWidth
const outLength = (g: Pad2dGeometry): number =>
  g.planes * (g.inHeight + g.padTop + g.padBottom) * (g.inWidth + g.padLeft + g.padRight)

describe(suiteTitle('pad2d'), () => {
  for (const dtype of floatDTypes) {
    for (const [name, mode] of Object.entries(PadMode)) {
      it(`${name}, ${dtype}: the same bits`, () => {
        for (const g of geometriesFor(mode)) {
          check({
            title: `pad2d ${name} ${JSON.stringify(g)}`,
            dtype,
            operands: { x: bell(dtype, inLength(g), 1), out: bell(dtype, outLength(g), 2) },
            bounds: { out: 'exact' },
            run: (kernels, v) => {
              kernels.pad2d({ x: v.x, out: v.out, geometry: g, mode, value: -1.5 })
            },
          })
        }
      })

      it(`gradient of ${name}, ${dtype}`, () => {
        for (const g of geometriesFor(mode)) {
          const gradOut = bell(dtype, outLength(g), 3)
          // the gradient of absolute values: what the terms of each sum add up to
          const magnitudes = new Float64Array(inLength(g))
          const absolute = asView(Float64Array.from(gradOut, Math.abs))
          reference.pad2dGradient({
            gradOut: absolute,
            gradX: asView(magnitudes),
            geometry: g,
            mode,
          })
          const terms = new Float64Array(inLength(g))
          const ones = asView(new Float64Array(outLength(g)).fill(1))
          reference.pad2dGradient({ gradOut: ones, gradX: asView(terms), geometry: g, mode })
          check({
            title: `pad2dGradient ${name} ${JSON.stringify(g)}`,
            dtype,
            operands: { gradOut, gradX: arrayOf(dtype, new Float64Array(inLength(g)).fill(NaN)) },
            bounds: { gradX: (i) => sumBound(dtype, terms[i]!, magnitudes[i]!) },
            run: (kernels, v) => {
              kernels.pad2dGradient({ gradOut: v.gradOut, gradX: v.gradX, geometry: g, mode })
            },
          })
        }
      })
    }
  }

  for (const [mode, [size, before, after], rule] of [
    ['reflect', [3, 1, 3], 'a padding smaller than the size, to be reflected'],
    ['circular', [3, 4, 0], 'a padding of at most the size, to go around'],
    ['replicate', [0, 1, 0], 'a size of at least 1, to be replicated'],
    ['constant', [3, -2, -2], 'a padded size of at least 0 and at most 2^31 - 1'],
    ['circular', [3, -4, 0], 'a padded size of at least 0 and at most 2^31 - 1'],
  ] as const) {
    it(`refuses ${before} before and ${after} after a size of ${size} for ${mode}`, () => {
      const height = { inHeight: 4, padTop: 1, padBottom: 1 }
      const g = { planes: 1, ...height, inWidth: size, padLeft: before, padRight: after }
      const message = `expected ${rule}, got ${before} before and ${after} after a size of ${size}`
      for (const kernels of backends) {
        const out = new Float32Array(99).fill(7)
        const x = asView(new Float32Array(99))
        expect(() => {
          kernels.pad2d({ x, out: asView(out), geometry: g, mode: PadMode[mode], value: 0 })
        }).to.throw(ShapeError, `pad2d: ${message}`)
        expect(() => {
          kernels.pad2dGradient({
            gradOut: x,
            gradX: asView(out),
            geometry: g,
            mode: PadMode[mode],
          })
        }).to.throw(ShapeError, `pad2dGradient: ${message}`)
        expect(out.every((value) => value === 7)).to.equal(true)
      }
    })
  }
})
