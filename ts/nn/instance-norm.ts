import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { flag, type Option, type Options, readOptions } from '../options.js'
import { formatShape, type Shape } from '../tensor/tensor.js'
import { GROUP_NORM, GroupedNorm, type GroupNormOptions } from './group-norm.js'
import { markBuiltIn } from './built-in.js'

export interface InstanceNormOptions extends Omit<GroupNormOptions, 'affine'> {
  /** Whether there are a weight and a bias to train. Default false. */
  affine?: boolean
  /** Running statistics are not supported: evaluation uses those of its input too. */
  trackRunningStats?: false
}

const NEVER: Option<false> = {
  initial: false,
  expected:
    'false: the statistics are always those of the input, nn.BatchNorm2d keeps running ones',
  accepts: (value) => value === false,
}

const OPTIONS = {
  ...GROUP_NORM,
  affine: flag(false),
  trackRunningStats: NEVER,
} satisfies Options<InstanceNormOptions>

/**
 * Instance normalisation of images: for each channel of each sample
 *
 * y = (x - mean) / sqrt(var + eps) * weight + bias
 *
 * with the mean and the biased variance over height and width, in training and evaluation alike.
 *
 * Shapes: input (batch, numFeatures, height, width), output the same; weight and bias (numFeatures).
 *
 * Initialisation: weight 1, bias 0. Not affine by default: neither is there.
 *
 * Forward throws ShapeError for another shape and ValueError, in training, for images of one pixel.
 *
 * @example
 * new nn.InstanceNorm2d(3).forward(randn([8, 3, 28, 28])).shape // [8, 3, 28, 28]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html
 */
export class InstanceNorm2d extends GroupedNorm {
  static {
    markBuiltIn(this, ({ numFeatures, eps, affine, weight }) => [
      numFeatures,
      { eps, affine, trackRunningStats: undefined, dtype: weight?.dtype },
    ])
  }

  /** @throws ValueError when an argument is not in its range, or for trackRunningStats. */
  constructor(
    readonly numFeatures: number,
    options: InstanceNormOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    if (!Number.isInteger(numFeatures) || numFeatures < 1) {
      const expected = 'a whole number of at least 1'
      throw new ValueError(complaint('InstanceNorm2d', 'numFeatures', expected, numFeatures))
    }
    super(numFeatures, numFeatures, readOptions('InstanceNorm2d', OPTIONS, options))
  }

  protected override checkShape(shape: Shape): void {
    if (shape.length !== 4 || shape[1] !== this.numFeatures) {
      const expected = `shape (batch, ${this.numFeatures}, height, width)`
      throw new ShapeError(
        complaint(this.describe(), 'input', expected, `shape ${formatShape(shape)}`),
      )
    }
    if (this.training && shape[2] === 1 && shape[3] === 1) {
      const expected = 'of more than one pixel, so that there is a variance'
      throw new ValueError(
        complaint(this.describe(), 'input', expected, `shape ${formatShape(shape)}`),
      )
    }
  }

  override extraRepr(): string {
    return `${this.numFeatures}, eps=${this.eps}, affine=${this.affine}`
  }
}
