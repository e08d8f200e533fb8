import { checkArguments } from '../check.js'
import type { FloatDType } from '../kernels/dtype.js'
import { kernels } from '../kernels/backend.js'
import { readOptions } from '../options.js'
import { transposeInto } from '../tensor/strided.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { FeaturePlan } from './feature-plan.js'
import { markBuiltIn } from './built-in.js'
import { PACKED, PackedLayer, type PackedOptions, WORD } from './packed-layer.js'

/**
 * A BinaryLinear for inference, with its weights as bits: y = inFeatures - 2 popcount(x ^ W) + b. The
 * results are those of the layer that it was made from, except that a NaN counts as 1.
 *
 * Shapes: input (…, inFeatures), output (…, outFeatures); weight int32 (ceil(inFeatures / 32),
 * outFeatures), bias (outFeatures).
 *
 * Made by `BinaryLinear.pack()`, or with weights of all 1 to load a state dict into. It has no backward
 * pass.
 *
 * Source: Rastegari et al., XNOR-Net (2016); docs/binary.md.
 */
export class PackedBinaryLinear extends PackedLayer {
  static {
    markBuiltIn(this, ({ inFeatures, outFeatures, bias }) => [
      inFeatures,
      outFeatures,
      { bias: bias !== null, dtype: bias?.dtype as FloatDType | undefined },
    ])
  }

  readonly #plan: FeaturePlan

  /** @throws ValueError when a size is not a whole number ≥ 0. */
  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: PackedOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    const given = readOptions(new.target.name, PACKED, options)
    const plan = new FeaturePlan(new.target.name, inFeatures, outFeatures)
    super([Math.ceil(inFeatures / WORD), outFeatures], outFeatures, given)
    this.#plan = plan
  }

  /** Takes over the signs of a weight (outFeatures, inFeatures) and a bias. @internal */
  take(weight: Tensor, bias: Tensor | null): void {
    const { inFeatures, outFeatures } = this
    const turned = empty([inFeatures, outFeatures], weight.dtype)
    transposeInto(weight, turned, outFeatures, inFeatures)
    kernels().packSigns({
      x: turned,
      words: this.weight,
      outer: 1,
      n: inFeatures,
      inner: outFeatures,
    })
    this.takeBias(bias)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { inFeatures, outFeatures, weight, bias } = this
    this.checkInput(input.dtype)
    this.#plan.take(this, input.shape)
    const { outputShape, rows } = this.#plan
    const words = this.packed(input, rows, inFeatures, 1)
    const output = allocate(outputShape, input.dtype)
    kernels().xnorMatmul({
      a: words,
      b: weight,
      bias,
      out: output,
      m: rows,
      n: outFeatures,
      k: inFeatures,
    })
    return output
  }

  override multiplyAdds(_input: Tensor, output: Tensor): number {
    return output.length * this.inFeatures
  }

  override extraRepr(): string {
    return `${this.inFeatures}, ${this.outFeatures}${this.bias === null ? ', bias=false' : ''}`
  }
}
