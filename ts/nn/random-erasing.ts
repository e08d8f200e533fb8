import { checkArguments, isWithin } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { type AugmentSettings, erasing } from '../kernels/augment.js'
import { finite, type Option, type Options, readOptions } from '../options.js'
import { AUGMENTATION, Augmentation, type AugmentationOptions } from './augmentation.js'
import { markBuiltIn } from './built-in.js'

/** The lowest and the highest. */
export type Range = readonly [low: number, high: number]

export interface RandomErasingOptions extends AugmentationOptions {
  /** Share of the image that is erased, drawn from this range. Default [0.02, 0.33]. */
  scale?: Range
  /** Height / width of what is erased, drawn from this range on a logarithmic scale. Default [0.3, 3.3]. */
  ratio?: Range
  /** What the erased pixels become. Default 0. */
  value?: number
}

function range(initial: Range, expected: string, fits: (value: number) => boolean): Option<Range> {
  const accepts = (value: unknown): boolean =>
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((end) => typeof end === 'number' && fits(end)) &&
    value[0] <= value[1]
  return { initial, expected, accepts }
}

const OPTIONS = {
  scale: range([0.02, 0.33], 'two numbers from 0 to 1, the lower one first', (end) =>
    isWithin(end, 0, 1),
  ),
  ratio: range([0.3, 3.3], 'two numbers from 0.001 to 1000, the lower one first', (end) =>
    isWithin(end, 1e-3, 1e3),
  ),
  value: finite(0),
  ...AUGMENTATION,
} satisfies Options<RandomErasingOptions>

/**
 * In training mode a rectangle of each image, in all its channels, becomes `value` with probability p;
 * its size and place are drawn anew at every forward. In evaluation mode the output is the input.
 *
 * A rectangle that would be higher or wider than the image is as high or as wide as that.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output the same. float32 or float64.
 *
 * @example
 * new nn.RandomErasing(0.25).forward(randn([8, 3, 32, 32])).shape // [8, 3, 32, 32]
 *
 * Source: Z. Zhong et al., "Random erasing data augmentation" (2017);
 * https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomErasing.html
 */
export class RandomErasing extends Augmentation {
  static {
    markBuiltIn(this, ({ p, scale, ratio, value }) => [p, { scale, ratio, value }])
  }

  readonly scale: Range
  readonly ratio: Range
  readonly value: number

  /**
   * @param p Probability that something is erased. Default 0.5.
   * @throws ValueError unless 0 ≤ p ≤ 1 and the options are in their ranges.
   */
  constructor(
    readonly p = 0.5,
    options: RandomErasingOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    if (!isWithin(p, 0, 1)) {
      throw new ValueError(complaint('RandomErasing', 'p', 'a number from 0 to 1', p))
    }
    const { scale, ratio, value, generator } = readOptions('RandomErasing', OPTIONS, options)
    super(generator)
    this.scale = Object.freeze([...scale] as const)
    this.ratio = Object.freeze([...ratio] as const)
    this.value = value
  }

  protected override settingsFor(): Partial<AugmentSettings> {
    const { p, scale, ratio, value } = this
    return { erase: p, ...erasing(scale, ratio), value }
  }

  override extraRepr(): string {
    const { p, scale, ratio, value } = this
    return `p=${p}, scale=[${scale.join(', ')}], ratio=[${ratio.join(', ')}], value=${value}`
  }
}
