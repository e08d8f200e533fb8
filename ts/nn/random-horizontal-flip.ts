import { checkArguments, isWithin } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import type { AugmentSettings } from '../kernels/augment.js'
import { readOptions } from '../options.js'
import { AUGMENTATION, Augmentation, type AugmentationOptions } from './augmentation.js'
import { markBuiltIn } from './built-in.js'

/**
 * In training mode each image is mirrored, left for right, with probability p, drawn anew at every
 * forward. In evaluation mode the output is the input.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output the same. float32 or float64.
 *
 * @example
 * new nn.Sequential(new nn.RandomCrop(32, { padding: 4 }), new nn.RandomHorizontalFlip())
 *
 * Source: https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomHorizontalFlip.html
 */
export class RandomHorizontalFlip extends Augmentation {
  static {
    markBuiltIn(this, ({ p }) => [p, {}])
  }

  /**
   * @param p Probability that an image is mirrored. Default 0.5.
   * @throws ValueError unless 0 ≤ p ≤ 1.
   */
  constructor(
    readonly p = 0.5,
    options: AugmentationOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    if (!isWithin(p, 0, 1)) {
      throw new ValueError(complaint('RandomHorizontalFlip', 'p', 'a number from 0 to 1', p))
    }
    super(readOptions('RandomHorizontalFlip', AUGMENTATION, options).generator)
  }

  protected override settingsFor(): Partial<AugmentSettings> {
    return { flip: this.p }
  }

  override extraRepr(): string {
    return `p=${this.p}`
  }
}
