import { expect } from 'chai'

import { nn, type Tensor, ValueError } from '../../ts/index.js'
import { PointwiseLossKind } from '../../ts/kernels/pointwise-loss.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import {
  crossEntropyBounds,
  type LossBounds,
  nllBounds,
  pointwiseBounds,
} from '../support/criterion-bound.js'
import { eachBackend } from '../support/each-backend.js'
import { type InputKind, numbers, probabilities, sizeOf } from '../support/formula.js'
import {
  camelOptions,
  expectResult,
  type LossCase,
  readCases,
  tensorOf,
  valuesOf,
} from '../support/pytorch-fixture.js'
import { acceptedLoss } from '../support/pytorch-differences.js'
import { floatDTypes } from '../support/samples.js'

const PREDICTION = 1
const TARGET = 2
const seeds: Readonly<Record<string, number>> = { weight: 3, pos_weight: 4 }

/** The parameter of each pointwise loss. */
const parameters = {
  MSELoss: [PointwiseLossKind.mse, ''],
  L1Loss: [PointwiseLossKind.smoothL1, ''],
  SmoothL1Loss: [PointwiseLossKind.smoothL1, 'beta'],
  HuberLoss: [PointwiseLossKind.huber, 'delta'],
  BCELoss: [PointwiseLossKind.bce, ''],
  BCEWithLogitsLoss: [PointwiseLossKind.bceWithLogits, ''],
  KLDivLoss: [PointwiseLossKind.klDiv, ''],
} as const

const special: Partial<Record<InputKind, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity }

function predictionOf({ name, shape, kind = 'plain' }: LossCase): number[] {
  if (name !== 'BCELoss') return numbers(shape, PREDICTION, kind)
  const values = probabilities(shape, PREDICTION)
  if (kind === 'far') return values.map((value, i) => (i % 3 === 1 ? 1 : i % 2 === 0 ? 0 : value))
  const odd = special[kind]
  if (odd !== undefined) values[Math.floor(values.length / 3)] = odd
  return values
}

function targetOf({ target, shape, shares }: LossCase): readonly number[] {
  switch (target) {
    case 'numbers':
      return numbers(shape, TARGET)
    case 'same':
      return numbers(shape, PREDICTION)
    case 'soft':
      return probabilities(shape, TARGET)
    case 'hard':
      return Array.from({ length: sizeOf(shape) }, (_, i) => i % 2)
    case 'sparse':
      return numbers(shape, TARGET).map((value) => Math.max(0, value) / 2)
    case 'logs':
      return numbers(shape, TARGET).map((value) => value - 2)
    case 'shares':
      return shares!
    case 'classes':
      return Array.from({ length: sizeOf(classless(shape)) }, (_, i) => (3 * i * i + 2 * i + 1) % 4)
  }
}

const classless = (shape: readonly number[]): number[] =>
  shape.length === 1 ? [] : [shape[0]!, ...shape.slice(2)]

const isWeight = (key: string): boolean => key in seeds

const weightOf = (key: string, shape: unknown): number[] =>
  probabilities(shape as number[], seeds[key]!)

/** A weight of each element: that of its column, of its row, or its own. */
function spreadWeight(one: LossCase, key: string): (i: number) => number {
  const shape = one.options[key] as number[] | undefined
  if (shape === undefined) return () => 1
  const values = weightOf(key, shape)
  const columns = one.shape.at(-1)!
  if (shape.length === 1) return (i) => values[shape[0] === 1 ? 0 : i % columns]!
  return (i) => values[shape[1] === 1 ? Math.floor(i / columns) : i]!
}

function boundsOf(dtype: FloatDType, one: LossCase, loss: Tensor): LossBounds {
  const { name, options, shape } = one
  const reduction = options['reduction'] ?? 'mean'
  const [xs, ys] = [predictionOf(one), targetOf(one)]
  const largest = Math.max(...xs.filter(Number.isFinite).map(Math.abs))
  if (name === 'CrossEntropyLoss' || name === 'NLLLoss') {
    const classes = shape.length === 1 ? shape[0]! : shape[1]!
    const weights = options['weight']
      ? weightOf('weight', [classes])
      : Array<number>(classes).fill(1)
    const rows = sizeOf(shape) / classes
    const counted = one.target === 'classes' ? ys.filter((y) => y !== options['ignore_index']) : []
    const shares = counted.reduce((sum, y) => sum + weights[y]!, 0)
    const sizes = {
      ...{ rows, classes, largest },
      weights: [Math.min(...weights), Math.max(...weights)] as const,
      divisor:
        reduction === 'none'
          ? null
          : reduction === 'sum'
            ? 1
            : one.target === 'shares'
              ? rows
              : shares,
    }
    return name === 'NLLLoss' ? nllBounds(dtype, sizes) : crossEntropyBounds(dtype, sizes)
  }
  const [plain, parameter] = parameters[name]
  const kind = options['log_target'] ? PointwiseLossKind.klDivLogTarget : plain
  const c = (options[parameter] as number | undefined) ?? (name === 'L1Loss' ? 0 : 1)
  const [w, p] = [spreadWeight(one, 'weight'), spreadWeight(one, 'pos_weight')]
  const elements = xs.map((x, i) => ({ x, y: ys[i]!, w: w(i), p: p(i), c }))
  // of a sum the losses it is made of, by the same criterion
  const each =
    reduction === 'none' ? loss : criterionOf(one, dtype, 'none').forward(...operands(one, dtype))
  const divisors: Readonly<Record<string, number | null>> = {
    ...{ none: null, sum: 1 },
    ...{ mean: xs.length, batchmean: shape[0]! },
  }
  return pointwiseBounds(
    dtype,
    kind,
    elements,
    Array.from(each.data),
    divisors[reduction as string]!,
  )
}

function criterionOf(one: LossCase, dtype: FloatDType, reduction?: string): nn.Criterion {
  const options = Object.fromEntries(
    Object.entries(one.options).map(([key, value]) => [
      key,
      isWeight(key) ? tensorOf(weightOf(key, value), value as number[], dtype) : value,
    ]),
  )
  const make = nn[one.name] as new (options: object) => nn.Criterion
  return new make({ ...camelOptions(options), ...(reduction && { reduction }) })
}

function operands(one: LossCase, dtype: FloatDType): [Tensor, Tensor] {
  const classes = one.target === 'classes'
  const shape = classes ? classless(one.shape) : one.shape
  return [
    tensorOf(predictionOf(one), one.shape, dtype),
    tensorOf(targetOf(one), shape, classes ? 'int32' : dtype),
  ]
}

/** Whether an element is of a row that counts for nothing. */
function ignoredBy(one: LossCase): (i: number) => boolean {
  const inner = sizeOf(one.shape.slice(2))
  const classes = one.shape[1] ?? one.shape[0]!
  const target = one.target === 'classes' ? targetOf(one) : []
  return (i) => {
    const row = Math.floor(i / (classes * inner)) * inner + (i % inner)
    return row < target.length && target[row] === one.options['ignore_index']
  }
}

function check(one: LossCase, dtype: FloatDType): void {
  const criterion = criterionOf(one, dtype)
  const [x, y] = operands(one, dtype)
  if (one.results === undefined) {
    expect(() => criterion.forward(x, y)).to.throw(ValueError)
    expect(() => criterion.backward(x, y)).to.throw(ValueError)
    return
  }
  const loss = criterion.forward(x, y)
  const gradient = criterion.backward(x, y)
  const bounds = boundsOf(dtype, one, loss)
  for (const [key, actual] of [
    ['loss', loss],
    ['gradient', gradient],
  ] as const) {
    const result = one.results[key]!
    const theirs = valuesOf(result, dtype)
    const accepted = acceptedLoss(one, key, theirs, Array.from(x.data), ignoredBy(one))
    expectResult(key, actual, result.shape, accepted, dtype, bounds[key])
  }
}

describe('criteria give what PyTorch gives', () => {
  eachBackend(() => {
    for (const one of readCases('criterion') as readonly LossCase[]) {
      const { name, options, target, shape, kind = '' } = one
      it(`${name} ${JSON.stringify(options)} ${shape.join('x')}, ${target} ${kind}`, () => {
        for (const dtype of floatDTypes) check(one, dtype)
      })
    }
  })
})
