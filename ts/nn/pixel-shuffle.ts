import { checkArguments } from '../check.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { checkFactor, pixelShuffle, pixelUnshuffle } from './functional/pixel-shuffle.js'
import { Module } from './module.js'

/**
 * Channels laid out as pixels.
 *
 * Shapes: input (…, C r², H, W), output (…, C, H r, W r); any dtype.
 *
 * @example
 * new nn.PixelShuffle(2).forward(randn([1, 16, 7, 7])).shape // [1, 4, 14, 14]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html
 */
export class PixelShuffle extends Module {
  static {
    markBuiltIn(this, ({ upscaleFactor }) => [upscaleFactor])
  }

  /**
   * @param upscaleFactor r.
   * @throws ValueError unless it is a whole number ≥ 1.
   */
  constructor(readonly upscaleFactor: number) {
    checkArguments(new.target.name, 1, arguments)
    super()
    checkFactor('PixelShuffle', 'upscaleFactor', upscaleFactor)
  }

  override forward(input: Tensor): Tensor {
    return pixelShuffle(input, this.upscaleFactor)
  }

  override extraRepr(): string {
    return String(this.upscaleFactor)
  }
}

/**
 * The inverse of `PixelShuffle`.
 *
 * Shapes: input (…, C, H r, W r), output (…, C r², H, W); any dtype.
 *
 * @example
 * new nn.PixelUnshuffle(2).forward(randn([1, 4, 14, 14])).shape // [1, 16, 7, 7]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html
 */
export class PixelUnshuffle extends Module {
  static {
    markBuiltIn(this, ({ downscaleFactor }) => [downscaleFactor])
  }

  /**
   * @param downscaleFactor r.
   * @throws ValueError unless it is a whole number ≥ 1.
   */
  constructor(readonly downscaleFactor: number) {
    checkArguments(new.target.name, 1, arguments)
    super()
    checkFactor('PixelUnshuffle', 'downscaleFactor', downscaleFactor)
  }

  override forward(input: Tensor): Tensor {
    return pixelUnshuffle(input, this.downscaleFactor)
  }

  override extraRepr(): string {
    return String(this.downscaleFactor)
  }
}
