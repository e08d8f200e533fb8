import { complaint, ShapeError } from '../errors.js'
import { formatShape, type Shape } from '../tensor/tensor.js'
import { convInputOf, type ConvPlan, kernelGeometry } from './conv-plan.js'
import type { ConvTransposeSettings } from './conv-settings.js'
import { formatPair } from './pair.js'

/**
 * The geometry is that of the convolution whose gradient by the input a transposed convolution is: it
 * leads from the transposed one's output to its input.
 *
 * @throws ShapeError, with `who` naming the layer, when the input has other channels or rank or the
 * output would be empty.
 */
export function planConvTranspose(
  who: string,
  settings: ConvTransposeSettings,
  shape: Shape,
): ConvPlan {
  const { rank, inChannels, outChannels, kernelSize, stride, padding, dilation } = settings
  const { batch, height, width, leading } = convInputOf(who, settings, shape)
  const [outHeight, outWidth] = ([height, width] as const).map((size, side) => {
    const at = side as 0 | 1
    const reach = dilation[at] * (kernelSize[at] - 1) + 1
    return (size - 1) * stride[at] - 2 * padding[at] + reach + settings.outputPadding[at]
  }) as [number, number]
  if (height < 1 || width < 1 || outHeight < 1 || outWidth < 1) {
    throw new ShapeError(
      complaint(
        who,
        'input',
        'large enough for an output of at least one element a channel',
        `shape ${formatShape(shape)}, which gives ${formatPair([outHeight, outWidth], rank)}`,
        'use a larger input or kernel or less padding',
      ),
    )
  }
  const image = rank === 2 ? [outHeight, outWidth] : [outWidth]
  return {
    pad: null,
    outputShape: Object.freeze([...leading, outChannels, ...image]),
    geometry: Object.freeze({
      ...{ batch, inChannels: outChannels, inHeight: outHeight, inWidth: outWidth },
      ...{ outChannels: inChannels, outHeight: height, outWidth: width },
      ...{ padTop: padding[0], padLeft: padding[1], ...kernelGeometry(settings) },
    }),
  }
}
