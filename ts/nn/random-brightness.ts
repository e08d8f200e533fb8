import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { BinaryKind, Broadcast } from '../kernels/kernels.js'
import { readOptions } from '../options.js'
import { placeOf } from '../random/batch-rows.js'
import { defaultGenerator, type Generator } from '../random/generator.js'
import type { Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { AUGMENTATION, type AugmentationOptions, imagesOf } from './augmentation.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'

/**
 * In training mode a number of [-factor, factor), drawn for each image anew at every forward, is added
 * to all its pixels: with pixels from 0 to 1, a factor of 0.2 is a fifth of the way from black to white.
 * What passes 0 or 1 stays so, as images that were normalised reach beyond them anyway. In evaluation
 * mode, and with a factor of 0, the output is the input and nothing is drawn.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output the same. float32 or float64.
 *
 * @example
 * new nn.RandomBrightness(0.2).forward(randn([8, 3, 32, 32])).shape // [8, 3, 32, 32]
 *
 * Source: https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_brightness/
 */
export class RandomBrightness extends Layer {
  static {
    markBuiltIn(this, ({ factor }) => [factor, {}])
  }

  /** Draws; undefined for the default generator. */
  readonly generator: Generator | undefined

  /** @throws ValueError unless the factor is a finite number of at least 0. */
  constructor(
    readonly factor: number,
    options: AugmentationOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    if (!Number.isFinite(factor) || factor < 0) {
      const expected = 'a finite number of at least 0'
      throw new ValueError(complaint('RandomBrightness', 'factor', expected, factor))
    }
    super()
    this.generator = readOptions('RandomBrightness', AUGMENTATION, options).generator
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { samples } = imagesOf(this.describe(), input)
    const { factor } = this
    if (!this.training || factor === 0 || input.length === 0) return input
    const added = this.pass.keepVector('added', samples, input.dtype)
    const output = allocate(input.shape, input.dtype)
    const { state } = this.generator ?? defaultGenerator
    const { before, after } = placeOf(samples, [samples], 0)
    const range = { low: -factor, high: factor }
    kernels().uniform({ ...range, state, y: added, n: samples, before, after })
    const pixels = input.length / samples
    kernels().binary({
      kind: BinaryKind.add,
      broadcast: Broadcast.column,
      a: input,
      b: added,
      out: output,
      rows: samples,
      cols: pixels,
    })
    return output
  }

  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return gradOutput
  }

  override extraRepr(): string {
    return `factor=${this.factor}`
  }
}
