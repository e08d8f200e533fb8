import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { type Upsample2dGeometry, UpsampleMode } from '../kernels/upsample2d.js'
import { choice, flag, type Options, positive, readOptions } from '../options.js'
import { checkFloat } from '../tensor/create.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'
import { formatPair, orPair, type Pair, pairOf, sizesOption } from './pair.js'

export interface UpsampleOptions {
  /** Size of the output: a number for height and width, or (height, width). */
  size?: Pair
  /** The output's size over the input's, above 0: a number for both, or one for each. */
  scaleFactor?: number | readonly [number, number]
  /**
   * `nearest` copies elements, of sequences and of images; `linear` interpolates along sequences,
   * `bilinear` in images. Default `nearest`.
   */
  mode?: 'nearest' | 'linear' | 'bilinear'
  /**
   * Of `linear` and `bilinear`: whether the corners of input and output lie on each other, instead of
   * the outer edges of their corner elements. Default false.
   */
  alignCorners?: boolean
}

const OPTIONS = {
  size: sizesOption<Pair>(2, 1),
  scaleFactor: orPair(positive()),
  mode: choice(['nearest', 'linear', 'bilinear'], 'nearest'),
  alignCorners: flag(),
} satisfies Options<UpsampleOptions>

/**
 * Images or sequences of another size, by `size` or by `scaleFactor`.
 *
 * Along each dimension, output o of `nearest` is element floor(o / s), s being `scaleFactor` or the
 * output's size over the input's. `linear` and `bilinear` interpolate at the place
 * (o + 0.5) / s - 0.5 or, with `alignCorners`, o (in - 1) / (out - 1), kept within the input.
 *
 * Shapes: input (N, C, H, W), output (N, C, Hout, Wout), Hout = floor(H scaleFactor) or `size`; for
 * `nearest` and `linear` also (N, C, L) to (N, C, Lout). float32 or float64.
 *
 * @example
 * new nn.Upsample({ scaleFactor: 2 }).forward(randn([8, 64, 14, 14])).shape // [8, 64, 28, 28]
 * new nn.Upsample({ size: [32, 48], mode: 'bilinear' }).forward(randn([8, 3, 20, 20]))
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Upsample.html
 */
export class Upsample extends Layer {
  static {
    markBuiltIn(this, ({ size, scaleFactor, mode, alignCorners }) => [
      { size, scaleFactor, mode, alignCorners: mode === 'nearest' ? undefined : alignCorners },
    ])
  }

  readonly size: readonly [number, number] | undefined
  readonly scaleFactor: readonly [number, number] | undefined
  readonly mode: 'nearest' | 'linear' | 'bilinear'
  readonly alignCorners: boolean
  #inputShape: Shape | null = null
  #geometry: Upsample2dGeometry | null = null
  #outputShape: Shape = []

  /**
   * @throws ValueError when not exactly one of `size` and `scaleFactor` is given, when they are out of
   * range, or when `alignCorners` is given for `nearest`.
   */
  constructor(options: UpsampleOptions) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { size, scaleFactor, mode, alignCorners } = readOptions('Upsample', OPTIONS, options)
    if ((size === undefined) === (scaleFactor === undefined)) {
      const got = size === undefined ? 'neither' : 'both'
      throw new ValueError(complaint('Upsample', 'options', 'either size or scaleFactor', got))
    }
    if (mode === 'nearest' && alignCorners !== undefined) {
      throw new ValueError(
        complaint(
          'Upsample',
          'alignCorners',
          "left out for mode 'nearest', which does not interpolate",
          alignCorners,
        ),
      )
    }
    if (size !== undefined) this.size = pairOf('Upsample', 'size', size, 1)
    if (scaleFactor !== undefined) {
      const pair = typeof scaleFactor === 'number' ? [scaleFactor, scaleFactor] : scaleFactor
      this.scaleFactor = Object.freeze([pair[0], pair[1]] as const)
    }
    this.mode = mode
    this.alignCorners = alignCorners ?? false
  }

  protected override computeOutput(input: Tensor): Tensor {
    const geometry = this.#geometryOf(input)
    const output = allocate(this.#outputShape, input.dtype)
    kernels().upsample2d({ x: input, out: output, geometry })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const geometry = this.#geometryOf(input)
    const gradInput = allocate(input.shape, input.dtype)
    kernels().upsample2dGradient({ gradOut: gradOutput, gradX: gradInput, geometry })
    return gradInput
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode, alignCorners } = this
    const text = ([a, b]: readonly [number, number]): string =>
      a === b ? String(a) : formatPair([a, b])
    const how = size ? `size=${text(size)}` : `scaleFactor=${text(scaleFactor!)}`
    return `${how}, mode=${mode}${alignCorners ? ', alignCorners=true' : ''}`
  }

  #geometryOf(input: Tensor): Upsample2dGeometry {
    if (input.dtype !== 'float32') checkFloat(this.describe(), 'input', input.dtype)
    const { shape } = input
    if (this.#geometry !== null && sameShape(shape, this.#inputShape!)) return this.#geometry
    const { mode } = this
    const rank = shape.length - 2
    if (!((rank === 2 && mode !== 'linear') || (rank === 1 && mode !== 'bilinear'))) {
      const image = mode === 'linear' ? [] : ['(N, C, H, W)']
      const sequence = mode === 'bilinear' ? [] : ['(N, C, L)']
      const expected = `shape ${[...image, ...sequence].join(' or ')}`
      throw new ShapeError(
        complaint(this.describe(), 'input', expected, `shape ${formatShape(shape)}`),
      )
    }
    const [inHeight, inWidth] = [rank === 2 ? shape[2]! : 1, shape.at(-1)!]
    const [outHeight, scaleHeight] = rank === 2 ? this.#along(0, inHeight) : [1, 0]
    const [outWidth, scaleWidth] = this.#along(1, inWidth)
    const planes = shape[0]! * shape[1]!
    if (Math.min(inHeight, inWidth, outHeight, outWidth) < 1) {
      throw new ShapeError(
        complaint(
          this.describe(),
          'input',
          'of sizes that leave an output of at least one element',
          `shape ${formatShape(shape)}`,
        ),
      )
    }
    this.#geometry = {
      mode: mode === 'nearest' ? UpsampleMode.nearest : UpsampleMode.bilinear,
      ...{ planes, inHeight, inWidth, outHeight, outWidth, scaleHeight, scaleWidth },
      alignCorners: this.alignCorners,
    }
    this.#outputShape = Object.freeze([
      ...shape.slice(0, 2),
      ...(rank === 2 ? [outHeight, outWidth] : [outWidth]),
    ])
    this.#inputShape = shape
    return this.#geometry
  }

  /** Size of the output along an axis, and what places are divided by, 0 for the ratio of the sizes. */
  #along(axis: 0 | 1, size: number): readonly [number, number] {
    if (this.size) return [this.size[axis], 0]
    const scale = this.scaleFactor![axis]
    const out = Math.floor(size * scale)
    // PyTorch keeps the elements wherever the size allows it, and repeats those of `nearest`.
    const plain = out === size || (this.mode === 'nearest' && out === 2 * size)
    return [out, plain ? 0 : scale]
  }
}
