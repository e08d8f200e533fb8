import { expect } from 'chai'

import { Reduction } from '../../ts/kernels/kernels.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes, spread, whole } from '../support/samples.js'
import { roundings, sumBound } from '../support/tolerance.js'

const IGNORE = -100

interface Problem {
  readonly sizes: readonly [number, number, number]
  readonly x: TypedArray
  readonly target: TypedArray
  readonly weight: TypedArray | null
  readonly ignoreIndex: number
}

function checkNll(dtype: FloatDType, problem: Problem, what: string): void {
  const { sizes, x, target, weight, ignoreIndex } = problem
  const [outer, classes, inner] = sizes
  const n = outer * inner
  let magnitude = 0
  let share = 0
  for (let i = 0; i < n; i++) {
    const t = target[i]!
    if (t === ignoreIndex) continue
    const w = weight ? weight[t]! : 1
    const place = (Math.floor(i / inner) * classes + t) * inner + (i % inner)
    if (w !== 0) magnitude += Math.abs(w * x[place]!)
    share += w
  }
  const shared = { target, weight: weight ?? arrayOf(dtype, []) }

  for (const [name, reduction] of Object.entries(Reduction)) {
    const mean = reduction === Reduction.mean
    check({
      title: `nll (${sizes.join()}), ${name}, ${what}`,
      dtype,
      operands: {
        x,
        ...shared,
        loss: bell(dtype, reduction === Reduction.none ? n : 1, 5),
        divisor: bell(dtype, 1, 6),
      },
      bounds: {
        // a product; the sum, that of the weights and the division
        loss: (_, loss) =>
          reduction === Reduction.none
            ? roundings(dtype, 1, Math.abs(loss))
            : sumBound(dtype, mean ? 2 * n : n, magnitude, 3) / (mean ? share : 1),
        divisor: () => (mean ? sumBound(dtype, n, share, 1) : 0),
      },
      run: (kernels, v) => {
        kernels.nll(
          { logProbabilities: v.x, target: v.target, weight: weight && v.weight, loss: v.loss, divisor: v.divisor, outer, classes, inner, reduction,
          ignoreIndex, }
        ) // prettier-ignore
      },
    })
  }
  for (const divisor of [1, share]) {
    check({
      title: `gradient of nll (${sizes.join()}), ${what}, divisor ${divisor}`,
      dtype,
      operands: {
        ...shared,
        divisor: arrayOf(dtype, [divisor]),
        grad: bell(dtype, n * classes, 5),
      },
      bounds: { grad: (_, grad) => roundings(dtype, 1, Math.abs(grad)) },
      run: (kernels, v) => {
        kernels.nllGradient(
          { target: v.target, weight: weight && v.weight, divisor: v.divisor, grad: v.grad, outer, classes, inner, ignoreIndex, }
        ) // prettier-ignore
      },
    })
  }
}

const shapes = [
  [0, 3, 1],
  [3, 4, 0],
  [1, 1, 1],
  [5, 1, 1],
  [7, 10, 1],
  [3, 2, 5],
  [2, 7, 33],
  [64, 10, 1],
  [3, 5, 1009],
  [20_011, 3, 1],
  [9, 3, 4001],
  [300, 1000, 1],
] as const

describe(suiteTitle('nll'), () => {
  for (const dtype of floatDTypes) {
    it(`class indices ${dtype}`, () => {
      for (const sizes of shapes) {
        const [outer, classes, inner] = sizes
        const n = outer * inner
        const x = spread(dtype, n * classes, 1, -9, 0)
        const target = whole('int32', n, 2, 0, classes)
        const plain = { sizes, x, target, weight: null, ignoreIndex: IGNORE }
        checkNll(dtype, plain, 'plain')
        const weight = spread(dtype, classes, 3, 0.1, 3)
        checkNll(dtype, { ...plain, weight }, 'weights')
        const masked = target.map((label, i) => (i % 3 === 1 ? IGNORE : label)) as TypedArray
        if (n > 1) checkNll(dtype, { ...plain, target: masked, weight }, 'weights, ignored')
        const first = target[0] ?? 0
        if (target.some((label) => label !== first)) {
          checkNll(dtype, { ...plain, ignoreIndex: first }, 'a class ignored')
        }
      }
    })

    it(`a class of weight 0 counts for nothing, even at -Infinity ${dtype}`, () => {
      for (const kernels of backends) {
        const x = asView(arrayOf(dtype, [-Infinity, -1, -Infinity, -3]))
        const target = asView(Int32Array.of(0, 1))
        const weight = asView(arrayOf(dtype, [0, 2]))
        const [loss, divisor] = [arrayOf(dtype, [9]), arrayOf(dtype, [9])]
        const run = (reduction: Reduction): void => {
          kernels.nll(
            { logProbabilities: x, target, weight, loss: asView(loss), divisor: asView(divisor), outer: 2, classes: 2, inner: 1, reduction, ignoreIndex: IGNORE, }
          ) // prettier-ignore
        }
        run(Reduction.mean)
        expect([loss[0], divisor[0]], kernels.name).to.deep.equal([3, 2])
        run(Reduction.sum)
        expect([loss[0], divisor[0]], kernels.name).to.deep.equal([6, 1])
      }
    })

    it(`all ignored: mean NaN, sum 0, gradient 0, as in PyTorch ${dtype}`, () => {
      for (const kernels of backends) {
        const x = asView(bell(dtype, 12, 1))
        const target = asView(new Int32Array(3).fill(IGNORE))
        const [loss, divisor] = [arrayOf(dtype, [9]), arrayOf(dtype, [9])]
        const run = (reduction: Reduction): void => {
          kernels.nll({
            logProbabilities: x,
            target,
            weight: null,
            loss: asView(loss),
            divisor: asView(divisor),
            outer: 3,
            classes: 4,
            inner: 1,
            reduction,
            ignoreIndex: IGNORE,
          })
        }
        run(Reduction.sum)
        expect(loss[0]).to.equal(0)
        run(Reduction.mean)
        expect(loss[0]).to.be.NaN
        const grad = bell(dtype, 12, 2)
        kernels.nllGradient({
          target,
          weight: null,
          divisor: asView(divisor),
          grad: asView(grad),
          outer: 3,
          classes: 4,
          inner: 1,
          ignoreIndex: IGNORE,
        })
        expect(Array.from(grad)).to.deep.equal(new Array(12).fill(0))
      }
    })
  }

  it('a label outside the classes is refused before anything is written', () => {
    const [outer, classes, inner] = [3, 4, 3]
    const n = outer * inner
    for (const kernels of backends) {
      for (const bad of [-1, classes, 2 ** 31 - 1, -(2 ** 31)]) {
        for (const place of [0, 4, n - 1]) {
          const target = whole('int32', n, 1, 0, classes)
          target[place] = bad
          const [loss, divisor] = [new Float32Array([7]), new Float32Array([8])]
          const grad = new Float32Array(n * classes).fill(9)
          const x = asView(bell('float32', n * classes, 1))
          const attempts = [
            () => { kernels.nll(
                { logProbabilities: x, target: asView(target), weight: null, loss: asView(loss), divisor: asView(divisor), outer, classes, inner,
                reduction: Reduction.mean, ignoreIndex: IGNORE, }
              ); }, // prettier-ignore
            () => { kernels.nllGradient(
                { target: asView(target), weight: null, divisor: asView(divisor), grad: asView(grad), outer, classes, inner, ignoreIndex: IGNORE, }
              ); }, // prettier-ignore
          ]
          for (const attempt of attempts) {
            expect(attempt, kernels.name)
              .to.throw(`target[${place}] = ${bad} is outside 0..3`)
              .with.property('code', 'ERR_VALUE')
          }
          expect([loss[0], divisor[0]]).to.deep.equal([7, 8])
          expect(grad.every((g) => g === 9)).to.equal(true)
        }
      }
    }
  })
})
