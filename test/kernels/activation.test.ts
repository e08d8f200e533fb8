import { ActivationKind } from '../../ts/kernels/kernels.js'
import { activationFunction } from '../../ts/kernels/reference/activation.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { activationBound, activationGradientBound } from '../support/activation-bound.js'
import { suiteTitle } from '../support/backends.js'
import { check } from '../support/op-case.js'
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

/** Parameters that a dtype cannot hold exactly, where the function has one. */
const parametersOf: Partial<Record<keyof typeof ActivationKind, readonly number[]>> = {
  leakyRelu: [0.01, 0.3],
  swish: [1, 1.7],
  softplus: [1, 2.3, 0.1],
}

function inputs(dtype: FloatDType): { title: string; x: TypedArray; gradY: TypedArray }[] {
  const sized = (n: number) => ({
    title: `n ${n}`,
    x: bell(dtype, n, n + 1, 3),
    gradY: bell(dtype, n, n + 2),
  })
  const swept = (title: string, x: TypedArray) => ({
    title,
    x,
    gradY: bell(dtype, x.length, 3),
  })
  return [
    ...smallSizes.map(sized),
    swept('from -120 to 120', spread(dtype, 20_011, 5, -120, 120)),
    swept('all orders', orders(dtype, 5_003, 6, -40, 30)),
    swept('special values', specials(dtype)),
    sized(bigSize),
  ]
}

/** y = f(x), rounded to the dtype: the operand that the gradient takes. */
function valuesOf(dtype: FloatDType, kind: ActivationKind, p: number, x: TypedArray): TypedArray {
  return arrayOf(dtype, Array.from(x, activationFunction(kind, p)))
}

describe(suiteTitle('activation'), () => {
  for (const dtype of floatDTypes) {
    for (const [name, kind] of Object.entries(ActivationKind)) {
      const parameters = parametersOf[name as keyof typeof ActivationKind] ?? [0]

      it(`${name} ${dtype}`, () => {
        for (const p of parameters) {
          for (const { title, x } of inputs(dtype)) {
            check({
              title: `${name}(${p}), ${title}`,
              dtype,
              operands: { x, y: bell(dtype, x.length, 1) },
              bounds: { y: (i, y) => activationBound(dtype, kind, p, x[i]!, y) },
              inPlace: [['y', 'x']],
              run: (kernels, v) => {
                kernels.activation({ kind, x: v.x, y: v.y, n: x.length, parameter: p })
              },
            })
          }
        }
      })

      it(`${name} ${dtype}, gradient`, () => {
        for (const p of parameters) {
          for (const { title, x, gradY } of inputs(dtype)) {
            const y = valuesOf(dtype, kind, p, x)
            check({
              title: `gradient of ${name}(${p}), ${title}`,
              dtype,
              operands: { x, y, gradY, gradX: bell(dtype, x.length, 1) },
              bounds: {
                gradX: (i, gradX) =>
                  activationGradientBound(dtype, kind, p, x[i]!, y[i]!, gradY[i]!, gradX),
              },
              inPlace: [
                ['gradX', 'gradY'],
                ['gradX', 'x'],
                ['gradX', 'y'],
              ],
              run: (kernels, v) => {
                kernels.activationGradient({
                  kind,
                  x: v.x,
                  y: v.y,
                  gradY: v.gradY,
                  gradX: v.gradX,
                  n: x.length,
                  parameter: p,
                })
              },
            })
          }
        }
      })
    }
  }
})
