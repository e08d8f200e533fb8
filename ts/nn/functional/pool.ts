import { checkArguments } from '../../check.js'
import type { Tensor } from '../../tensor/tensor.js'
import { AdaptiveAvgPool1d, AvgPool1d, type AvgPool1dOptions } from '../avg-pool1d.js'
import { AdaptiveAvgPool2d, AvgPool2d, type AvgPool2dOptions } from '../avg-pool2d.js'
import { MaxPool1d, type MaxPool1dOptions } from '../max-pool1d.js'
import { MaxPool2d, type MaxPool2dOptions } from '../max-pool2d.js'
import type { Pair } from '../pair.js'

/** `nn.MaxPool1d` as a function. */
export function maxPool1d(x: Tensor, kernelSize: number, options?: MaxPool1dOptions): Tensor {
  checkArguments('maxPool1d', 3, arguments)
  return new MaxPool1d(kernelSize, options).forward(x)
}

/** `nn.MaxPool2d` as a function. */
export function maxPool2d(x: Tensor, kernelSize: Pair, options?: MaxPool2dOptions): Tensor {
  checkArguments('maxPool2d', 3, arguments)
  return new MaxPool2d(kernelSize, options).forward(x)
}

/** `nn.AvgPool1d` as a function. */
export function avgPool1d(x: Tensor, kernelSize: number, options?: AvgPool1dOptions): Tensor {
  checkArguments('avgPool1d', 3, arguments)
  return new AvgPool1d(kernelSize, options).forward(x)
}

/** `nn.AvgPool2d` as a function. */
export function avgPool2d(x: Tensor, kernelSize: Pair, options?: AvgPool2dOptions): Tensor {
  checkArguments('avgPool2d', 3, arguments)
  return new AvgPool2d(kernelSize, options).forward(x)
}

/** `nn.AdaptiveAvgPool1d` as a function. */
export function adaptiveAvgPool1d(x: Tensor, outputSize: number): Tensor {
  checkArguments('adaptiveAvgPool1d', 2, arguments)
  return new AdaptiveAvgPool1d(outputSize).forward(x)
}

/**
 * `nn.AdaptiveAvgPool2d` as a function.
 *
 * @param outputSize One size for both dimensions, or (height, width); null keeps the input's.
 */
export function adaptiveAvgPool2d(
  x: Tensor,
  outputSize: number | null | readonly [number | null, number | null],
): Tensor {
  checkArguments('adaptiveAvgPool2d', 2, arguments)
  return new AdaptiveAvgPool2d(outputSize).forward(x)
}
