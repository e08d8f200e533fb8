import type { AugmentKernels } from './augment.js'
import type { Conv2dKernels } from './conv2d.js'
import type { DropoutKernels } from './dropout.js'
import type { EmbeddingKernels } from './embedding.js'
import type { NllKernels } from './nll.js'
import type { NormKernels } from './norm.js'
import type { Pad2dKernels } from './pad2d.js'
import type { PointwiseLossKernels } from './pointwise-loss.js'
import type { Pool2dKernels } from './pool2d.js'
import type {
  ActivationKind,
  BinaryKind,
  Broadcast,
  ReduceKind,
  Reduction,
  UnaryKind,
} from './kinds.js'
import type { UpdateKernels } from './update.js'
import type { Upsample2dKernels } from './upsample2d.js'
import type { ParameterSlot, View } from './view.js'
import type { XnorKernels } from './xnor.js'

export * from './kinds.js'
export { UpdateHyper, UpdateKind } from './update.js'
export { isView, type ParameterSlot, type View } from './view.js'

/** Options of a matrix product beyond its operands. */
export interface MatmulOptions {
  /** a is stored as (k, m). Default false: (m, k). */
  transposeA?: boolean
  /** b is stored as (n, k). Default false: (k, n). */
  transposeB?: boolean
  /** Default 1. */
  alpha?: number
  /** Default 0: out is written without being read. */
  beta?: number
  /** (n), added to every row before the activation. */
  bias?: View | null
  /** Applied last, to the result as it would have been stored. Default identity. */
  activation?: ActivationKind
  /** Of the activation. Default 0. */
  parameter?: number
}

/**
 * Every numeric operation of gradlane, declared once. Two complete implementations: `native` (the
 * addon) and `reference` (plain TypeScript, Float64 arithmetic, written for reading).
 *
 * Contract of all methods, unless one says otherwise:
 * - Sizes are given by the caller and have been checked by the layer above; a view may be longer
 *   than what is used. A size of 0 is allowed and does nothing. A buffer that is too short
 *   (detached, resized) raises `ERR_VALUE` before anything is written.
 * - All float views of one call have the dtype of the result: float32 or float64. Index and label
 *   views are int32.
 * - An elementwise result may be written over an operand; no other overlap is allowed.
 * - Nothing is kept of the views after the call, except by a capture.
 * - `outer`, `n`, `inner` describe a tensor seen as (outer, n, inner) with the operation along n.
 */
export interface Kernels
  extends
    AugmentKernels,
    Conv2dKernels,
    DropoutKernels,
    EmbeddingKernels,
    NllKernels,
    NormKernels,
    Pad2dKernels,
    PointwiseLossKernels,
    Pool2dKernels,
    UpdateKernels,
    Upsample2dKernels,
    XnorKernels {
  readonly name: 'native' | 'reference'

  /**
   * out (m, n) = activation(alpha * op(a) op(b) + beta * out + bias), op(a) is (m, k), op(b) is (k, n).
   * With k = 0 the product is 0.
   */
  matmul(
    a: View,
    b: View,
    out: View,
    m: number,
    n: number,
    k: number,
    options?: MatmulOptions,
  ): void

  /** y[i] = f(x[i]). */
  activation(kind: ActivationKind, x: View, y: View, n: number, parameter: number): void

  /**
   * gradX[i] = gradY[i] * f'(x[i]); y must be f(x). gradX may be gradY. Of relu it is 0 where x <= 0,
   * also of a gradY that is not finite.
   */
  activationGradient(
    kind: ActivationKind,
    x: View,
    y: View,
    gradY: View,
    gradX: View,
    n: number,
    parameter: number,
  ): void

  /** y[i] = f(x[i]). float32 results of exp, log, tanh, erf are within 2 ulp. */
  unary(kind: UnaryKind, x: View, y: View, n: number): void

  /** out[r, c] = f(a[r, c], b[...]) for a (rows, cols); see Broadcast. */
  binary(
    kind: BinaryKind,
    broadcast: Broadcast,
    a: View,
    b: View,
    out: View,
    rows: number,
    cols: number,
  ): void

  /** y[i] = scale * x[i] + shift. */
  affine(x: View, y: View, n: number, scale: number, shift: number): void

  /** y[i] = alpha * x[i] + beta * y[i]; beta = 0 writes y without reading it. */
  axpby(x: View, y: View, n: number, alpha: number, beta: number): void

  /** Softmax along n, or its logarithm. Stable: the maximum is subtracted first. */
  softmax(x: View, y: View, outer: number, n: number, inner: number, log: boolean): void

  /** Gradient of `softmax` from its result y: y * (g - sum(g * y)), or g - exp(y) * sum(g) for the logarithm. */
  softmaxGradient(
    y: View,
    gradY: View,
    gradX: View,
    outer: number,
    n: number,
    inner: number,
    log: boolean,
  ): void

  /**
   * out (outer, inner) = reduce of x along n, + beta * out. sum and mean of n = 0 are 0 and NaN, max
   * and min -Infinity and Infinity; a NaN wins. The order of additions depends on the sizes alone.
   */
  reduce(
    kind: ReduceKind,
    x: View,
    out: View,
    outer: number,
    n: number,
    inner: number,
    beta: number,
  ): void

  /** out (int32: outer, inner) = index of the largest element along n, the first among equals; a NaN
   * counts as the largest. n >= 1. */
  argmax(x: View, out: View, outer: number, n: number, inner: number): void

  /**
   * Cross entropy of logits (outer, classes, inner), PyTorch's CrossEntropyLoss. A sample is one of
   * outer x inner places.
   *
   * target int32 (outer, inner): class indices; samples whose index is ignoreIndex count for nothing.
   * With w = weight (classes) or 1, s = labelSmoothing, p = softmax(logits) along the classes:
   *   loss = -(1 - s) w[t] log p[t] - s / classes * sum_c w[c] log p[c],  mean divides by sum of w[t]
   * target of the logits' dtype (outer, classes, inner): q = (1 - s) target + s / classes,
   *   loss = -sum_c w[c] q[c] log p[c],  mean divides by the number of samples, by NaN without a class
   *
   * `loss` holds (outer, inner) elements for Reduction.none, else 1. `divisor` (1 element) receives what
   * the mean divides by (1 for sum and none), for the gradient.
   * A label outside [0, classes) that is not ignoreIndex raises `ERR_VALUE` before anything is written.
   */
  crossEntropy(
    logits: View,
    target: View,
    weight: View | null,
    loss: View,
    divisor: View,
    outer: number,
    classes: number,
    inner: number,
    reduction: Reduction,
    ignoreIndex: number,
    labelSmoothing: number,
  ): void

  /** Gradient of `crossEntropy` by the logits (of the sum of the losses for Reduction.none). */
  crossEntropyGradient(
    logits: View,
    target: View,
    weight: View | null,
    divisor: View,
    gradLogits: View,
    outer: number,
    classes: number,
    inner: number,
    ignoreIndex: number,
    labelSmoothing: number,
  ): void

  /** out (float64, 1) = p-norm of all gradients together; p is a positive number or Infinity. */
  gradNorm(out: View, p: number, slots: readonly ParameterSlot[]): void

  /** gradient *= min(1, maxNorm / (norm + 1e-6)) for all slots; norm is what gradNorm wrote. */
  clipGradients(norm: View, maxNorm: number, slots: readonly ParameterSlot[]): void

  /**
   * out[r, :] = scale * src[index[r], :] + shift. src has srcRows rows of `cols` elements and any
   * dtype; out has the same dtype (scale 1, shift 0), or a float one (from uint8, int32 or a float).
   * An index outside [0, srcRows) raises `ERR_VALUE` before anything is written.
   */
  gatherRows(
    src: View,
    index: View,
    out: View,
    srcRows: number,
    rows: number,
    cols: number,
    scale: number,
    shift: number,
  ): void

  /** y[i] = value, of any dtype. */
  fill(y: View, n: number, value: number): void

  /** y[i] = x[i], of any one dtype. */
  copy(x: View, y: View, n: number): void

  /**
   * out[outOffset + r * outStride + j] = x[xOffset + r * xStride + j] for r < count, j < size, of any
   * one dtype: the columns of a matrix, or blocks along a dimension. Offsets and strides count
   * elements; an offset below 0 or a stride below `size` raises `ERR_SHAPE`. out must not be x.
   */
  copyBlocks(
    x: View,
    out: View,
    count: number,
    size: number,
    xOffset: number,
    xStride: number,
    outOffset: number,
    outStride: number,
  ): void

  /** y[i] = scale * x[i] + shift, converted from any dtype to any. To integers it truncates and clamps
   * to the range; NaN becomes 0. */
  cast(x: View, y: View, n: number, scale: number, shift: number): void

  /** out (cols, rows) = x (rows, cols) transposed, of any one dtype. out must not be x. */
  transpose(x: View, out: View, rows: number, cols: number): void

  /**
   * Random numbers of Philox 4x32-10. `state` (int32, 4 elements) holds, as unsigned words, the seed
   * (low, high) and the number of blocks drawn so far (low, high); block i is philox(counter =
   * (i low, i high, 0, 0), key = seed) and gives four words w0..w3. A call for n numbers takes whole
   * blocks from the next one on and advances the state: ceil(n / 4) blocks for float32, ceil(n / 2)
   * for float64. Element e of the call uses word e % 4 of block e / 4 (float32), words 2(e % 2) and
   * 2(e % 2) + 1 of block e / 2 (float64).
   *
   * uniform: u in [0, 1) is (w >> 8) 2^-24, or ((w_a >>> 5) 2^26 + (w_b >>> 6)) 2^-53 with w_a the first
   * word; y = low + (high - low) u, and where that is rounded to high, the number before it.
   */
  uniform(state: View, y: View, n: number, low: number, high: number): void

  /**
   * Box-Muller on consecutive pairs (u1, u2) of uniform numbers, u1 replaced by 1 - u1:
   * y[2j] = mean + std * sqrt(-2 ln u1) cos(2 pi u2), y[2j + 1] the same with sin. An odd n drops the
   * last sine; the blocks taken are those for n rounded up to even.
   */
  normal(state: View, y: View, n: number, mean: number, std: number): void

  /** y[i] = u < p ? value : 0, with u as float32's uniform for both dtypes. */
  bernoulli(state: View, y: View, n: number, p: number, value: number): void

  /**
   * y (int32, n) = a random permutation of 0..n-1: Fisher-Yates from the end, i = n-1..1 swaps i with
   * j uniform in [0, i] by Lemire's multiply-and-reject on successive words ((w * (i + 1)) >>> 32,
   * rejected while the low half is below 2^32 mod (i + 1)). Takes as many whole blocks as it needs.
   */
  permutation(state: View, y: View, n: number): void
}
