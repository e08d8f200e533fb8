import { checkArguments, isWithin } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { type Options, readOptions } from '../options.js'
import { placeOf } from '../random/batch-rows.js'
import { defaultGenerator, type Generator, generatorOption } from '../random/generator.js'
import { checkFloat } from '../tensor/create.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'

export interface DropoutOptions {
  /** Draws the masks. Default: the default generator, which `manualSeed` seeds. */
  generator?: Generator
}

const OPTIONS = { generator: generatorOption } satisfies Options<DropoutOptions>

abstract class DropoutLike extends Layer {
  /** Draws the masks; undefined for the default generator. */
  readonly generator: Generator | undefined

  protected constructor(
    readonly p: number,
    options: DropoutOptions,
  ) {
    super()
    if (!isWithin(p, 0, 1)) {
      throw new ValueError(complaint(this.constructor.name, 'p', 'a number from 0 to 1', p))
    }
    this.generator = readOptions(this.constructor.name, OPTIONS, options).generator
  }

  /** How many numbers of the mask an input needs; each serves length / masks elements. */
  protected abstract masksOf(shape: Shape, length: number): number

  protected override computeOutput(input: Tensor): Tensor {
    if (input.dtype !== 'float32') checkFloat(this.describe(), 'input', input.dtype)
    const count = this.masksOf(input.shape, input.length)
    if (!this.training || this.p === 0 || input.length === 0) return input
    const mask = this.pass.keepVector('mask', count, 'uint8')
    const output = allocate(input.shape, input.dtype)
    const { state } = this.generator ?? defaultGenerator
    const inner = input.length / count
    // Masks of channels are for (N, C, …) alone.
    const { runs, before, after } = placeOf(count, input.shape, inner === 1 ? undefined : 0)
    kernels().dropout({
      state,
      x: input,
      mask,
      out: output,
      n: count,
      inner,
      p: this.p,
      scale: this.#scale,
      runs,
      before,
      after,
    })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const mask = this.pass.kept('mask')
    if (mask === null) return gradOutput
    const gradInput = allocate(input.shape, input.dtype)
    const inner = input.length / mask.length
    kernels().dropoutGradient({
      mask,
      gradOut: gradOutput,
      gradX: gradInput,
      n: mask.length,
      inner,
      scale: this.#scale,
    })
    return gradInput
  }

  /** What is not dropped is multiplied by it. */
  get #scale(): number {
    return this.p === 1 ? 0 : 1 / (1 - this.p)
  }

  override extraRepr(): string {
    return `p=${this.p}`
  }
}

/**
 * In training mode each element becomes 0 with probability p, independently and anew at every
 * forward, and the others are multiplied by 1 / (1 - p). In evaluation mode, and for p = 0, the output
 * is the input itself and nothing is drawn. With p = 1 the output is 0, whatever the input holds.
 *
 * Shapes: any; the output has the input's. float32 or float64.
 *
 * @example
 * new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Dropout(0.5), new nn.Linear(128, 10))
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 */
export class Dropout extends DropoutLike {
  static {
    markBuiltIn(this, ({ p }) => [p, {}])
  }

  /**
   * @param p Probability of a zero. Default 0.5.
   * @throws ValueError unless 0 ≤ p ≤ 1.
   */
  constructor(p = 0.5, options: DropoutOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(p, options)
  }

  protected override masksOf(_shape: Shape, length: number): number {
    return length
  }
}

/**
 * `Dropout` of whole channels of sequences: a channel of a sample is kept or set to 0 as one.
 *
 * Shapes: input (N, C, L) or (C, L); the output has the input's. float32 or float64.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html
 */
export class Dropout1d extends DropoutLike {
  static {
    markBuiltIn(this, ({ p }) => [p, {}])
  }

  /**
   * @param p Probability that a channel is zeroed. Default 0.5.
   * @throws ValueError unless 0 ≤ p ≤ 1.
   */
  constructor(p = 0.5, options: DropoutOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(p, options)
  }

  protected override masksOf(shape: Shape): number {
    if (shape.length === 2) return shape[0]!
    if (shape.length === 3) return shape[0]! * shape[1]!
    const got = `shape ${formatShape(shape)}`
    throw new ShapeError(complaint(this.describe(), 'input', 'shape (N, C, L) or (C, L)', got))
  }
}

/**
 * `Dropout` of whole channels: a channel of a sample is kept or set to 0 as one. Neighbouring pixels
 * are alike, so dropping single ones would hide little.
 *
 * Shapes: input (N, C, H, W), or (N, C, L) as PyTorch reads three dimensions here; the output has the
 * input's. float32 or float64.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html
 */
export class Dropout2d extends DropoutLike {
  static {
    markBuiltIn(this, ({ p }) => [p, {}])
  }

  /**
   * @param p Probability that a channel is zeroed. Default 0.5.
   * @throws ValueError unless 0 ≤ p ≤ 1.
   */
  constructor(p = 0.5, options: DropoutOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(p, options)
  }

  protected override masksOf(shape: Shape): number {
    if (shape.length !== 3 && shape.length !== 4) {
      throw new ShapeError(
        complaint(
          this.describe(),
          'input',
          'shape (N, C, H, W) or (N, C, L)',
          `shape ${formatShape(shape)}`,
          shape.length === 2 ? 'use nn.Dropout for features without positions' : undefined,
        ),
      )
    }
    return shape[0]! * shape[1]!
  }
}
