import { checkArguments } from '../check.js'
import { complaint, ShapeError } from '../errors.js'
import type { AugmentSettings } from '../kernels/augment.js'
import { kernels } from '../kernels/backend.js'
import { type Pad2dGeometry, PadMode } from '../kernels/pad2d.js'
import { finite, type Options, readOptions, whole } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'
import { AUGMENTATION, Augmentation, type AugmentationOptions, imagesOf } from './augmentation.js'
import { markBuiltIn } from './built-in.js'
import { formatPair, orPair, type Pair, pairOf, type Sizes2d, sizes } from './pair.js'

export interface RandomCropOptions extends AugmentationOptions {
  /** Pixels around the image from which pieces may be cut too, or a pair (height, width). Default 0. */
  padding?: Pair
  /** Value of those. Default 0. */
  fill?: number
}

const OPTIONS = {
  padding: orPair(whole(0, 0)),
  fill: finite(0),
  ...AUGMENTATION,
} satisfies Options<RandomCropOptions>

/**
 * In training mode a piece of each image, cut at a place drawn anew at every forward, from the image
 * with `padding` pixels of value `fill` around it. All channels of an image are cut alike. In evaluation
 * mode the piece in the middle: of images that have its size, the images themselves.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, size) or (C, size). float32 or float64.
 *
 * Forward throws ShapeError when the padded image is smaller than the piece.
 *
 * @example
 * new nn.RandomCrop(32, { padding: 4 }).forward(randn([8, 3, 32, 32])).shape // [8, 3, 32, 32]
 *
 * Source: https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomCrop.html
 */
export class RandomCrop extends Augmentation {
  static {
    markBuiltIn(this, ({ size, padding, fill }) => [size, { padding, fill }])
  }

  /** (height, width) of a piece. */
  readonly size: Sizes2d
  /** (height, width) of what is added to each side. */
  readonly padding: Sizes2d
  readonly fill: number

  /**
   * @param size Height and width of a piece, or one number for both.
   * @throws ValueError when a size is not a whole number of at least 1 or an option not in its range.
   */
  constructor(size: Pair, options: RandomCropOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    const { padding, fill, generator } = readOptions('RandomCrop', OPTIONS, options)
    super(generator)
    this.size = pairOf('RandomCrop', 'size', size, 1)
    this.padding = pairOf('RandomCrop', 'padding', padding, 0)
    this.fill = fill
  }

  protected override settingsFor(): Partial<AugmentSettings> {
    const [padHeight, padWidth] = this.padding
    return { padHeight, padWidth, fill: this.fill }
  }

  protected override pieceOf(image: Sizes2d): Sizes2d {
    const { size, padding } = this
    const fits = ([0, 1] as const).every((i) => size[i] <= image[i] + 2 * padding[i])
    if (fits) return size
    throw new ShapeError(
      complaint(
        this.describe(),
        'input',
        `images of at least ${formatPair(size)} with their padding of ${formatPair(padding)}`,
        formatPair(image),
        'a padding lets a piece reach over the edges',
      ),
    )
  }

  protected override evaluate(input: Tensor, image: Sizes2d, piece: Sizes2d): Tensor {
    if (image[0] === piece[0] && image[1] === piece[1]) return input
    const shape = Object.freeze([...input.shape.slice(0, -2), ...piece])
    const output = allocate(shape, input.dtype)
    kernels().pad2d({
      x: input,
      out: output,
      geometry: this.#middle(input, piece),
      mode: PadMode.constant,
      value: this.fill,
    })
    return output
  }

  protected override evaluateGradient(input: Tensor, gradOutput: Tensor): Tensor {
    if (sameShape(input.shape, gradOutput.shape)) return gradOutput
    const gradInput = allocate(input.shape, input.dtype)
    const geometry = this.#middle(input, imagesOf(this.describe(), gradOutput).size)
    kernels().pad2dGradient({
      gradOut: gradOutput,
      gradX: gradInput,
      geometry,
      mode: PadMode.constant,
    })
    return gradInput
  }

  /** The middle of an image as a padding that cuts off or adds. */
  #middle(input: Tensor, piece: Sizes2d): Pad2dGeometry {
    const { samples, channels, size } = imagesOf(this.describe(), input)
    const [padTop, padLeft] = [half(size[0], piece[0]), half(size[1], piece[1])]
    return {
      planes: samples * channels,
      inHeight: size[0],
      inWidth: size[1],
      padTop,
      padBottom: piece[0] - size[0] - padTop,
      padLeft,
      padRight: piece[1] - size[1] - padLeft,
    }
  }

  override extraRepr(): string {
    const padding = this.padding.some((pad) => pad > 0) ? `, padding=${sizes(this.padding)}` : ''
    return `${formatPair(this.size)}${padding}${this.fill === 0 ? '' : `, fill=${this.fill}`}`
  }
}

/** What is added before an image so that a piece is its middle; negative numbers cut off. */
function half(image: number, piece: number): number {
  return Math.trunc((piece - image) / 2)
}
