import { checkArguments } from '../check.js'
import { readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { COSINE, cosineSimilarity, type CosineSimilarityOptions } from './functional/distance.js'
import { Module } from './module.js'

/**
 * The cosine of the angle between vectors that lie along a dimension, a · b / (max(‖a‖, eps) max(‖b‖, eps)).
 *
 * Shapes: two inputs that are broadcast; the output lacks the dimension.
 *
 * @example
 * new nn.CosineSimilarity().forward(randn([8, 64]), randn([8, 64])).shape // [8]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html
 */
export class CosineSimilarity extends Module<[a: Tensor, b: Tensor]> {
  static {
    markBuiltIn(this, ({ dim, eps }) => [{ dim, eps }])
  }

  readonly dim: number
  readonly eps: number

  /** @throws ValueError when an option is not in its range. */
  constructor(options: CosineSimilarityOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { dim, eps } = readOptions('CosineSimilarity', COSINE, options)
    this.dim = dim
    this.eps = eps
  }

  override forward(a: Tensor, b: Tensor): Tensor {
    const { dim, eps } = this
    return cosineSimilarity(a, b, { dim, eps })
  }

  override extraRepr(): string {
    return `dim=${this.dim}, eps=${this.eps}`
  }
}
