import { complaint, ShapeError } from '../errors.js'
import {
  AUGMENT_DRAWN,
  type AugmentGeometry,
  type AugmentSettings,
  erasing,
} from '../kernels/augment.js'
import { kernels } from '../kernels/backend.js'
import type { Options } from '../options.js'
import { placeOf } from '../random/batch-rows.js'
import { defaultGenerator, type Generator, generatorOption } from '../random/generator.js'
import { checkFloat } from '../tensor/create.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { Layer } from './layer.js'
import type { Sizes2d } from './pair.js'

export interface AugmentationOptions {
  /** Draws what is done to each image. Default: the default generator, which `manualSeed` seeds. */
  generator?: Generator
}

/** Options of every augmentation. */
export const AUGMENTATION = { generator: generatorOption } satisfies Options<AugmentationOptions>

/** Images of a batch, or one alone. */
export interface Images {
  readonly samples: number
  readonly channels: number
  readonly size: Sizes2d
}

/** @throws ShapeError for what holds no images; DTypeError unless it is float32 or float64. */
export function imagesOf(who: string, { shape, dtype }: Tensor): Images {
  if (dtype !== 'float32') checkFloat(who, 'input', dtype)
  if (shape.length !== 3 && shape.length !== 4) {
    throw new ShapeError(
      complaint(who, 'input', 'shape (N, C, H, W) or (C, H, W)', `shape ${formatShape(shape)}`),
    )
  }
  const [channels, height, width] = shape.slice(-3) as unknown as [number, number, number]
  return { samples: shape.length === 4 ? shape[0]! : 1, channels, size: [height, width] }
}

function geometryOf(
  samples: number,
  channels: number,
  [inHeight, inWidth]: Sizes2d,
  [outHeight, outWidth]: Sizes2d,
): AugmentGeometry {
  return { samples, channels, inHeight, inWidth, outHeight, outWidth }
}

/** Nothing but that an image is shown as it is. */
const NOTHING: AugmentSettings = {
  padHeight: 0,
  padWidth: 0,
  flip: 0,
  erase: 0,
  ...erasing([0, 0], [1, 1]),
  fill: 0,
  value: 0,
}

/**
 * Layers that do something else to each image at every forward in training mode, drawn by the generator,
 * and nothing in evaluation mode: the output is then the input itself, and nothing is drawn.
 */
export abstract class Augmentation extends Layer {
  /** Draws; undefined for the default generator. */
  readonly generator: Generator | undefined

  protected constructor(generator: Generator | undefined) {
    super()
    this.generator = generator
  }

  /** What it may draw, as it differs from nothing, for images of a size. */
  protected abstract settingsFor(size: Sizes2d): Partial<AugmentSettings>

  /** Size of what it makes of images; an error where it cannot. Default: the same. */
  protected pieceOf(size: Sizes2d): Sizes2d {
    return size
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { samples, channels, size } = imagesOf(this.describe(), input)
    const piece = this.pieceOf(size)
    if (!this.training || input.length === 0) return this.evaluate(input, size, piece)
    const geometry = geometryOf(samples, channels, size, piece)
    const drawn = this.pass.keepVector('drawn', samples * AUGMENT_DRAWN, 'int32')
    const shape = Object.freeze([...input.shape.slice(0, -2), ...piece])
    const output = allocate(shape, input.dtype)
    const { state } = this.generator ?? defaultGenerator
    const settings = { ...NOTHING, ...this.settingsFor(size) }
    const { before, after } = placeOf(samples, [samples], 0)
    const operands = { state, x: input, drawn, out: output }
    kernels().augment({ ...operands, geometry, ...settings, before, after })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const drawn = this.pass.kept('drawn')
    if (drawn === null) return this.evaluateGradient(input, gradOutput)
    const { samples, channels, size } = imagesOf(this.describe(), input)
    const geometry = geometryOf(samples, channels, size, this.pieceOf(size))
    const gradInput = allocate(input.shape, input.dtype)
    kernels().augmentGradient({ drawn, gradOut: gradOutput, gradX: gradInput, geometry })
    return gradInput
  }

  /** The output in evaluation mode, for images and pieces of these sizes. Default: the input. */
  protected evaluate(input: Tensor, _size: Sizes2d, _piece: Sizes2d): Tensor {
    return input
  }

  /** The gradient by the input in evaluation mode. Default: that by the output. */
  protected evaluateGradient(_input: Tensor, gradOutput: Tensor): Tensor {
    return gradOutput
  }
}
