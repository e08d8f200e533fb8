import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { readOptions } from '../options.js'
import type { Generator } from '../random/generator.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { bilinear } from './functional/bilinear.js'
import { uniform_ } from './init/index.js'
import { LINEAR, type LinearOptions } from './linear.js'
import { Module } from './module.js'
import { Parameter } from './parameter.js'

/**
 * y_k = a^T W_k b + c_k.
 *
 * Shapes: inputs a (…, in1Features) and b (…, in2Features), output (…, outFeatures); weight (outFeatures,
 * in1Features, in2Features), bias c (outFeatures).
 *
 * Initialisation: weight and bias uniform in ±1 / sqrt(in1Features).
 *
 * @example
 * new nn.Bilinear(8, 4, 16).forward(randn([32, 8]), randn([32, 4])).shape // [32, 16]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Bilinear.html
 */
export class Bilinear extends Module<[a: Tensor, b: Tensor]> {
  static {
    markBuiltIn(this, ({ in1Features, in2Features, outFeatures, weight, bias }) => [
      in1Features,
      in2Features,
      outFeatures,
      { bias: bias !== null, dtype: weight.dtype },
    ])
  }

  weight: Parameter
  bias: Parameter | null

  /** @throws ValueError when a size is not a whole number ≥ 1. */
  constructor(
    readonly in1Features: number,
    readonly in2Features: number,
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    checkArguments(new.target.name, 4, arguments)
    super()
    for (const [name, size] of Object.entries({ in1Features, in2Features, outFeatures })) {
      if (Number.isInteger(size) && size >= 1) continue
      throw new ValueError(complaint('Bilinear', name, 'a whole number of at least 1', size))
    }
    const { bias, dtype, generator } = readOptions('Bilinear', LINEAR, options)
    this.weight = new Parameter(empty([outFeatures, in1Features, in2Features], dtype))
    this.bias = bias ? new Parameter(empty([outFeatures], dtype)) : null
    this.resetParameters(generator)
  }

  /** Draws the parameters anew. */
  resetParameters(generator?: Generator): void {
    const bound = 1 / Math.sqrt(this.in1Features)
    uniform_(this.weight, -bound, bound, { generator })
    if (this.bias !== null) uniform_(this.bias, -bound, bound, { generator })
  }

  override forward(a: Tensor, b: Tensor): Tensor {
    return bilinear(a, b, this.weight, this.bias)
  }

  override extraRepr(): string {
    const bias = this.bias === null ? ', bias=false' : ''
    return `${this.in1Features}, ${this.in2Features}, ${this.outFeatures}${bias}`
  }
}
