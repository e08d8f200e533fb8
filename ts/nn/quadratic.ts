import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { BinaryKind, Broadcast, ReduceKind } from '../kernels/kernels.js'
import { finite, type Options, readOptions } from '../options.js'
import type { Generator } from '../random/generator.js'
import type { FloatDType } from '../kernels/dtype.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { checkParameters, FeaturePlan, otherDtype } from './feature-plan.js'
import { leadingSize } from './functional/linear.js'
import { kaimingUniform_, zeros_ } from './init/index.js'
import { markBuiltIn } from './built-in.js'
import { Layer } from './layer.js'
import { LINEAR } from './linear.js'
import { Parameter } from './parameter.js'

export interface QuadraticOptions {
  /** Factor of the input itself, not trained. Default 0; another one needs outFeatures = inFeatures. */
  b?: number
  /** Whether c is added. Default true. */
  bias?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial A. Default: the default generator. */
  generator?: Generator
}

const OPTIONS = { b: finite(0), ...LINEAR } satisfies Options<QuadraticOptions>

/**
 * y = A (x ⊙ x) + b x + c, for each row x.
 *
 * Gradients from g = dL/dy: dx = 2 x ⊙ (Aᵀ g) + b g for each row; dA = Gᵀ (X ⊙ X) and dc = Σ g over all
 * rows.
 *
 * Shapes: input (…, inFeatures), output (…, outFeatures); A (outFeatures, inFeatures), c (outFeatures).
 *
 * Initialisation: A uniform in ±1 / sqrt(inFeatures), c zero.
 *
 * @example
 * new nn.Quadratic(8, 8, { b: 1 }).forward(randn([64, 8])).shape // [64, 8]
 */
export class Quadratic extends Layer {
  static {
    markBuiltIn(this, ({ inFeatures, outFeatures, b, A, c }) => [
      inFeatures,
      outFeatures,
      { b, bias: c !== null, dtype: A.dtype },
    ])
  }

  A: Parameter
  c: Parameter | null
  readonly b: number
  readonly #plan: FeaturePlan
  // Those whose shapes were checked.
  #A: Parameter | null = null
  #c: Parameter | null = null

  /**
   * @throws ValueError when a size is not a whole number ≥ 0, b is not finite, or b is not 0 and the
   *   sizes differ.
   */
  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: QuadraticOptions = {},
  ) {
    checkArguments(new.target.name, 3, arguments)
    super()
    const { b, bias, dtype, generator } = readOptions('Quadratic', OPTIONS, options)
    this.#plan = new FeaturePlan('Quadratic', inFeatures, outFeatures)
    if (b !== 0 && inFeatures !== outFeatures) {
      throw new ValueError(
        complaint(
          'Quadratic',
          'outFeatures',
          `${inFeatures} as inFeatures, for b x to have the shape of the output`,
          outFeatures,
          'use b: 0 for other sizes',
        ),
      )
    }
    this.b = b
    this.A = new Parameter(empty([outFeatures, inFeatures], dtype))
    this.c = bias ? new Parameter(empty([outFeatures], dtype)) : null
    this.resetParameters(generator)
  }

  /** Draws the parameters anew. */
  resetParameters(generator?: Generator): void {
    kaimingUniform_(this.A, { a: Math.sqrt(5), generator })
    if (this.c !== null) zeros_(this.c)
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { A, c, b, inFeatures, outFeatures } = this
    if (A !== this.#A || c !== this.#c) this.#takeParameters(A, c)
    this.#plan.take(this, input.shape)
    if (input.dtype !== A.dtype) throw otherDtype(this, input, A)
    const output = allocate(this.#plan.outputShape, A.dtype)
    if (b !== 0) kernels().axpby({ x: input, y: output, n: output.length, alpha: b, beta: 0 })
    kernels().matmul({
      a: squareOf(input),
      b: A,
      out: output,
      m: this.#plan.rows,
      n: outFeatures,
      k: inFeatures,
      transposeB: true,
      beta: b === 0 ? 0 : 1,
      bias: c,
    })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { A, b, inFeatures, outFeatures } = this
    const { length } = input
    const gradInput = allocate(input.shape, input.dtype)
    const rows = leadingSize(input.shape)
    kernels().matmul({
      a: gradOutput,
      b: A,
      out: gradInput,
      m: rows,
      n: inFeatures,
      k: outFeatures,
      alpha: 2,
    })
    kernels().binary({
      kind: BinaryKind.mul,
      broadcast: Broadcast.none,
      a: gradInput,
      b: input,
      out: gradInput,
      rows: 1,
      cols: length,
    })
    if (b !== 0) kernels().axpby({ x: gradOutput, y: gradInput, n: length, alpha: b, beta: 1 })
    return gradInput
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const { A, c, inFeatures, outFeatures } = this
    const rows = leadingSize(input.shape)
    if (A.requiresGrad) {
      const grad = A.gradTarget()
      kernels().matmul({
        a: gradOutput,
        b: squareOf(input),
        out: grad,
        m: outFeatures,
        n: inFeatures,
        k: rows,
        transposeA: true,
        beta: A.gradBeta,
      })
      A.keepGrad()
    }
    if (c !== null && c.requiresGrad) {
      const grad = c.gradTarget()
      kernels().reduce({
        kind: ReduceKind.sum,
        x: gradOutput,
        out: grad,
        outer: 1,
        n: rows,
        inner: outFeatures,
        beta: c.gradBeta,
      })
      c.keepGrad()
    }
  }

  override multiplyAdds(_input: Tensor, output: Tensor): number {
    return output.length * this.inFeatures
  }

  override extraRepr(): string {
    const b = this.b === 0 ? '' : `, b=${this.b}`
    const bias = this.c === null ? ', bias=false' : ''
    return `${this.inFeatures}, ${this.outFeatures}${b}${bias}`
  }

  /** Users may put other parameters in, to share them say. */
  #takeParameters(A: Parameter, c: Parameter | null): void {
    checkParameters(this, {
      A: [A, [this.outFeatures, this.inFeatures]],
      c: [c, [this.outFeatures]],
    })
    this.#A = A
    this.#c = c
  }
}

/** x ⊙ x. It is computed again for the backward pass: cheaper than to keep it. */
function squareOf(x: Tensor): Tensor {
  const square = allocate(x.shape, x.dtype)
  kernels().binary({
    kind: BinaryKind.mul,
    broadcast: Broadcast.none,
    a: x,
    b: x,
    out: square,
    rows: 1,
    cols: x.length,
  })
  return square
}
