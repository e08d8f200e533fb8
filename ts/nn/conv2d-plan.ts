import { complaint, ShapeError } from '../errors.js'
import type { Conv2dGeometry } from '../kernels/conv2d.js'
import { formatShape, type Shape } from '../tensor/tensor.js'

type Sizes = readonly [number, number]

/** What a convolution is made with; pairs are (height, width). */
export interface Conv2dSettings {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: Sizes
  readonly stride: Sizes
  readonly padding: Sizes | 'valid' | 'same'
  readonly dilation: Sizes
  readonly groups: number
}

/** What follows from the settings and the shape of an input. */
export interface Conv2dPlan {
  readonly outputShape: Shape
  readonly geometry: Conv2dGeometry
}

/** Rows (or columns) of padding before and after an image. */
function paddingOf(settings: Conv2dSettings, side: 0 | 1): Sizes {
  const { padding, kernelSize, dilation } = settings
  if (padding === 'valid') return [0, 0]
  if (padding !== 'same') return [padding[side], padding[side]]
  const all = dilation[side] * (kernelSize[side] - 1)
  return [Math.floor(all / 2), Math.ceil(all / 2)]
}

/**
 * @throws ShapeError, with `who` naming the layer, when the input has other channels or rank or is
 * smaller than the kernel.
 */
export function planConv2d(who: string, settings: Conv2dSettings, shape: Shape): Conv2dPlan {
  const { inChannels, outChannels, kernelSize, stride, dilation, groups } = settings
  const rank = shape.length
  if ((rank !== 4 && rank !== 3) || shape[rank - 3] !== inChannels) {
    const last = rank === 4 && shape[3] === inChannels
    const flat = rank === 2 || (rank === 3 && inChannels === 1)
    throw new ShapeError(
      complaint(
        who,
        'input',
        `shape (N, ${inChannels}, H, W) or (${inChannels}, H, W)`,
        `shape ${formatShape(shape)}`,
        last
          ? 'channels come before height and width here'
          : flat
            ? 'reshape it to (N, channels, height, width)'
            : undefined,
      ),
    )
  }
  const sides = ([0, 1] as const).map((side) => {
    const size = shape[rank - 2 + side]!
    const [before, after] = paddingOf(settings, side)
    const reach = dilation[side] * (kernelSize[side] - 1) + 1
    const room = size + before + after - reach
    return { size, before, padded: size + before + after, reach, room }
  })
  const [y, x] = [sides[0]!, sides[1]!]
  if (y.room < 0 || x.room < 0) {
    throw new ShapeError(
      complaint(
        who,
        'the padded input',
        `at least as large as the kernel, which covers (${y.reach}, ${x.reach})`,
        `(${y.padded}, ${x.padded}) from shape ${formatShape(shape)}`,
        'use a larger input, more padding or a smaller kernel',
      ),
    )
  }
  const outHeight = Math.floor(y.room / stride[0]) + 1
  const outWidth = Math.floor(x.room / stride[1]) + 1
  return {
    outputShape: Object.freeze([...shape.slice(0, rank - 3), outChannels, outHeight, outWidth]),
    geometry: Object.freeze({
      batch: rank === 4 ? shape[0]! : 1,
      inChannels,
      inHeight: y.size,
      inWidth: x.size,
      outChannels,
      outHeight,
      outWidth,
      kernelHeight: kernelSize[0],
      kernelWidth: kernelSize[1],
      strideHeight: stride[0],
      strideWidth: stride[1],
      padTop: y.before,
      padLeft: x.before,
      dilationHeight: dilation[0],
      dilationWidth: dilation[1],
      groups,
    }),
  }
}
