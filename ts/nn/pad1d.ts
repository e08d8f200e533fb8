import { checkArguments } from '../check.js'
import { PadMode } from '../kernels/pad2d.js'
import { markBuiltIn } from './built-in.js'
import { type Padding1d, paddingValue, PadLayer } from './pad.js'

/**
 * Puts one value around sequences; negative padding cuts off.
 *
 * Shapes: input (N, C, L) or (C, L), output (N, C, left + L + right) or (C, left + L + right). float32 or float64.
 *
 * @example
 * new nn.ConstantPad1d(1, -1).forward(randn([8, 3, 32])).shape // [8, 3, 34]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html
 */
export class ConstantPad1d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding, value }) => [padding as Padding1d, value])
  }

  readonly value: number

  /** @throws ValueError when a padding is no whole number or the value no number. */
  constructor(padding: Padding1d, value: number) {
    checkArguments(new.target.name, 2, arguments)
    const who = 'ConstantPad1d'
    super(who, { rank: 1, mode: PadMode.constant, value: paddingValue(who, value) }, padding)
    this.value = value
  }

  override extraRepr(): string {
    return `padding=${super.extraRepr()}, value=${this.value}`
  }
}

/**
 * Puts zeros around sequences; negative padding cuts off.
 *
 * Shapes: input (N, C, L) or (C, L), output (N, C, left + L + right) or (C, left + L + right). float32 or float64.
 *
 * @example
 * new nn.ZeroPad1d([1, 2]).forward(randn([8, 3, 32])).shape // [8, 3, 35]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html
 */
export class ZeroPad1d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding }) => [padding as Padding1d])
  }

  /** @throws ValueError when a padding is no whole number. */
  constructor(padding: Padding1d) {
    checkArguments(new.target.name, 1, arguments)
    super('ZeroPad1d', { rank: 1, mode: PadMode.constant, value: 0 }, padding)
  }
}

/**
 * Continues sequences by their reflection at the outermost elements, which are not repeated. The padding is
 * smaller than the sequence; where it is negative, it cuts off.
 *
 * Shapes: input (N, C, L) or (C, L), output (N, C, left + L + right) or (C, left + L + right). float32 or float64.
 *
 * @example
 * new nn.ReflectionPad1d(2).forward(randn([8, 3, 32])).shape // [8, 3, 36]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html
 */
export class ReflectionPad1d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding }) => [padding as Padding1d])
  }

  /** @throws ValueError when a padding is no whole number. */
  constructor(padding: Padding1d) {
    checkArguments(new.target.name, 1, arguments)
    super('ReflectionPad1d', { rank: 1, mode: PadMode.reflect, value: 0 }, padding)
  }
}

/**
 * Continues sequences by their outermost elements; negative padding cuts off.
 *
 * Shapes: input (N, C, L) or (C, L), output (N, C, left + L + right) or (C, left + L + right). float32 or float64.
 *
 * @example
 * new nn.ReplicationPad1d(2).forward(randn([8, 3, 32])).shape // [8, 3, 36]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html
 */
export class ReplicationPad1d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding }) => [padding as Padding1d])
  }

  /** @throws ValueError when a padding is no whole number. */
  constructor(padding: Padding1d) {
    checkArguments(new.target.name, 1, arguments)
    super('ReplicationPad1d', { rank: 1, mode: PadMode.replicate, value: 0 }, padding)
  }
}

/**
 * Continues sequences by their other side, as if they went around. The padding is at most as large as
 * the sequence.
 *
 * Shapes: input (N, C, L) or (C, L), output (N, C, left + L + right) or (C, left + L + right). float32 or float64.
 *
 * @example
 * new nn.CircularPad1d(2).forward(randn([8, 3, 32])).shape // [8, 3, 36]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html
 */
export class CircularPad1d extends PadLayer {
  static {
    markBuiltIn(this, ({ padding }) => [padding as Padding1d])
  }

  /** @throws ValueError when a padding is no whole number of at least 0. */
  constructor(padding: Padding1d) {
    checkArguments(new.target.name, 1, arguments)
    super('CircularPad1d', { rank: 1, mode: PadMode.circular, value: 0 }, padding)
  }
}
