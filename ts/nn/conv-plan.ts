import { complaint, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { Conv2dGeometry } from '../kernels/conv2d.js'
import { type Pad2dGeometry, PadMode } from '../kernels/pad2d.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import type { AnyConvSettings, ConvSettings, PaddingMode } from './conv-settings.js'
import { planPad } from './pad-plan.js'
import { formatPair, type Sizes2d } from './pair.js'
import type { Pass } from '../tensor/pass.js'

/** What follows from the settings and the shape of an input. */
export interface ConvPlan {
  readonly outputShape: Shape
  /** Of the input as it comes or, with `pad`, as it is padded. */
  readonly geometry: Conv2dGeometry
  /** How the input is padded before the convolution, where zeros within it will not do. */
  readonly pad: ConvPad | null
}

export interface ConvPad {
  readonly mode: PadMode
  readonly geometry: Pad2dGeometry
  readonly paddedShape: Shape
}

/** What is convolved: the input, or it with its padding, which a call keeps for its backward. */
export function keepPadded(pass: Pass, input: Tensor, { pad }: ConvPlan): Tensor {
  if (pad === null) return input
  const padded = pass.keep('padded', pad.paddedShape, input.dtype)
  kernels().pad2d({ x: input, out: padded, geometry: pad.geometry, mode: pad.mode, value: 0 })
  return padded
}

const modes: Record<PaddingMode, PadMode> = {
  zeros: PadMode.constant,
  reflect: PadMode.reflect,
  replicate: PadMode.replicate,
  circular: PadMode.circular,
}

/** An input as (batch, channels, height, width). */
export interface ConvInput {
  readonly batch: number
  readonly height: number
  readonly width: number
  /** The dimensions before the channels: (N) or (). */
  readonly leading: Shape
}

/**
 * @throws ShapeError, with `who` naming the layer, when the input has other channels or another rank.
 */
export function convInputOf(
  who: string,
  { rank, inChannels }: AnyConvSettings,
  shape: Shape,
): ConvInput {
  const leading = shape.slice(0, -(rank + 1))
  if (shape.length < rank + 1 || leading.length > 1 || shape.at(-(rank + 1)) !== inChannels) {
    const [dimensions, names] = rank === 2 ? ['H, W', 'height, width'] : ['L', 'length']
    const last = shape.length === rank + 2 && shape.at(-1) === inChannels
    const flat = shape.length === rank || (shape.length === rank + 1 && inChannels === 1)
    throw new ShapeError(
      complaint(
        who,
        'input',
        `shape (N, ${inChannels}, ${dimensions}) or (${inChannels}, ${dimensions})`,
        `shape ${formatShape(shape)}`,
        last
          ? `channels come before ${names.replace(', ', ' and ')} here`
          : flat
            ? `reshape it to (N, channels, ${names})`
            : undefined,
      ),
    )
  }
  return {
    batch: leading[0] ?? 1,
    height: rank === 2 ? shape.at(-2)! : 1,
    width: shape.at(-1)!,
    leading,
  }
}

/** A convolution's padding before and after an image, of one side. */
export function paddingOf(settings: ConvSettings, side: 0 | 1): Sizes2d {
  const { padding, kernelSize, dilation } = settings
  if (padding === 'valid') return [0, 0]
  if (padding !== 'same') return [padding[side], padding[side]]
  const all = dilation[side] * (kernelSize[side] - 1)
  return [Math.floor(all / 2), Math.ceil(all / 2)]
}

/** The part of a geometry that does not depend on the input. */
export function kernelGeometry({ kernelSize, stride, dilation, groups }: AnyConvSettings) {
  return {
    ...{ kernelHeight: kernelSize[0], kernelWidth: kernelSize[1] },
    ...{ strideHeight: stride[0], strideWidth: stride[1] },
    ...{ dilationHeight: dilation[0], dilationWidth: dilation[1], groups },
  }
}

/**
 * @throws ShapeError, with `who` naming the layer, when the input has other channels or rank or is
 * smaller than the kernel, or too small for what its padding consists of.
 */
export function planConv(who: string, settings: ConvSettings, shape: Shape): ConvPlan {
  const { rank, inChannels, outChannels, kernelSize, stride, dilation, paddingMode } = settings
  const { batch, height, width, leading } = convInputOf(who, settings, shape)
  const sides = ([0, 1] as const).map((side) => {
    const size = side === 0 ? height : width
    const around = paddingOf(settings, side)
    const padded = size + around[0] + around[1]
    const reach = dilation[side] * (kernelSize[side] - 1) + 1
    return { around, padded, reach, room: padded - reach }
  })
  const [y, x] = [sides[0]!, sides[1]!]
  if (y.room < 0 || x.room < 0) {
    throw new ShapeError(
      complaint(
        who,
        'the padded input',
        `at least as large as the kernel, which covers ${formatPair([y.reach, x.reach], rank)}`,
        `${formatPair([y.padded, x.padded], rank)} from shape ${formatShape(shape)}`,
        'use a larger input, more padding or a smaller kernel',
      ),
    )
  }
  const outHeight = Math.floor(y.room / stride[0]) + 1
  const outWidth = Math.floor(x.room / stride[1]) + 1
  const image = rank === 2 ? [outHeight, outWidth] : [outWidth]
  const pads = { rows: y.around, columns: x.around }
  const plain = paddingMode === 'zeros' || [...y.around, ...x.around].every((size) => size === 0)
  const mode = modes[paddingMode]
  const planes = batch * inChannels
  const pad = plain
    ? null
    : {
        mode,
        geometry: planPad(who, mode, pads, planes, [height, width], shape),
        paddedShape: Object.freeze([
          ...shape.slice(0, -rank),
          ...[y.padded, x.padded].slice(-rank),
        ]),
      }
  const [inHeight, inWidth] = pad ? [y.padded, x.padded] : [height, width]
  const [padTop, padLeft] = pad ? [0, 0] : [y.around[0], x.around[0]]
  return {
    pad,
    outputShape: Object.freeze([...leading, outChannels, ...image]),
    geometry: Object.freeze({
      ...{ batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth },
      ...{ padTop, padLeft },
      ...kernelGeometry(settings),
    }),
  }
}
