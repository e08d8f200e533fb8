import { Reduction } from '../../ts/kernels/kernels.js'
import { suiteTitle } from '../support/backends.js'
import { check } from '../support/op-case.js'
import { bell, bigSize, floatDTypes, smallSizes, specials } from '../support/samples.js'
import { roundings, sumBound } from '../support/tolerance.js'

describe(suiteTitle('mse'), () => {
  for (const dtype of floatDTypes) {
    for (const [name, reduction] of Object.entries(Reduction)) {
      it(`${name} ${dtype}`, () => {
        for (const n of [...smallSizes, 1009, bigSize]) {
          const x = bell(dtype, n, n + 1)
          const y = bell(dtype, n, n + 2)
          const none = reduction === Reduction.none
          check({
            title: `mse ${name}, n ${n}`,
            dtype,
            operands: { x, y, loss: bell(dtype, none ? n : 1, 3) },
            // a difference (counted twice by the square), the square, the sum, the division
            bounds: {
              loss: (_, loss) => sumBound(dtype, none ? 0 : n, Math.abs(loss), none ? 3 : 5),
            },
            inPlace: none
              ? [
                  ['loss', 'x'],
                  ['loss', 'y'],
                ]
              : [],
            run: (kernels, v) => {
              kernels.mse(v.x, v.y, v.loss, n, reduction)
            },
          })
        }
      })
    }

    it(`special values ${dtype}`, () => {
      const x = specials(dtype)
      const y = bell(dtype, x.length, 3)
      check({
        title: 'mse of special values',
        dtype,
        operands: { x, y, loss: bell(dtype, x.length, 4) },
        bounds: { loss: (_, loss) => sumBound(dtype, 0, Math.abs(loss), 3) },
        run: (kernels, v) => {
          kernels.mse(v.x, v.y, v.loss, x.length, Reduction.none)
        },
      })
    })

    it(`gradient ${dtype}`, () => {
      for (const n of [...smallSizes, bigSize]) {
        for (const scale of [2, 2 / Math.max(1, n), -0.3]) {
          check({
            title: `gradient of mse, n ${n}, scale ${scale}`,
            dtype,
            operands: {
              x: bell(dtype, n, n + 1),
              y: bell(dtype, n, n + 2),
              gradX: bell(dtype, n, 3),
            },
            // scale is cast, a difference, a product
            bounds: { gradX: (_, gradX) => roundings(dtype, 3, Math.abs(gradX)) },
            inPlace: [
              ['gradX', 'x'],
              ['gradX', 'y'],
            ],
            run: (kernels, v) => {
              kernels.mseGradient(v.x, v.y, v.gradX, n, scale)
            },
          })
        }
      }
    })
  }
})
