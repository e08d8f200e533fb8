import { checkArguments } from '../check.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import {
  adaptiveMaxPool2d,
  type OutputSize,
  outputSizesOf,
} from './functional/adaptive-max-pool.js'
import { Module } from './module.js'

/**
 * The largest element of windows whose sizes follow from the size that the output should have, as those of
 * `AdaptiveAvgPool2d`; a NaN wins. The gradient goes to the element that was taken, the first among equals.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, *outputSize) or (C, *outputSize). float32 or float64.
 *
 * @example
 * new nn.AdaptiveMaxPool2d([5, null]).forward(randn([8, 64, 10, 9])).shape // [8, 64, 5, 9]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
 */
export class AdaptiveMaxPool2d extends Module {
  static {
    markBuiltIn(this, ({ outputSize }) => [outputSize])
  }

  readonly outputSize: readonly [number | null, number | null]

  /**
   * @param outputSize One size for both dimensions, or (height, width); null keeps the input's.
   * @throws ValueError when a size is no whole number of at least 1.
   */
  constructor(outputSize: OutputSize) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.outputSize = outputSizesOf('AdaptiveMaxPool2d', outputSize)
  }

  override forward(input: Tensor): Tensor {
    return adaptiveMaxPool2d(input, this.outputSize)
  }

  override extraRepr(): string {
    const [height, width] = this.outputSize
    return height === width ? String(height) : `(${height}, ${width})`
  }
}
