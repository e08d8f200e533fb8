import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import {
  celu,
  elu,
  glu,
  logSigmoid,
  mish,
  selu,
  softmin,
  softsign,
  tanhshrink,
} from '../ops/activation.js'
import { checkDim } from '../tensor/axis.js'
import type { Tensor } from '../tensor/tensor.js'
import { finite } from './activation.js'
import { markBuiltIn } from './built-in.js'
import { Module } from './module.js'

/**
 * x where x > 0, alpha (exp(x) - 1) elsewhere.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ELU.html
 */
export class ELU extends Module {
  static {
    markBuiltIn(this, ({ alpha }) => [alpha])
  }

  /** @param alpha Default 1. */
  constructor(readonly alpha = 1) {
    checkArguments(new.target.name, 1, arguments)
    super()
    finite('ELU', 'alpha', alpha)
  }

  override forward(input: Tensor): Tensor {
    return elu(input, this.alpha)
  }

  override extraRepr(): string {
    return String(this.alpha)
  }
}

/**
 * 1.0507 x where x > 0, 1.0507 · 1.6733 (exp(x) - 1) elsewhere: networks of it keep means near 0 and
 * deviations near 1.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 */
export class SELU extends Module {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super()
  }

  override forward(input: Tensor): Tensor {
    return selu(input)
  }
}

/**
 * x where x > 0, alpha (exp(x / alpha) - 1) elsewhere.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CELU.html
 */
export class CELU extends Module {
  static {
    markBuiltIn(this, ({ alpha }) => [alpha])
  }

  /** @param alpha Default 1; not 0. */
  constructor(readonly alpha = 1) {
    checkArguments(new.target.name, 1, arguments)
    super()
    finite('CELU', 'alpha', alpha)
    if (alpha === 0) throw new ValueError(complaint('CELU', 'alpha', 'not 0', '0'))
  }

  override forward(input: Tensor): Tensor {
    return celu(input, this.alpha)
  }

  override extraRepr(): string {
    return String(this.alpha)
  }
}

/**
 * x tanh(softplus(x)).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Mish.html
 */
export class Mish extends Module {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super()
  }

  override forward(input: Tensor): Tensor {
    return mish(input)
  }
}

/**
 * log(1 / (1 + exp(-x))).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 */
export class LogSigmoid extends Module {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super()
  }

  override forward(input: Tensor): Tensor {
    return logSigmoid(input)
  }
}

/**
 * x / (1 + |x|).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html
 */
export class Softsign extends Module {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super()
  }

  override forward(input: Tensor): Tensor {
    return softsign(input)
  }
}

/**
 * x - tanh(x).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html
 */
export class Tanhshrink extends Module {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super()
  }

  override forward(input: Tensor): Tensor {
    return tanhshrink(input)
  }
}

/**
 * The first half of the input along a dimension times the sigmoid of the second.
 *
 * Shapes: input (…, 2 n, …), output (…, n, …).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GLU.html
 */
export class GLU extends Module {
  static {
    markBuiltIn(this, ({ dim }) => [dim])
  }

  /** @param dim Default -1, the last one. */
  constructor(readonly dim = -1) {
    checkArguments(new.target.name, 1, arguments)
    super()
    checkDim('GLU', dim)
  }

  override forward(input: Tensor): Tensor {
    return glu(input, this.dim)
  }

  override extraRepr(): string {
    return `dim=${this.dim}`
  }
}

/**
 * exp(-x_i) / sum_j exp(-x_j) along one dimension; the shape stays.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmin.html
 */
export class Softmin extends Module {
  static {
    markBuiltIn(this, ({ dim }) => [dim])
  }

  /** @param dim Default -1, the last one. */
  constructor(readonly dim = -1) {
    checkArguments(new.target.name, 1, arguments)
    super()
    checkDim('Softmin', dim)
  }

  override forward(input: Tensor): Tensor {
    return softmin(input, this.dim)
  }

  override extraRepr(): string {
    return `dim=${this.dim}`
  }
}
