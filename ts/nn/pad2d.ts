import { checkArguments } from '../check.js'
import { PadMode } from '../kernels/pad2d.js'
import { markBuiltIn } from './built-in.js'
import { type Padding2d, paddingValue, PadLayer } from './pad.js'

/**
 * Puts one value around images; negative padding cuts off.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, top + H + bottom, left + W + right) or the same
 * without N. float32 or float64.
 *
 * @example
 * new nn.ConstantPad2d(1, -1).forward(randn([8, 3, 32, 32])).shape // [8, 3, 34, 34]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html
 */
export class ConstantPad2d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding, value }) => [padding as Padding2d, value])
  }

  readonly value: number

  /** @throws ValueError when a padding is no whole number or the value no number. */
  constructor(padding: Padding2d, value: number) {
    checkArguments(new.target.name, 2, arguments)
    const who = 'ConstantPad2d'
    super(who, { rank: 2, mode: PadMode.constant, value: paddingValue(who, value) }, padding)
    this.value = value
  }

  override extraRepr(): string {
    return `padding=${super.extraRepr()}, value=${this.value}`
  }
}

/**
 * Puts zeros around images; negative padding cuts off.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, top + H + bottom, left + W + right) or the same
 * without N. float32 or float64.
 *
 * @example
 * new nn.ZeroPad2d([1, 2, 0, -1]).forward(randn([8, 3, 32, 32])).shape // [8, 3, 31, 35]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html
 */
export class ZeroPad2d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding }) => [padding as Padding2d])
  }

  /** @throws ValueError when a padding is no whole number. */
  constructor(padding: Padding2d) {
    checkArguments(new.target.name, 1, arguments)
    super('ZeroPad2d', { rank: 2, mode: PadMode.constant, value: 0 }, padding)
  }
}

/**
 * Continues images by their reflection at the outermost elements, which are not repeated. The padding is
 * smaller than the image; where it is negative, it cuts off.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, top + H + bottom, left + W + right) or the same
 * without N. float32 or float64.
 *
 * @example
 * new nn.ReflectionPad2d(2).forward(randn([8, 3, 32, 32])).shape // [8, 3, 36, 36]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html
 */
export class ReflectionPad2d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding }) => [padding as Padding2d])
  }

  /** @throws ValueError when a padding is no whole number. */
  constructor(padding: Padding2d) {
    checkArguments(new.target.name, 1, arguments)
    super('ReflectionPad2d', { rank: 2, mode: PadMode.reflect, value: 0 }, padding)
  }
}

/**
 * Continues images by their outermost elements; negative padding cuts off.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, top + H + bottom, left + W + right) or the same
 * without N. float32 or float64.
 *
 * @example
 * new nn.ReplicationPad2d(2).forward(randn([8, 3, 32, 32])).shape // [8, 3, 36, 36]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html
 */
export class ReplicationPad2d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding }) => [padding as Padding2d])
  }

  /** @throws ValueError when a padding is no whole number. */
  constructor(padding: Padding2d) {
    checkArguments(new.target.name, 1, arguments)
    super('ReplicationPad2d', { rank: 2, mode: PadMode.replicate, value: 0 }, padding)
  }
}

/**
 * Continues images by their other side, as if they went around. The padding is at most as large as
 * the image.
 *
 * Shapes: input (N, C, H, W) or (C, H, W), output (N, C, top + H + bottom, left + W + right) or the same
 * without N. float32 or float64.
 *
 * @example
 * new nn.CircularPad2d(2).forward(randn([8, 3, 32, 32])).shape // [8, 3, 36, 36]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html
 */
export class CircularPad2d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding }) => [padding as Padding2d])
  }

  /** @throws ValueError when a padding is no whole number of at least 0. */
  constructor(padding: Padding2d) {
    checkArguments(new.target.name, 1, arguments)
    super('CircularPad2d', { rank: 2, mode: PadMode.circular, value: 0 }, padding)
  }
}
