import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import {
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  relu6,
  softshrink,
  threshold,
} from '../ops/activation.js'
import type { Tensor } from '../tensor/tensor.js'
import { finite } from './activation.js'
import { markBuiltIn } from './built-in.js'
import { Module } from './module.js'

/**
 * x between two bounds, the next of them elsewhere.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
 */
export class Hardtanh extends Module {
  static {
    markBuiltIn(this, ({ minVal, maxVal }) => [minVal, maxVal])
  }

  /** Defaults -1 and 1; the first is the smaller one. */
  constructor(
    readonly minVal = -1,
    readonly maxVal = 1,
  ) {
    checkArguments(new.target.name, 2, arguments)
    super()
    finite('Hardtanh', 'minVal', minVal)
    finite('Hardtanh', 'maxVal', maxVal)
    if (minVal >= maxVal) {
      throw new ValueError(complaint('Hardtanh', 'minVal', `below maxVal, ${maxVal}`, minVal))
    }
  }

  override forward(input: Tensor): Tensor {
    return hardtanh(input, this.minVal, this.maxVal)
  }

  override extraRepr(): string {
    return `${this.minVal}, ${this.maxVal}`
  }
}

/**
 * min(max(x, 0), 6).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
 */
export class ReLU6 extends Module {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super()
  }

  override forward(input: Tensor): Tensor {
    return relu6(input)
  }
}

/**
 * x / 6 + 1/2 between -3 and 3, 0 below, 1 above.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
 */
export class Hardsigmoid extends Module {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super()
  }

  override forward(input: Tensor): Tensor {
    return hardsigmoid(input)
  }
}

/**
 * x times Hardsigmoid of x.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
 */
export class Hardswish extends Module {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super()
  }

  override forward(input: Tensor): Tensor {
    return hardswish(input)
  }
}

/**
 * x where |x| > lambd, 0 elsewhere.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html
 */
export class Hardshrink extends Module {
  static {
    markBuiltIn(this, ({ lambd }) => [lambd])
  }

  /** @param lambd Default 0.5; at least 0. */
  constructor(readonly lambd = 0.5) {
    checkArguments(new.target.name, 1, arguments)
    super()
    finite('Hardshrink', 'lambd', lambd)
    checkNotNegative('Hardshrink', 'lambd', lambd)
  }

  override forward(input: Tensor): Tensor {
    return hardshrink(input, this.lambd)
  }

  override extraRepr(): string {
    return String(this.lambd)
  }
}

/**
 * x nearer to 0 by lambd, 0 where |x| ≤ lambd.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softshrink.html
 */
export class Softshrink extends Module {
  static {
    markBuiltIn(this, ({ lambd }) => [lambd])
  }

  /** @param lambd Default 0.5; at least 0. */
  constructor(readonly lambd = 0.5) {
    checkArguments(new.target.name, 1, arguments)
    super()
    finite('Softshrink', 'lambd', lambd)
    checkNotNegative('Softshrink', 'lambd', lambd)
  }

  override forward(input: Tensor): Tensor {
    return softshrink(input, this.lambd)
  }

  override extraRepr(): string {
    return String(this.lambd)
  }
}

/**
 * x where x > threshold, value elsewhere.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Threshold.html
 */
export class Threshold extends Module {
  static {
    markBuiltIn(this, ({ threshold, value }) => [threshold, value])
  }

  constructor(
    readonly threshold: number,
    readonly value: number,
  ) {
    checkArguments(new.target.name, 2, arguments)
    super()
    finite('Threshold', 'threshold', threshold)
    finite('Threshold', 'value', value)
  }

  override forward(input: Tensor): Tensor {
    return threshold(input, this.threshold, this.value)
  }

  override extraRepr(): string {
    return `${this.threshold}, ${this.value}`
  }
}

function checkNotNegative(who: string, what: string, value: number): void {
  if (value < 0) throw new ValueError(complaint(who, what, 'at least 0', value))
}
