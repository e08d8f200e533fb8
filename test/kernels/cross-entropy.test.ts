import { expect } from 'chai'

import { Reduction } from '../../ts/kernels/kernels.js'
import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes, spread, whole } from '../support/samples.js'
import { softmaxBound } from '../support/softmax-bound.js'
import { bothSides, roundoff, smallestNormal, sumBound } from '../support/tolerance.js'

/** All arrays row by row; the operations get them as (rows / inner, cols, inner). */
interface Problem {
  readonly rows: number
  readonly cols: number
  /** A divisor of rows, default 1. */
  readonly inner?: number
  readonly logits: TypedArray
  /** int32 labels or probabilities of the logits' dtype. */
  readonly target: TypedArray
  readonly weight: TypedArray | null
  readonly ignoreIndex: number
  readonly labelSmoothing: number
}

/** What the loss of each row is made of, and how far off it may be. */
function analysis(dtype: FloatDType, problem: Problem) {
  const { rows, cols, logits, target, weight, ignoreIndex, labelSmoothing: s } = problem
  const u = roundoff[dtype]
  const logP = arrayOf('float64', new Float64Array(rows * cols))
  reference.softmax({
    x: asView(arrayOf('float64', logits)),
    y: asView(logP),
    outer: rows,
    n: cols,
    inner: 1,
    log: true,
  })
  const logBound = softmaxBound(dtype, logits, cols, 1, true)

  const labelled = target instanceof Int32Array
  const weightOf = (c: number): number => weight?.[c] ?? 1
  const ignored = (r: number): boolean => labelled && target[r] === ignoreIndex
  const coefficient = (r: number, c: number): number => {
    const q = labelled ? Number(target[r] === c) : target[r * cols + c]!
    return ignored(r) ? 0 : weightOf(c) * ((1 - s) * q + s / cols)
  }

  /** Magnitude of the row's terms and their error: of the logarithms, of the coefficients (a weight
   * times a sum of two products: 5 roundings), and of the sum. */
  const rowAt = (r: number) => {
    let magnitude = 0
    let error = 0
    let mass = 0
    for (let c = 0; c < cols; c++) {
      const factor = coefficient(r, c)
      if (factor === 0) continue
      const term = Math.abs(factor * logP[r * cols + c]!)
      magnitude += term
      mass += factor
      error += factor * logBound(r * cols + c, logP[r * cols + c]!)
    }
    return { mass, magnitude, error: error + sumBound(dtype, cols, magnitude, 7) }
  }
  const rowsOf = Array.from({ length: rows }, (_, r) => rowAt(r))

  let share = 0
  for (let r = 0; r < rows; r++) {
    if (!ignored(r)) share += labelled ? weightOf(target[r]!) : 1
  }

  /** Of p[c] mass - coefficient[c], divided. p may be computed as exp(log p): then the error of the
   * logarithm counts, and exp's own 2 ulp. */
  const gradientBound = (divisor: number) => (i: number) => {
    const r = Math.floor(i / cols)
    const c = i % cols
    const p = Math.exp(logP[i]!)
    const { mass } = rowsOf[r]!
    const pError = p > 0 ? p * (logBound(i, logP[i]!) + 4 * u) : 0
    const factor = coefficient(r, c)
    const error =
      pError * mass + u * (p * mass * (cols + 7) + factor * 6 + Math.abs(p * mass - factor))
    return bothSides(dtype, (1.01 * error + smallestNormal[dtype] * (1 + mass)) / divisor)
  }
  return { rowsOf, share, gradientBound }
}

/** Where element `i` of (rows / inner, cols, inner) stands row by row. */
function rowPlace({ cols, inner = 1 }: Problem, i: number): number {
  const outer = Math.floor(i / (cols * inner))
  return (outer * inner + (i % inner)) * cols + (Math.floor(i / inner) % cols)
}

function checkLoss(dtype: FloatDType, problem: Problem, what: string): void {
  const { rows, cols, inner = 1, weight, ignoreIndex, labelSmoothing } = problem
  const spreadOut = (values: TypedArray): TypedArray =>
    values.map((_, i) => values[rowPlace(problem, i)]!)
  const logits = spreadOut(problem.logits)
  const target = problem.target instanceof Int32Array ? problem.target : spreadOut(problem.target)
  const outer = inner === 0 ? 2 : rows / inner
  const { rowsOf, share, gradientBound } = analysis(dtype, problem)
  const total = rowsOf.reduce((sum, row) => sum + row.magnitude, 0)
  const totalError = rowsOf.reduce((sum, row) => sum + row.error, 0)
  const shares = target instanceof Int32Array ? rows : 0

  for (const [name, reduction] of Object.entries(Reduction)) {
    const mean = reduction === Reduction.mean
    const lossBound = (r: number): number => {
      if (reduction === Reduction.none) return rowsOf[r]!.error
      const sumError = totalError + sumBound(dtype, rows, total)
      return mean ? (sumError + sumBound(dtype, shares, total, 2)) / share : sumError
    }
    check({
      title: `cross entropy (${outer}, ${cols}, ${inner}), ${name}, ${what}`,
      dtype,
      operands: {
        logits,
        target,
        weight: weight ?? arrayOf(dtype, []),
        loss: bell(dtype, reduction === Reduction.none ? rows : 1, 5),
        divisor: bell(dtype, 1, 6),
      },
      bounds: { loss: lossBound, divisor: () => (mean ? sumBound(dtype, shares, share) : 0) },
      run: (kernels, v) => {
        kernels.crossEntropy({
          logits: v.logits,
          target: v.target,
          weight: weight ? v.weight : null,
          loss: v.loss,
          divisor: v.divisor,
          outer,
          classes: cols,
          inner,
          reduction,
          ignoreIndex,
          labelSmoothing,
        })
      },
    })
  }

  for (const divisor of [1, share]) {
    check({
      title: `gradient of cross entropy (${outer}, ${cols}, ${inner}), ${what}, divisor ${divisor}`,
      dtype,
      operands: {
        logits,
        target,
        weight: weight ?? arrayOf(dtype, []),
        divisor: arrayOf(dtype, [divisor]),
        gradLogits: bell(dtype, rows * cols, 5),
      },
      bounds: { gradLogits: (i) => gradientBound(divisor)(rowPlace(problem, i)) },
      inPlace: [['gradLogits', 'logits']],
      run: (kernels, v) => {
        kernels.crossEntropyGradient({
          logits: v.logits,
          target: v.target,
          weight: weight ? v.weight : null,
          divisor: v.divisor,
          gradLogits: v.gradLogits,
          outer,
          classes: cols,
          inner,
          ignoreIndex,
          labelSmoothing,
        })
      },
    })
  }
}

const shapes = [
  [0, 3],
  [1, 1],
  [1, 2],
  [3, 3],
  [2, 7],
  [5, 8],
  [4, 9],
  [64, 10],
  [7, 15],
  [3, 16],
  [3, 17],
  [9, 31],
  [2, 33],
  [5, 65],
  [1, 1009],
  [2003, 10],
  [40, 1000],
] as const

function probabilities(dtype: FloatDType, rows: number, cols: number): TypedArray {
  const target = spread(dtype, rows * cols, 31, 0, 1)
  for (let r = 0; r < rows; r++) {
    const row = target.subarray(r * cols, (r + 1) * cols)
    let sum = 0
    for (const q of row) sum += q
    for (let c = 0; c < cols; c++) row[c]! /= sum
  }
  return target
}

describe(suiteTitle('cross-entropy'), () => {
  for (const dtype of floatDTypes) {
    const weights = (cols: number): TypedArray => spread(dtype, cols, 41, 0.1, 3)

    it(`class indices ${dtype}`, () => {
      for (const [rows, cols] of shapes) {
        const logits = bell(dtype, rows * cols, cols, 3)
        const target = whole('int32', rows, rows, 0, cols)
        const plain = {
          rows,
          cols,
          logits,
          target,
          weight: null,
          ignoreIndex: -100,
          labelSmoothing: 0,
        }
        checkLoss(dtype, plain, 'plain')
        checkLoss(dtype, { ...plain, weight: weights(cols) }, 'weights')
        checkLoss(dtype, { ...plain, labelSmoothing: 0.1 }, 'smoothing')
        const masked = target.map((label, r) => (r % 3 === 1 ? -100 : label)) as TypedArray
        checkLoss(
          dtype,
          { ...plain, target: masked, weight: weights(cols), labelSmoothing: 0.3 },
          'weights, smoothing, ignored rows',
        )
        // also a class can be the one to be ignored
        const first = target[0] ?? 0
        if (target.some((label) => label !== first)) {
          checkLoss(dtype, { ...plain, ignoreIndex: first }, `class ${first} ignored`)
        }
      }
    })

    it(`probabilities ${dtype}`, () => {
      for (const [rows, cols] of shapes) {
        const logits = bell(dtype, rows * cols, cols, 3)
        const target = probabilities(dtype, rows, cols)
        const plain = {
          rows,
          cols,
          logits,
          target,
          weight: null,
          ignoreIndex: -100,
          labelSmoothing: 0,
        }
        checkLoss(dtype, plain, 'plain')
        checkLoss(
          dtype,
          { ...plain, weight: weights(cols), labelSmoothing: 0.2 },
          'weights, smoothing',
        )
      }
    })

    it(`a class for each place ${dtype}`, () => {
      // outer, classes, inner: inner around the lanes of a vector, in one tile and in several
      for (const [outer, cols, inner] of [
        [2, 3, 2],
        [3, 10, 5],
        [1, 7, 16],
        [2, 19, 17],
        [0, 4, 3],
        [2, 4, 0],
        [3, 1, 9],
        [2, 21, 600],
        [130, 5, 20],
        [1, 1000, 37],
      ] as const) {
        const rows = outer * inner
        const logits = bell(dtype, rows * cols, cols, 3)
        const target = whole('int32', rows, rows, 0, cols)
        const plain = { rows, cols, inner, logits, target, weight: null, ignoreIndex: -100 }
        checkLoss(dtype, { ...plain, labelSmoothing: 0 }, 'plain')
        const masked = target.map((label, r) => (r % 3 === 1 ? -100 : label)) as TypedArray
        checkLoss(
          dtype,
          { ...plain, target: masked, weight: weights(cols), labelSmoothing: 0.3 },
          'weights, smoothing, ignored samples',
        )
        checkLoss(
          dtype,
          {
            ...plain,
            target: probabilities(dtype, rows, cols),
            weight: weights(cols),
            labelSmoothing: 0.2,
          },
          'probabilities, weights, smoothing',
        )
      }
    })

    it(`without any class: 0 a sample, mean NaN, as in PyTorch ${dtype}`, () => {
      const none = asView(arrayOf(dtype, []))
      for (const kernels of backends) {
        const losses = arrayOf(dtype, [1, 2, 3])
        const divisor = arrayOf(dtype, [7])
        const run = (reduction: Reduction) => { kernels.crossEntropy(
            { logits: none, target: none, weight: null, loss: asView(losses), divisor: asView(divisor), outer: 3, classes: 0, inner: 1, reduction, ignoreIndex: -100, labelSmoothing: 0, }
          ); } // prettier-ignore
        run(Reduction.none)
        expect(Array.from(losses), kernels.name).to.deep.equal([0, 0, 0])
        losses.fill(5)
        run(Reduction.sum)
        expect(losses[0], kernels.name).to.equal(0)
        expect(divisor[0]).to.equal(1)
        run(Reduction.mean)
        expect(losses[0], kernels.name).to.be.NaN
        kernels.crossEntropyGradient(
          { logits: none, target: none, weight: null, divisor: asView(divisor), gradLogits: none, outer: 3, classes: 0, inner: 1, ignoreIndex: -100, labelSmoothing: 0, }
        ) // prettier-ignore
      }
    })

    it(`large logits and masked classes ${dtype}`, () => {
      const [rows, cols] = [12, 19]
      const target = whole('int32', rows, 3, 0, cols)
      const plain = { rows, cols, target, weight: null, ignoreIndex: -100, labelSmoothing: 0 }
      const wild = spread(dtype, rows * cols, 1, -1e4, 1e4)
      checkLoss(dtype, { ...plain, logits: wild }, 'up to ±1e4')
      const level = bell(dtype, rows * cols, 2).map((x) => x + 1e4) as TypedArray
      checkLoss(dtype, { ...plain, logits: level }, 'around 1e4')
      // a class that cannot be is -Infinity; where it is not the target it changes nothing
      const masked = bell(dtype, rows * cols, 3)
      for (let r = 0; r < rows; r++) masked[r * cols + ((target[r]! + 1) % cols)] = -Infinity
      checkLoss(dtype, { ...plain, logits: masked }, 'a class masked')
    })

    it(`all rows ignored: mean NaN, sum 0, gradient 0, as in PyTorch ${dtype}`, () => {
      const [rows, cols] = [5, 7]
      const logits = asView(bell(dtype, rows * cols, 1))
      const target = asView(new Int32Array(rows).fill(-100))
      for (const kernels of backends) {
        const loss = arrayOf(dtype, [1])
        const divisor = arrayOf(dtype, [1])
        const run = (reduction: Reduction) => { kernels.crossEntropy(
            { logits, target, weight: null, loss: asView(loss), divisor: asView(divisor), outer: rows, classes: cols, inner: 1, reduction, ignoreIndex: -100, labelSmoothing: 0, }
          ); } // prettier-ignore
        run(Reduction.mean)
        expect(loss[0]).to.be.NaN
        expect(divisor[0]).to.equal(0)
        const grad = bell(dtype, rows * cols, 2)
        kernels.crossEntropyGradient(
          { logits, target, weight: null, divisor: asView(divisor), gradLogits: asView(grad), outer: rows, classes: cols, inner: 1, ignoreIndex: -100, labelSmoothing: 0, }
        ) // prettier-ignore
        expect(Array.from(grad)).to.deep.equal(new Array(rows * cols).fill(0))
        run(Reduction.sum)
        expect(loss[0]).to.equal(0)
        expect(divisor[0]).to.equal(1)
      }
    })
  }

  it('a label outside the classes is refused before anything is written', () => {
    const [rows, cols] = [9, 4]
    for (const kernels of backends) {
      for (const bad of [-1, cols, 2 ** 31 - 1, -(2 ** 31)]) {
        for (const row of [0, 4, rows - 1]) {
          const target = whole('int32', rows, 1, 0, cols)
          target[row] = bad
          const loss = new Float32Array([7])
          const divisor = new Float32Array([8])
          const grad = new Float32Array(rows * cols).fill(9)
          const logits = asView(bell('float32', rows * cols, 1))
          const attempts = [
            () => { kernels.crossEntropy(
                { logits, target: asView(target), weight: null, loss: asView(loss), divisor: asView(divisor), outer: rows, classes: cols, inner: 1,
                reduction: Reduction.mean, ignoreIndex: -100, labelSmoothing: 0, }
              ); }, // prettier-ignore
            () => { kernels.crossEntropyGradient(
                { logits, target: asView(target), weight: null, divisor: asView(divisor), gradLogits: asView(grad), outer: rows, classes: cols, inner: 1, ignoreIndex: -100, labelSmoothing: 0, }
              ); }, // prettier-ignore
          ]
          for (const attempt of attempts) {
            expect(attempt, kernels.name)
              .to.throw(new RegExp(`${bad}`))
              .with.property('code', 'ERR_VALUE')
          }
          expect([loss[0], divisor[0]]).to.deep.equal([7, 8])
          expect(grad.every((g) => g === 9)).to.equal(true)
        }
      }
    }
  })
})
