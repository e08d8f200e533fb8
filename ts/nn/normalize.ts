import { checkArguments, checkList } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { FloatDType } from '../kernels/dtype.js'
import { ActivationKind, BinaryKind, Broadcast } from '../kernels/kernels.js'
import { floatDType, type Options, readOptions } from '../options.js'
import { empty, formatShape, type Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { imagesOf } from './augmentation.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'

export interface NormalizeOptions {
  /** Default `float32`. */
  dtype?: FloatDType
}

const OPTIONS = { dtype: floatDType('float32') } satisfies Options<NormalizeOptions>

/**
 * y = (x - mean) / std, channel by channel, with numbers that are not trained. As a layer of the model it
 * is saved with that, and who serves the model cannot forget it.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output the same; mean and std (C). In the state dict: `mean`,
 * `std`.
 *
 * Forward throws ShapeError for another number of channels, DTypeError for another dtype.
 *
 * @example
 * new nn.Normalize([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616]) // CIFAR-10, pixels from 0 to 1
 *
 * Source: https://pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html
 */
export class Normalize extends Layer {
  static {
    markBuiltIn(this, ({ channels, means: { dtype } }) => {
      // The numbers themselves come with the state.
      const like = (value: number): number[] => new Array<number>(channels).fill(value)
      return [like(0), like(1), { dtype: dtype as FloatDType }]
    })
  }

  readonly channels: number
  readonly means: Tensor
  readonly stds: Tensor

  /**
   * @param mean One number a channel.
   * @param std One number above 0 a channel.
   * @throws ValueError when the lists are not of one length, or hold something else.
   */
  constructor(mean: readonly number[], std: readonly number[], options: NormalizeOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    super()
    const { dtype } = readOptions('Normalize', OPTIONS, options)
    const means = numbers('mean', mean, () => true, 'finite numbers')
    const stds = numbers('std', std, (value) => value > 0, 'finite numbers above 0')
    if (means.length !== stds.length || means.length === 0) {
      const expected = `${Math.max(1, means.length)} numbers, one a channel as mean`
      throw new ValueError(complaint('Normalize', 'std', expected, stds.length))
    }
    this.channels = means.length
    this.means = this.registerBuffer('mean', tensorOf(means, dtype))
    this.stds = this.registerBuffer('std', tensorOf(stds, dtype))
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { samples, channels, size } = imagesOf(this.describe(), input)
    this.#check(input, channels)
    const { means, stds } = this
    const [variance, used, inverse] = ['variance', 'mean', 'inverseStd'].map((name) =>
      this.pass.keepVector(name, channels, input.dtype),
    ) as [Tensor, Tensor, Tensor]
    const output = allocate(input.shape, input.dtype)
    kernels().binary({
      kind: BinaryKind.mul,
      broadcast: Broadcast.none,
      a: stds,
      b: stds,
      out: variance,
      rows: 1,
      cols: channels,
    })
    kernels().batchNormInference({
      x: input,
      weight: null,
      bias: null,
      runningMean: means,
      runningVar: variance,
      mean: used,
      inverseStd: inverse,
      out: output,
      batch: samples,
      channels,
      spatial: size[0] * size[1],
      eps: 0,
      activation: ActivationKind.identity,
      parameter: 0,
    })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { samples, channels, size } = imagesOf(this.describe(), input)
    const gradInput = allocate(input.shape, input.dtype)
    kernels().batchNormGradient({
      x: input,
      gradOut: gradOutput,
      weight: null,
      mean: this.pass.kept('mean')!,
      inverseStd: this.pass.kept('inverseStd')!,
      sums: null,
      gradX: gradInput,
      batch: samples,
      channels,
      spatial: size[0] * size[1],
    })
    return gradInput
  }

  override extraRepr(): string {
    return `${this.channels} channels`
  }

  #check(input: Tensor, channels: number): void {
    const { dtype } = this.means
    if (channels !== this.channels) {
      const expected = `${this.channels} channels`
      const got = `shape ${formatShape(input.shape)}`
      throw new ShapeError(complaint(this.describe(), 'input', expected, got))
    }
    if (input.dtype === dtype) return
    const hint = `use input.to('${dtype}')`
    throw new DTypeError(
      complaint(this.describe(), 'input', `${dtype} as its numbers are`, input.dtype, hint),
    )
  }
}

/** A vector of these numbers, written by a kernel: a model that a file only describes has no memory yet. */
function tensorOf(values: readonly number[], dtype: FloatDType): Tensor {
  const { buffer, length } = Float64Array.from(values)
  const vector = empty([length], dtype)
  kernels().cast({
    x: { dtype: 'float64', buffer, byteOffset: 0, length },
    y: vector,
    n: length,
    scale: 1,
    shift: 0,
  })
  return vector
}

function numbers(
  what: string,
  given: unknown,
  fits: (value: number) => boolean,
  expected: string,
): number[] {
  checkList('Normalize', what, given)
  const list = Array.from(given)
  const odd = list.findIndex((value) => !Number.isFinite(value) || !fits(value as number))
  if (odd < 0) return list as number[]
  throw new ValueError(complaint('Normalize', `${what} of channel ${odd}`, expected, list[odd]))
}
