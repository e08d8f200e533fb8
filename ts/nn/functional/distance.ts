import { checkArguments } from '../../check.js'
import { atLeast, finite, type Options, readOptions, whole } from '../../options.js'
import { noGrad } from '../../autograd/grad-mode.js'
import { div, maximum, mul, sub, add } from '../../ops/binary.js'
import { commonShape } from '../../ops/broadcast.js'
import { expand } from '../../ops/expand.js'
import { norm } from '../../ops/norm.js'
import { sum } from '../../ops/reduce.js'
import type { Tensor } from '../../tensor/tensor.js'
import { checkInput } from './applied.js'

export interface NormalizeFunctionOptions {
  /** Which norm. Default 2. */
  p?: number
  /** Default 1. */
  dim?: number
  /** The least that is divided by. Default 1e-12. */
  eps?: number
}

const NORMALIZE = {
  p: finite(2),
  dim: whole(-Infinity, 1),
  eps: atLeast(0, 1e-12),
} satisfies Options<NormalizeFunctionOptions>

/**
 * x / max(‖x‖, eps) along a dimension.
 *
 * @throws ShapeError when there is no such dimension.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
 *
 * @example
 * nn.functional.normalize(tensor([[3, 4]])) // [[0.6, 0.8]]
 */
export function normalize(x: Tensor, options?: NormalizeFunctionOptions): Tensor {
  checkArguments('normalize', 2, arguments)
  checkInput('normalize', x)
  const { p, dim, eps } = readOptions('normalize', NORMALIZE, options)
  return div(x, maximum(norm(x, p, dim, { keepdim: true }), eps))
}

export interface CosineSimilarityOptions {
  /** Default 1. */
  dim?: number
  /** The least that is divided by. Default 1e-8. */
  eps?: number
}

export const COSINE = {
  dim: whole(-Infinity, 1),
  eps: atLeast(0, 1e-8),
} satisfies Options<CosineSimilarityOptions>

/**
 * The cosine of the angle between vectors that lie along a dimension, a · b / (max(‖a‖, eps) max(‖b‖, eps)).
 *
 * Shapes: such that they are broadcast; the result lacks the dimension.
 *
 * @throws ShapeError when they do not go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
 */
export function cosineSimilarity(a: Tensor, b: Tensor, options?: CosineSimilarityOptions): Tensor {
  checkArguments('cosineSimilarity', 3, arguments)
  const who = 'cosineSimilarity'
  checkInput(who, a, 'an operand')
  checkInput(who, b, 'an operand')
  const { dim, eps } = readOptions(who, COSINE, options)
  const shape = commonShape(who, a.shape, b.shape)
  return sum(mul(unit(expand(a, shape), dim, eps), unit(expand(b, shape), dim, eps)), dim)
}

/** A shorter one counts as of length eps, but has the gradient of a norm, as in PyTorch. */
function unit(x: Tensor, dim: number, eps: number): Tensor {
  const length = norm(x, 2, dim, { keepdim: true })
  const more = noGrad(() => sub(maximum(length, eps), length))
  return div(x, add(length, more))
}
