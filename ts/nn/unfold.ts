import { checkArguments } from '../check.js'
import { readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { UNFOLD, unfold, type UnfoldOptions } from './functional/unfold.js'
import { Module } from './module.js'
import { type Pair, pairOf, sizes, type Sizes2d } from './pair.js'

/**
 * The patches of images as columns.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C kH kW, L) or (C kH kW, L) for L patches. float32 or
 * float64.
 *
 * Forward throws ShapeError for images smaller than a patch.
 *
 * @example
 * new nn.Unfold(3, { padding: 1 }).forward(randn([2, 4, 8, 8])).shape // [2, 36, 64]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Unfold.html
 */
export class Unfold extends Module {
  static {
    markBuiltIn(this, ({ kernelSize, dilation, padding, stride }) => [
      kernelSize,
      { dilation, padding, stride },
    ])
  }

  readonly kernelSize: Sizes2d
  readonly dilation: Sizes2d
  readonly padding: Sizes2d
  readonly stride: Sizes2d

  /** @throws ValueError when a size is out of range. */
  constructor(kernelSize: Pair, options: UnfoldOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super()
    const who = 'Unfold'
    const { dilation, padding, stride } = readOptions(who, UNFOLD, options)
    this.kernelSize = pairOf(who, 'kernelSize', kernelSize, 1)
    this.dilation = pairOf(who, 'dilation', dilation, 1)
    this.padding = pairOf(who, 'padding', padding, 0)
    this.stride = pairOf(who, 'stride', stride, 1)
  }

  override forward(input: Tensor): Tensor {
    const { kernelSize, dilation, padding, stride } = this
    return unfold(input, kernelSize, { dilation, padding, stride })
  }

  override extraRepr(): string {
    const { kernelSize, dilation, padding, stride } = this
    return (
      `kernelSize=${sizes(kernelSize)}, dilation=${sizes(dilation)}, padding=${sizes(padding)}, ` +
      `stride=${sizes(stride)}`
    )
  }
}
