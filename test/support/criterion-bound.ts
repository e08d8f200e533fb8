import { PointwiseLossKind } from '../../ts/kernels/pointwise-loss.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import {
  type LossElement,
  pointwiseGradientError,
  pointwiseLossError,
} from './pointwise-loss-bound.js'
import type { Bound } from './pytorch-fixture.js'
import { bothSides, roundoff } from './tolerance.js'

export interface LossBounds {
  readonly loss: Bound
  readonly gradient: Bound
}

/**
 * What PyTorch's formulas lose beyond those of pointwise-loss-bound.ts, in units of u: of a logit it
 * takes (1 - y) x + max(-x, 0) + log(…), whose terms are as large as x; log(1 - x) it takes from a
 * rounded difference.
 */
function beyond(kind: PointwiseLossKind, { x, w, p }: LossElement): number {
  if (kind === PointwiseLossKind.bceWithLogits) return 8 * w * Math.max(1, p) * Math.abs(x)
  return kind === PointwiseLossKind.bce ? 4 * w : 0
}

/** Of losses of single elements; `divisor` is what their sum is divided by, or null for each of them. */
export function pointwiseBounds(
  dtype: FloatDType,
  kind: PointwiseLossKind,
  elements: readonly LossElement[],
  losses: readonly number[],
  divisor: number | null,
): LossBounds {
  const u = roundoff[dtype]
  const error = (i: number): number =>
    pointwiseLossError(dtype, kind, elements[i]!, losses[i]!) + u * beyond(kind, elements[i]!)
  const finite = losses.map((_, i) => i).filter((i) => Number.isFinite(losses[i]!))
  // each error, and a sum of so many terms
  const sum = finite.reduce(
    (total, i) => total + error(i) + (losses.length + 2) * u * Math.abs(losses[i]!),
    0,
  )
  return {
    loss: (i) => bothSides(dtype, divisor === null ? error(i) : sum / divisor),
    gradient: (i, expected) => {
      const slope = pointwiseGradientError(dtype, kind, elements[i]!, 1 / (divisor ?? 1), expected)
      // PyTorch's smallest x (1 - x), 1e-12, is a float32 constant
      const { x } = elements[i]!
      const cut = kind === PointwiseLossKind.bce && x * (1 - x) < 1e-11
      return bothSides(dtype, slope) + (cut ? Math.abs(expected) * roundoff.float32 : 0)
    },
  }
}

/** Sizes of a criterion over classes. */
export interface ClassSizes {
  readonly rows: number
  readonly classes: number
  /** The largest finite magnitude of the prediction. */
  readonly largest: number
  /** Smallest and largest weight of a class. */
  readonly weights: readonly [number, number]
  /** What the sum is divided by; null for the loss of each row. */
  readonly divisor: number | null
}

/**
 * Of -w log softmax(x)[c], C classes and logits at most S apart: the logarithm is off by
 * C + 12 + 3 (S + log C) roundings (pytorch-bound.ts), and up to C such terms of at most S + log C are
 * weighted and added up in a row. Its gradient is p mass - coefficient, both of at most w.
 */
export function crossEntropyBounds(dtype: FloatDType, sizes: ClassSizes): LossBounds {
  const { rows, classes, largest, weights, divisor } = sizes
  const size = 2 * largest + Math.log(classes)
  const row = weights[1] * (classes + 12 + (2 * classes + 9) * size)
  return summed(
    dtype,
    row,
    rows * weights[1] * size,
    weights[1] * (3 * classes + 26),
    rows,
    divisor,
  )
}

/** Of -w x[c]: a product; its gradient -w. */
export function nllBounds(dtype: FloatDType, sizes: ClassSizes): LossBounds {
  const { rows, largest, weights, divisor } = sizes
  const size = weights[1] * largest
  return summed(dtype, 2 * size, rows * size, 2 * weights[1], rows, divisor)
}

function summed(
  dtype: FloatDType,
  row: number,
  magnitude: number,
  slope: number,
  rows: number,
  divisor: number | null,
): LossBounds {
  const u = bothSides(dtype, 1.01 * roundoff[dtype])
  // a mean rounds its divisor, a sum of as many weights, too
  const loss = divisor === null ? row : (rows * row + (2 * rows + 2) * magnitude) / divisor
  const gradient = (slope * (1 + rows)) / (divisor ?? 1)
  return { loss: () => u * loss, gradient: () => u * gradient }
}
