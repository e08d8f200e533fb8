import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes, spread } from '../support/samples.js'
import { softmaxBound, softmaxGradientBound } from '../support/softmax-bound.js'

/** (outer, n, inner) */
const shapes = [
  [0, 3, 1],
  [3, 0, 2],
  [1, 1, 1],
  [1, 2, 1],
  [5, 3, 1],
  [4, 10, 1],
  [7, 15, 1],
  [2, 16, 1],
  [3, 17, 1],
  [3, 31, 1],
  [2, 33, 1],
  [9, 64, 1],
  [2, 65, 1],
  [1, 1009, 1],
  [1500, 10, 1],
  [3, 20_011, 1],
  [1, 4, 2],
  [2, 3, 4],
  [3, 10, 7],
  [2, 5, 16],
  [2, 9, 17],
  [1, 3, 33],
  [2, 33, 65],
  [40, 10, 333],
] as const

function checkBoth(
  dtype: FloatDType,
  x: TypedArray,
  [outer, n, inner]: readonly [number, number, number],
  log: boolean,
  what: string,
): void {
  const size = outer * n * inner
  const title = `${log ? 'log-softmax' : 'softmax'} (${outer}, ${n}, ${inner})${what}`
  check({
    title,
    dtype,
    operands: { x, y: bell(dtype, size, 1) },
    bounds: { y: softmaxBound(dtype, x, n, inner, log) },
    inPlace: [['y', 'x']],
    run: (kernels, v) => {
      kernels.softmax({ x: v.x, y: v.y, outer, n, inner, log })
    },
  })

  const y = arrayOf(dtype, new Float64Array(size))
  reference.softmax({ x: asView(x), y: asView(y), outer, n, inner, log })
  const gradY = bell(dtype, size, 2)
  check({
    title: `gradient of ${title}`,
    dtype,
    operands: { y, gradY, gradX: bell(dtype, size, 1) },
    bounds: { gradX: softmaxGradientBound(dtype, y, gradY, n, inner, log) },
    inPlace: [
      ['gradX', 'gradY'],
      ['gradX', 'y'],
    ],
    run: (kernels, v) => {
      kernels.softmaxGradient({ y: v.y, gradY: v.gradY, gradX: v.gradX, outer, n, inner, log })
    },
  })
}

describe(suiteTitle('softmax'), () => {
  for (const dtype of floatDTypes) {
    for (const log of [false, true]) {
      const name = `${log ? 'log-softmax' : 'softmax'} ${dtype}`

      it(`${name}: shapes`, () => {
        for (const shape of shapes) {
          const [outer, n, inner] = shape
          checkBoth(dtype, bell(dtype, outer * n * inner, n, 3), shape, log, '')
        }
      })

      it(`${name}: large and equal logits`, () => {
        for (const inner of [1, 5]) {
          const shape = [6, 19, inner] as const
          const size = 6 * 19 * inner
          checkBoth(dtype, spread(dtype, size, 1, -1e4, 1e4), shape, log, ', up to ±1e4')
          for (const level of [1e4, -1e4, 0]) {
            const offset = bell(dtype, size, 2).map((x) => x + level) as TypedArray
            checkBoth(dtype, offset, shape, log, `, around ${level}`)
            const equal = arrayOf(dtype, new Float64Array(size).fill(level))
            checkBoth(dtype, equal, shape, log, `, all ${level}`)
          }
        }
      })

      it(`${name}: infinities and NaN`, () => {
        for (const inner of [1, 3]) {
          const n = 21
          const x = bell(dtype, 5 * n * inner, 3)
          x[0] = -Infinity // a masked class
          x[n * inner + 4] = Infinity
          x[2 * n * inner + 7] = NaN
          x.fill(-Infinity, 3 * n * inner, 4 * n * inner)
          checkBoth(dtype, x, [5, n, inner], log, ', special values')
        }
      })
    }
  }
})
