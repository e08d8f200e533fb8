import { checkArguments } from '../../check.js'
import { nullable, atLeast, type Options, readOptions } from '../../options.js'
import { add, mul } from '../../ops/binary.js'
import { mean } from '../../ops/reduce.js'
import { rsqrt, square } from '../../ops/unary.js'
import type { Tensor } from '../../tensor/tensor.js'
import { beside, checkInput, type OrOptions, apart } from './applied.js'
import { checkNormalized, normalizedSizes } from './layer-norm.js'

export interface RMSNormFunctionOptions {
  /** Added to the mean of squares. Default: the distance from 1 to the next number of the input's dtype. */
  eps?: number | null
}

export const RMS_NORM = {
  eps: nullable(atLeast(0)),
} satisfies Options<RMSNormFunctionOptions>

const EPSILON = { float32: 2 ** -23, float64: Number.EPSILON }

/**
 * x / sqrt(mean(x²) + eps) * weight over the last dimensions of each sample.
 *
 * Shapes: x (…, normalizedShape), result the same; weight (normalizedShape).
 *
 * @throws ShapeError, DTypeError unless they go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: number | readonly number[],
  weight?: OrOptions<RMSNormFunctionOptions>,
  options?: RMSNormFunctionOptions,
): Tensor {
  const who = 'rmsNorm'
  checkArguments(who, 4, arguments)
  checkInput(who, x)
  const [given, , own] = apart(weight, undefined, options)
  const { eps } = readOptions(who, RMS_NORM, own)
  const shape = normalizedSizes(who, normalizedShape)
  checkNormalized(() => who, x.shape, shape)
  const factor = beside(who, x, 'the weight', given, shape)
  const dims = shape.map((_, i) => -1 - i)
  const added = eps ?? EPSILON[x.dtype as keyof typeof EPSILON]
  const y = mul(x, rsqrt(add(mean(square(x), dims, { keepdim: true }), added)))
  return factor === null ? y : mul(y, factor)
}
