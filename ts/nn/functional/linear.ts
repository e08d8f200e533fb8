import { checkArguments } from '../../check.js'
import { complaint, ShapeError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { ReduceKind } from '../../kernels/kernels.js'
import { formatShape, type Shape, type Tensor } from '../../tensor/tensor.js'
import { allocate } from '../../tensor/workspace.js'
import {
  applied,
  beside,
  type Body,
  checkInput,
  type GradientSum,
  operandBeside,
} from './applied.js'

/** What follows from the shapes. */
export interface LinearSizes {
  readonly inFeatures: number
  readonly outFeatures: number
  readonly outputShape: Shape
  /** Product of all sizes of the input but the last. */
  readonly rows: number
}

export function linearOutput(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  { inFeatures, outFeatures, outputShape, rows }: LinearSizes,
): Tensor {
  const output = allocate(outputShape, x.dtype)
  kernels().matmul({
    a: x,
    b: weight,
    out: output,
    m: rows,
    n: outFeatures,
    k: inFeatures,
    transposeB: true,
    bias,
  })
  return output
}

export function linearGradInput(x: Tensor, gradOutput: Tensor, weight: Tensor): Tensor {
  const gradInput = allocate(x.shape, x.dtype)
  const k = weight.shape[0]!
  const n = weight.shape[1]!
  kernels().matmul({ a: gradOutput, b: weight, out: gradInput, m: leadingSize(x.shape), n, k })
  return gradInput
}

/** target = gradient by the weight + beta * target. */
export function linearGradWeight(x: Tensor, gradOutput: Tensor, target: Tensor, beta: 0 | 1): void {
  kernels().matmul({
    a: gradOutput,
    b: x,
    out: target,
    m: target.shape[0]!,
    n: target.shape[1]!,
    k: leadingSize(x.shape),
    transposeA: true,
    beta,
  })
}

export function linearGradBias(x: Tensor, gradOutput: Tensor, bias: GradientSum): void {
  const grad = bias.gradTarget()
  kernels().reduce({
    kind: ReduceKind.sum,
    x: gradOutput,
    out: grad,
    outer: 1,
    n: leadingSize(x.shape),
    inner: grad.length,
    beta: bias.gradBeta,
  })
  bias.keepGrad()
}

/** Product of all sizes but the last. */
export function leadingSize(shape: Shape): number {
  let size = 1
  for (let i = 0; i < shape.length - 1; i++) size *= shape[i]!
  return size
}

const BODY: Body<LinearSizes> = {
  readsInput: false,

  output: (x, weight, bias, sizes) => linearOutput(x, weight!, bias, sizes),
  gradInput: (x, gradOutput, weight) => linearGradInput(x, gradOutput, weight!),
  gradParameters(x, gradOutput, weight, bias) {
    if (weight !== null) linearGradWeight(x, gradOutput, weight.gradTarget(), weight.gradBeta)
    if (bias !== null) linearGradBias(x, gradOutput, bias)
  },
}

/**
 * y = x W^T + b; `nn.Linear` as a function.
 *
 * Shapes: x (…, inFeatures), weight (outFeatures, inFeatures) or (inFeatures), bias (outFeatures) or ();
 * result (…, outFeatures), or (…) for a weight of one dimension.
 *
 * @throws ShapeError, DTypeError unless they go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  const who = 'linear'
  checkArguments(who, 3, arguments)
  checkInput(who, x)
  operandBeside(who, x, 'the weight', weight)
  const { shape } = weight
  const inFeatures = shape.at(-1)
  if ((shape.length !== 1 && shape.length !== 2) || x.shape.at(-1) !== inFeatures) {
    throw new ShapeError(
      complaint(
        who,
        'the shapes',
        'input (…, inFeatures) and weight (outFeatures, inFeatures)',
        `${formatShape(x.shape)} and ${formatShape(shape)}`,
      ),
    )
  }
  if (shape.length === 1) {
    const own = beside(who, x, 'the bias', bias, [])
    const y = linear(x, weight.reshape([1, inFeatures!]), own && own.reshape([1]))
    return y.reshape(x.shape.slice(0, -1))
  }
  const outFeatures = shape[0]!
  const own = beside(who, x, 'the bias', bias, [outFeatures])
  const outputShape = Object.freeze([...x.shape.slice(0, -1), outFeatures])
  const sizes = { inFeatures: inFeatures!, outFeatures, outputShape, rows: leadingSize(x.shape) }
  return applied(who, BODY, sizes, x, weight, own)
}
