import { expect } from 'chai'

import { PointwiseLossKind } from '../../ts/kernels/pointwise-loss.js'
import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import {
  type LossElement,
  pointwiseGradientError,
  pointwiseLossError,
} from '../support/pointwise-loss-bound.js'
import {
  arrayOf,
  bell,
  bigSize,
  floatDTypes,
  smallSizes,
  specials,
  spread,
} from '../support/samples.js'
import { bothSides, sumBound } from '../support/tolerance.js'

interface Problem {
  readonly kind: PointwiseLossKind
  readonly x: TypedArray
  readonly y: TypedArray
  readonly weight: TypedArray | null
  readonly positive: TypedArray | null
  readonly parameter: number
}

interface Sample {
  readonly parameters: readonly number[]
  readonly weighted: boolean
  x(dtype: FloatDType, n: number): TypedArray
  y(dtype: FloatDType, n: number): TypedArray
}

/** Labels of 0, 1 and all between. */
const labels = (dtype: FloatDType, n: number): TypedArray =>
  spread(dtype, n, n + 7, -0.5, 1.5).map((y) => Math.min(1, Math.max(0, y)))

const distance: Omit<Sample, 'parameters'> = {
  weighted: false,
  x: (dtype, n) => bell(dtype, n, n + 1),
  // some equal to x
  y: (dtype, n) => bell(dtype, n, n + 1).map((x, i) => (i % 7 === 3 ? x : x + (i % 5) - 1.7)),
}

const samples: Record<keyof typeof PointwiseLossKind, Sample> = {
  mse: { ...distance, parameters: [0] },
  smoothL1: { ...distance, parameters: [0, 0.3, 1, 2] },
  huber: { ...distance, parameters: [0.3, 1, 2] },
  bce: {
    parameters: [0],
    weighted: true,
    // from 1e-45, whose logarithm is cut off, over small ones, to 1
    x: (dtype, n) =>
      spread(dtype, n, n + 1, 0, 1).map((x, i) => [x, 1 - x * 1e-4, x * 1e-6, 0, 1, 1e-45][i % 6]!),
    y: labels,
  },
  bceWithLogits: {
    parameters: [0],
    weighted: true,
    x: (dtype, n) => bell(dtype, n, n + 1, 3).map((x, i) => [x, 10 * x, 1e4 * x, 1e-3 * x][i % 4]!),
    y: labels,
  },
  klDiv: {
    parameters: [0],
    weighted: false,
    x: (dtype, n) => spread(dtype, n, n + 1, -8, 0),
    y: labels,
  },
  klDivLogTarget: {
    parameters: [0],
    weighted: false,
    x: (dtype, n) => spread(dtype, n, n + 1, -8, 0),
    y: (dtype, n) => spread(dtype, n, n + 2, -120, 0),
  },
  crossEntropy: {
    parameters: [0],
    weighted: false,
    // also near 1 and so small that the quotient just does not overflow
    x: (dtype, n) =>
      spread(dtype, n, n + 1, 0, 1).map((x, i) => [x, 1 - x * 1e-4, x * 1e-6, 1, 1e-37][i % 5]!),
    // any weight, 0 too
    y: (dtype, n) => spread(dtype, n, n + 7, -3, 3).map((y, i) => (i % 6 === 2 ? 0 : y)),
  },
}

function checkLoss(dtype: FloatDType, problem: Problem, what: string): void {
  const { kind, x, y, weight, positive, parameter } = problem
  const n = x.length
  const element = (i: number): LossElement => ({
    x: x[i]!,
    y: y[i]!,
    w: weight?.[i] ?? 1,
    p: positive?.[i] ?? 1,
    c: parameter,
  })
  const shared = {
    x,
    y,
    weight: weight ?? arrayOf(dtype, []),
    positive: positive ?? arrayOf(dtype, []),
  }
  const exact = new Float64Array(n)
  reference.pointwiseLoss(
    { kind, x: asView(arrayOf('float64', x)), y: asView(arrayOf('float64', y)),
    weight: weight && asView(arrayOf('float64', weight)), positive: positive && asView(arrayOf('float64', positive)),
    loss: asView(exact), n, parameter, eachElement: true, divisor: 1, }
  ) // prettier-ignore
  let total = 0
  let error = 0
  for (let i = 0; i < n; i++) {
    total += Math.abs(exact[i]!)
    error += pointwiseLossError(dtype, kind, element(i), exact[i]!)
  }

  check({
    title: `each loss, n ${n}, ${what}`,
    dtype,
    operands: { ...shared, loss: bell(dtype, n, 3) },
    bounds: {
      loss: (i, loss) => bothSides(dtype, pointwiseLossError(dtype, kind, element(i), loss)),
    },
    inPlace: [
      ['loss', 'x'],
      ['loss', 'y'],
    ],
    run: (kernels, v) => {
      kernels.pointwiseLoss(
        { kind, x: v.x, y: v.y, weight: weight && v.weight, positive: positive && v.positive, loss: v.loss, n, parameter, eachElement: true, divisor: 1, }
      ) // prettier-ignore
    },
  })
  for (const divisor of [1, n, 0.3]) {
    check({
      title: `sum / ${divisor}, n ${n}, ${what}`,
      dtype,
      operands: { ...shared, loss: bell(dtype, 1, 3) },
      bounds: {
        loss: () => (bothSides(dtype, error) + sumBound(dtype, n, total, 1)) / divisor,
      },
      run: (kernels, v) => {
        kernels.pointwiseLoss(
          { kind, x: v.x, y: v.y, weight: weight && v.weight, positive: positive && v.positive, loss: v.loss, n, parameter, eachElement: false,
          divisor, }
        ) // prettier-ignore
      },
    })
  }
  for (const scale of [1, -0.3, 1 / Math.max(1, n)]) {
    check({
      title: `gradient * ${scale}, n ${n}, ${what}`,
      dtype,
      operands: { ...shared, gradX: bell(dtype, n, 3) },
      bounds: {
        gradX: (i, gradX) =>
          bothSides(dtype, pointwiseGradientError(dtype, kind, element(i), scale, gradX)),
      },
      inPlace: [
        ['gradX', 'x'],
        ['gradX', 'y'],
      ],
      run: (kernels, v) => {
        kernels.pointwiseLossGradient(
          { kind, x: v.x, y: v.y, weight: weight && v.weight, positive: positive && v.positive, gradX: v.gradX, n, parameter, scale, }
        ) // prettier-ignore
      },
    })
  }
}

describe(suiteTitle('pointwise-loss'), () => {
  for (const [name, kind] of Object.entries(PointwiseLossKind)) {
    const sample = samples[name as keyof typeof PointwiseLossKind]
    for (const dtype of floatDTypes) {
      it(`${name} ${dtype}`, () => {
        for (const n of [...smallSizes, 1009, bigSize]) {
          const [x, y] = [sample.x(dtype, n), sample.y(dtype, n)]
          for (const parameter of sample.parameters) {
            const plain = { kind, x, y, weight: null, positive: null, parameter }
            checkLoss(dtype, plain, `${name}, parameter ${parameter}`)
            if (!sample.weighted) continue
            const weight = spread(dtype, n, 11, 0, 2)
            checkLoss(dtype, { ...plain, weight }, `${name}, weighted`)
            if (kind !== PointwiseLossKind.bceWithLogits) continue
            const positive = spread(dtype, n, 12, 0, 5)
            checkLoss(dtype, { ...plain, positive }, `${name}, positive weights`)
            checkLoss(dtype, { ...plain, weight, positive }, `${name}, both weights`)
          }
        }
      })
    }
  }

  for (const dtype of floatDTypes) {
    it(`special values ${dtype}`, () => {
      const x = specials(dtype)
      const n = x.length
      const half = arrayOf(dtype, new Array<number>(n).fill(0.5))
      for (const kind of ['mse', 'smoothL1', 'huber', 'bceWithLogits'] as const) {
        for (const [a, b] of [
          [x, half],
          [x, x],
        ] as const) {
          if (b === x && kind === 'bceWithLogits') continue
          check({
            title: `${kind} of special values`,
            dtype,
            operands: { x: a, y: b, loss: bell(dtype, n, 4), gradX: bell(dtype, n, 5) },
            bounds: {
              loss: (i, loss) => {
                const element = { x: a[i]!, y: b[i]!, w: 1, p: 1, c: 1 }
                return bothSides(
                  dtype,
                  pointwiseLossError(dtype, PointwiseLossKind[kind], element, loss),
                )
              },
              gradX: (i, gradX) => {
                const element = { x: a[i]!, y: b[i]!, w: 1, p: 1, c: 1 }
                return bothSides(
                  dtype,
                  pointwiseGradientError(dtype, PointwiseLossKind[kind], element, 1, gradX),
                )
              },
            },
            run: (kernels, v) => {
              const code = PointwiseLossKind[kind]
              kernels.pointwiseLoss({
                kind: code,
                x: v.x,
                y: v.y,
                weight: null,
                positive: null,
                loss: v.loss,
                n,
                parameter: 1,
                eachElement: true,
                divisor: 1,
              })
              kernels.pointwiseLossGradient({
                kind: code,
                x: v.x,
                y: v.y,
                weight: null,
                positive: null,
                gradX: v.gradX,
                n,
                parameter: 1,
                scale: 1,
              })
            },
          })
        }
      }
    })

    it(`no weight, no cross entropy, whatever the prediction ${dtype}`, () => {
      const x = asView(arrayOf(dtype, [0, 0, 0, 1]))
      const y = asView(arrayOf(dtype, [0, 2, -1, 0]))
      const kind = PointwiseLossKind.crossEntropy
      for (const kernels of backends) {
        const [loss, gradX] = [arrayOf(dtype, [7, 7, 7, 7]), arrayOf(dtype, [7, 7, 7, 7])]
        kernels.pointwiseLoss({
          kind,
          x,
          y,
          weight: null,
          positive: null,
          loss: asView(loss),
          n: 4,
          parameter: 0,
          eachElement: true,
          divisor: 1,
        })
        kernels.pointwiseLossGradient({
          kind,
          x,
          y,
          weight: null,
          positive: null,
          gradX: asView(gradX),
          n: 4,
          parameter: 0,
          scale: 1,
        })
        expect(Array.from(loss), kernels.name).to.deep.equal([0, Infinity, -Infinity, 0])
        expect(Array.from(gradX), kernels.name).to.deep.equal([0, -Infinity, Infinity, 0])
      }
    })

    it(`no probability, no divergence, whatever the prediction ${dtype}`, () => {
      const x = asView(arrayOf(dtype, [-Infinity, -1e4, 0, NaN]))
      const n = 4
      for (const kernels of backends) {
        const loss = arrayOf(dtype, [7, 7, 7, 7])
        const zero = asView(arrayOf(dtype, [0, 0, 0, 0]))
        kernels.pointwiseLoss({
          kind: PointwiseLossKind.klDiv,
          x,
          y: zero,
          weight: null,
          positive: null,
          loss: asView(loss),
          n,
          parameter: 0,
          eachElement: true,
          divisor: 1,
        })
        expect(Array.from(loss), kernels.name).to.deep.equal([0, 0, 0, 0])
        const never = asView(arrayOf(dtype, new Array<number>(n).fill(-Infinity)))
        const kind = PointwiseLossKind.klDivLogTarget
        kernels.pointwiseLoss({
          kind,
          x,
          y: never,
          weight: null,
          positive: null,
          loss: asView(loss),
          n,
          parameter: 0,
          eachElement: true,
          divisor: 1,
        })
        expect(Array.from(loss), kernels.name).to.deep.equal([0, 0, 0, 0])
      }
    })
  }

  for (const name of ['bce', 'crossEntropy'] as const) {
    it(`${name} of no probability is refused before anything is written`, () => {
      const n = 70_001
      const kind = PointwiseLossKind[name]
      for (const kernels of backends) {
        for (const bad of [-1e-6, 1 + 2 ** -23, NaN, Infinity, -Infinity]) {
          for (const place of [0, 40_000, n - 1]) {
            const x = spread('float32', n, 1, 0, 1)
            x[place] = bad
            const y = asView(spread('float32', n, 2, 0, 1))
            const loss = new Float32Array([7])
            const gradX = new Float32Array(n).fill(9)
            const attempts = [
              () => { kernels.pointwiseLoss({ kind, x: asView(x), y, weight: null, positive: null, loss: asView(loss), n, parameter: 0, eachElement: false, divisor: n }) },
              () => { kernels.pointwiseLossGradient({ kind, x: asView(x), y, weight: null, positive: null, gradX: asView(gradX), n, parameter: 0, scale: 1 }) },
            ] // prettier-ignore
            for (const attempt of attempts) {
              expect(attempt, kernels.name)
                .to.throw(`x[${place}] = `)
                .with.property('code', 'ERR_VALUE')
            }
            expect(loss[0]).to.equal(7)
            expect(gradX.every((g) => g === 9)).to.equal(true)
          }
        }
      }
    })
  }
})
