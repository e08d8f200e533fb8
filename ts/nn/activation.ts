import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { ActivationKind } from '../kernels/kernels.js'
import { choice, type Options, readOptions } from '../options.js'
import { checkFloat } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'

/** A function applied to each element; any shape, float32 or float64. */
export abstract class Activation extends Layer {
  readonly #kind: ActivationKind
  readonly #parameter: number

  protected constructor(kind: ActivationKind, parameter = 0) {
    super()
    this.#kind = kind
    this.#parameter = parameter
  }

  protected override computeOutput(input: Tensor): Tensor {
    if (input.dtype !== 'float32') checkFloat(this.describe(), 'input', input.dtype)
    const output = allocate(input.shape, input.dtype)
    kernels().activation({
      kind: this.#kind,
      x: input,
      y: output,
      n: input.length,
      parameter: this.#parameter,
    })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const gradInput = allocate(input.shape, input.dtype)
    kernels().activationGradient({
      kind: this.#kind,
      x: input,
      y: this.output!,
      gradY: gradOutput,
      gradX: gradInput,
      n: input.length,
      parameter: this.#parameter,
    })
    return gradInput
  }
}

/**
 * max(x, 0).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 */
export class ReLU extends Activation {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super(ActivationKind.relu)
  }
}

/**
 * x where x > 0, negativeSlope x elsewhere.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 */
export class LeakyReLU extends Activation {
  static {
    markBuiltIn(this, ({ negativeSlope }) => [negativeSlope])
  }

  /** @param negativeSlope Default 0.01. */
  constructor(readonly negativeSlope = 0.01) {
    checkArguments(new.target.name, 1, arguments)
    super(ActivationKind.leakyRelu, finite('LeakyReLU', 'negativeSlope', negativeSlope))
  }

  override extraRepr(): string {
    return String(this.negativeSlope)
  }
}

/**
 * 1 / (1 + exp(-x)).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 */
export class Sigmoid extends Activation {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super(ActivationKind.sigmoid)
  }
}

/**
 * tanh(x).
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 */
export class Tanh extends Activation {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super(ActivationKind.tanh)
  }
}

/**
 * x sigmoid(beta x).
 *
 * Source: Ramachandran et al., Searching for activation functions (2017).
 */
export class Swish extends Activation {
  static {
    markBuiltIn(this, ({ beta }) => [beta])
  }

  /** @param beta Default 1, which PyTorch calls SiLU. */
  constructor(readonly beta = 1) {
    checkArguments(new.target.name, 1, arguments)
    super(ActivationKind.swish, finite('Swish', 'beta', beta))
  }

  override extraRepr(): string {
    return this.beta === 1 ? '' : String(this.beta)
  }
}

/**
 * x sigmoid(x): Swish with beta 1.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html
 */
export class SiLU extends Activation {
  static {
    markBuiltIn(this, () => [])
  }

  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super(ActivationKind.swish, 1)
  }
}

export interface GELUOptions {
  /** `none` (default): x (1 + erf(x / sqrt 2)) / 2. `tanh`: its approximation by a tanh. */
  approximate?: 'none' | 'tanh'
}

const GELU_OPTIONS = {
  approximate: choice(['none', 'tanh'], 'none'),
} satisfies Options<GELUOptions>

/**
 * x times the distribution function of the normal distribution.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 */
export class GELU extends Activation {
  static {
    markBuiltIn(this, ({ approximate }) => [{ approximate }])
  }

  readonly approximate: 'none' | 'tanh'

  /** @throws ValueError for another `approximate`. */
  constructor(options: GELUOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { approximate } = readOptions('GELU', GELU_OPTIONS, options)
    super(approximate === 'tanh' ? ActivationKind.geluTanh : ActivationKind.gelu)
    this.approximate = approximate
  }

  override extraRepr(): string {
    return this.approximate === 'tanh' ? 'approximate=tanh' : ''
  }
}

/**
 * log(1 + exp(beta x)) / beta; x itself where beta x > 20.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 */
export class Softplus extends Activation {
  static {
    markBuiltIn(this, ({ beta }) => [beta])
  }

  /**
   * @param beta Default 1.
   * @throws ValueError when it is 0 or not finite.
   */
  constructor(readonly beta = 1) {
    checkArguments(new.target.name, 1, arguments)
    if (beta === 0) throw new ValueError(complaint('Softplus', 'beta', 'not 0', '0'))
    super(ActivationKind.softplus, finite('Softplus', 'beta', beta))
  }

  override extraRepr(): string {
    return this.beta === 1 ? '' : String(this.beta)
  }
}

export function finite(who: string, what: string, value: number): number {
  if (!Number.isFinite(value)) {
    throw new ValueError(complaint(who, what, 'a finite number', value))
  }
  return value
}
