import { checkArguments, isWithin } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import type { AugmentSettings } from '../kernels/augment.js'
import { finite, type Options, readOptions } from '../options.js'
import { AUGMENTATION, Augmentation, type AugmentationOptions } from './augmentation.js'
import { markBuiltIn } from './built-in.js'
import type { Sizes2d } from './pair.js'

export interface RandomTranslationOptions extends AugmentationOptions {
  /** Value of what comes into view. Default 0. */
  fill?: number
}

const OPTIONS = { fill: finite(0), ...AUGMENTATION } satisfies Options<RandomTranslationOptions>

/**
 * In training mode each image is shifted by whole pixels, drawn anew at every forward: up or down by
 * at most `heightFactor` of its height, sideways by at most `widthFactor` of its width, all shifts
 * alike. In evaluation mode the output is the input.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output the same. float32 or float64.
 *
 * @example
 * new nn.RandomTranslation(0.1, 0.1).forward(randn([8, 1, 28, 28])).shape // [8, 1, 28, 28]
 *
 * Source: https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_translation/
 */
export class RandomTranslation extends Augmentation {
  static {
    markBuiltIn(this, (layer) => [layer.heightFactor, layer.widthFactor, { fill: layer.fill }])
  }

  readonly fill: number

  /** @throws ValueError unless the factors are numbers from 0 to 1. */
  constructor(
    readonly heightFactor: number,
    readonly widthFactor: number,
    options: RandomTranslationOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    for (const [name, factor] of Object.entries({ heightFactor, widthFactor })) {
      if (isWithin(factor, 0, 1)) continue
      throw new ValueError(complaint('RandomTranslation', name, 'a number from 0 to 1', factor))
    }
    const { fill, generator } = readOptions('RandomTranslation', OPTIONS, options)
    super(generator)
    this.fill = fill
  }

  protected override settingsFor([height, width]: Sizes2d): Partial<AugmentSettings> {
    return {
      padHeight: Math.round(this.heightFactor * height),
      padWidth: Math.round(this.widthFactor * width),
      fill: this.fill,
    }
  }

  override extraRepr(): string {
    const { heightFactor, widthFactor, fill } = this
    return `${heightFactor}, ${widthFactor}${fill === 0 ? '' : `, fill=${fill}`}`
  }
}
