import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { type MatmulOptions, ReduceKind } from '../kernels/kernels.js'
import type { Generator } from '../random/generator.js'
import type { FloatDType } from '../tensor/dtype.js'
import { empty, formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'
import { kaimingUniform_, uniform_ } from './init/index.js'
import { Layer, markBuiltIn } from './layer.js'
import { Parameter } from './parameter.js'

export interface LinearOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial parameters. Default: the default generator. */
  generator?: Generator
}

const OVERWRITE: MatmulOptions = { transposeA: true, beta: 0 }
const ACCUMULATE: MatmulOptions = { transposeA: true, beta: 1 }

/**
 * y = x W^T + b.
 *
 * Shapes: input (…, inFeatures), output (…, outFeatures); weight (outFeatures, inFeatures), bias
 * (outFeatures).
 *
 * Initialisation: weight and bias uniform in ±1 / sqrt(inFeatures).
 *
 * @example
 * new nn.Linear(784, 128).forward(randn([64, 784])).shape // [64, 128]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear extends Layer {
  static {
    markBuiltIn(this)
  }

  weight: Parameter
  bias: Parameter | null
  readonly #product: MatmulOptions = { transposeB: true }
  #inputShape: Shape | null = null
  #outputShape: Shape = []
  #rows = 0
  // Those whose shapes were checked.
  #weight: Parameter | null = null
  #bias: Parameter | null = null

  /**
   * @throws ValueError when a size is not a whole number ≥ 0.
   */
  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    super()
    for (const [name, size] of Object.entries({ inFeatures, outFeatures })) {
      if (!Number.isInteger(size) || size < 0) {
        throw new ValueError(
          complaint('Linear', name, 'a whole number of at least 0', String(size)),
        )
      }
    }
    const { bias = true, dtype, generator } = options
    this.weight = new Parameter(empty([outFeatures, inFeatures], dtype))
    this.bias = bias ? new Parameter(empty([outFeatures], dtype)) : null
    this.resetParameters(generator)
  }

  /** Draws the parameters anew. */
  resetParameters(generator?: Generator): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5), generator })
    if (this.bias === null) return
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0
    uniform_(this.bias, -bound, bound, { generator })
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { weight, bias } = this
    if (weight !== this.#weight || bias !== this.#bias) this.#takeParameters(weight, bias)
    if (this.#inputShape === null || !sameShape(input.shape, this.#inputShape)) this.#plan(input)
    if (input.dtype !== weight.dtype) throw this.#otherDtype(input)
    const output = allocate(this.#outputShape, weight.dtype)
    this.#product.bias = this.bias
    kernels().matmul(
      input,
      weight,
      output,
      this.#rows,
      this.outFeatures,
      this.inFeatures,
      this.#product,
    )
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const gradInput = allocate(input.shape, input.dtype)
    const rows = leadingSize(input.shape)
    kernels().matmul(gradOutput, this.weight, gradInput, rows, this.inFeatures, this.outFeatures)
    return gradInput
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const { weight, bias, inFeatures, outFeatures } = this
    const rows = leadingSize(input.shape)
    if (weight.requiresGrad) {
      const options = weight.gradBeta === 0 ? OVERWRITE : ACCUMULATE
      const grad = weight.gradTarget()
      kernels().matmul(gradOutput, input, grad, outFeatures, inFeatures, rows, options)
      weight.keepGrad()
    }
    if (bias !== null && bias.requiresGrad) {
      const grad = bias.gradTarget()
      kernels().reduce(ReduceKind.sum, gradOutput, grad, 1, rows, outFeatures, bias.gradBeta)
      bias.keepGrad()
    }
  }

  protected override hasTrainable(): boolean {
    return this.weight.requiresGrad || (this.bias !== null && this.bias.requiresGrad)
  }

  override multiplyAdds(_input: Tensor, output: Tensor): number {
    return output.length * this.inFeatures
  }

  override extraRepr(): string {
    const bias = this.bias === null ? ', bias=false' : ''
    return `${this.inFeatures}, ${this.outFeatures}${bias}`
  }

  /** What depends on the input's shape alone, kept until another shape comes. */
  #plan({ shape }: Tensor): void {
    if (shape.at(-1) !== this.inFeatures) {
      const size = shape.reduce((product, dim) => product * dim, 1)
      const flat = shape.length > 2 && shape[0]! * this.inFeatures === size
      throw new ShapeError(
        complaint(
          this.describe(),
          'input',
          `shape (…, ${this.inFeatures})`,
          `shape ${formatShape(shape)}`,
          flat ? 'put nn.Flatten() before it' : undefined,
        ),
      )
    }
    this.#outputShape = Object.freeze([...shape.slice(0, -1), this.outFeatures])
    this.#rows = leadingSize(shape)
    this.#inputShape = shape
  }

  /** Users may put other parameters in, to share them say. */
  #takeParameters(weight: Parameter, bias: Parameter | null): void {
    const shapes = { weight: [this.outFeatures, this.inFeatures], bias: [this.outFeatures] }
    for (const [name, parameter] of Object.entries({ weight, bias })) {
      if (parameter === null) continue
      const shape = shapes[name as keyof typeof shapes]
      if (!sameShape(parameter.shape, shape)) {
        const [expected, got] = [formatShape(shape), formatShape(parameter.shape)]
        throw new ShapeError(complaint(this.describe(), name, `shape ${expected}`, `shape ${got}`))
      }
      if (parameter.dtype !== weight.dtype) {
        throw new DTypeError(
          complaint(this.describe(), name, `${weight.dtype} as the weight is`, parameter.dtype),
        )
      }
    }
    this.#weight = weight
    this.#bias = bias
  }

  #otherDtype(input: Tensor): DTypeError {
    return new DTypeError(
      complaint(
        this.describe(),
        'input',
        `${this.weight.dtype} as the weight is`,
        input.dtype,
        `use input.to('${this.weight.dtype}')`,
      ),
    )
  }
}

/** Product of all sizes but the last. */
function leadingSize(shape: Shape): number {
  let size = 1
  for (let i = 0; i < shape.length - 1; i++) size *= shape[i]!
  return size
}
