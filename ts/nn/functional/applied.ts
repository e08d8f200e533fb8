// What a layer with parameters and the function of the same name share.
import { isPlain } from '../../check.js'
import { joined, joinsGraph } from '../../autograd/differentiable.js'
import type { DType, FloatDType } from '../../kernels/dtype.js'
import { complaint, DTypeError, ShapeError } from '../../errors.js'
import { checkFloat } from '../../tensor/create.js'
import { Pass } from '../../tensor/pass.js'
import { formatShape, noTensor, type Shape, Tensor } from '../../tensor/tensor.js'
import { allocate, sameShape } from '../../tensor/workspace.js'

/** Where a gradient is added up: a kernel writes share + gradBeta * target, then comes `keepGrad`. */
export interface GradientSum {
  gradTarget(): Tensor
  readonly gradBeta: 0 | 1
  keepGrad(): void
}

/** The passes of a layer. What its backward needs beside the operands is kept by the pass. */
export interface Body<S> {
  /** Whether the input is read for other gradients than that by the weight. */
  readonly readsInput: boolean
  output(x: Tensor, weight: Tensor | null, bias: Tensor | null, settings: S, pass: Pass): Tensor
  /** Called after `gradParameters`, where that is called. Unless `readsInput`, x is but a shape. */
  gradInput(x: Tensor, gradOutput: Tensor, weight: Tensor | null, settings: S, pass: Pass): Tensor
  /** Of those that want one. */
  gradParameters(
    x: Tensor,
    gradOutput: Tensor,
    weight: GradientSum | null,
    bias: GradientSum | null,
    settings: S,
    pass: Pass,
  ): void
}

/** Of a tensor whose shape alone is wanted. */
const NO_MEMORY = new ArrayBuffer(0)

/** The gradient of one call alone. */
class Share implements GradientSum {
  readonly gradBeta = 0
  readonly #target: Tensor

  constructor(shape: Shape, dtype: DType) {
    this.#target = allocate(shape, dtype)
  }

  gradTarget(): Tensor {
    return this.#target
  }

  keepGrad(): void {}
}

/** Calls a body as a function of tensors, whose gradients are those by all three of them. */
export function applied<S extends object>(
  op: string,
  body: Body<S>,
  settings: S,
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
): Tensor {
  const pass = new Pass(body, null)
  const output = body.output(x, weight, bias, settings, pass)
  const inputs = [x]
  if (weight !== null) inputs.push(weight)
  if (bias !== null) inputs.push(bias)
  if (!joinsGraph(...inputs)) return output
  const { readsInput } = body
  const reads = readsInput || weight?.requiresGrad === true
  const form = new Tensor(NO_MEMORY, 0, x.shape, x.dtype, x.length)
  const saved = [reads ? x : null, x.requiresGrad ? weight : null]
  pass.end(null, form, null)
  const ofWeight = weight === null ? 0 : 1
  const ofBias = bias === null ? 0 : inputs.length - 1
  const attributes = settings as Readonly<Record<string, unknown>>
  const [weightShape, biasShape] = [weight?.shape, bias?.shape]
  return joined(op, inputs, attributes, output, saved, ([g], wants, [input = null, own = null]) => {
    pass.beginBackward()
    const { dtype } = form
    const byWeight = ofWeight > 0 && wants[ofWeight] ? new Share(weightShape!, dtype) : null
    const byBias = ofBias > 0 && wants[ofBias] ? new Share(biasShape!, dtype) : null
    const x = input ?? form
    if (byWeight !== null || byBias !== null) {
      body.gradParameters(x, g!, byWeight, byBias, settings, pass)
    }
    const byInput = wants[0] ? body.gradInput(x, g!, own, settings, pass) : null
    const gradients = [byInput]
    if (ofWeight > 0) gradients.push(byWeight?.gradTarget() ?? null)
    if (ofBias > 0) gradients.push(byBias?.gradTarget() ?? null)
    return gradients
  })
}

/** @throws ValueError, DTypeError unless it is a float tensor. */
export function checkInput(who: string, x: unknown, what = 'the input'): asserts x is Tensor {
  if (!(x instanceof Tensor)) throw noTensor(who, what, x)
  if (x.dtype !== 'float32') checkFloat(who, what, x.dtype)
}

/**
 * What stands beside an input; undefined counts as null.
 *
 * @throws ValueError, ShapeError, DTypeError unless it is null or a tensor of this shape and the input's dtype.
 */
export function beside(
  who: string,
  { dtype }: Tensor,
  what: string,
  operand: Tensor | null | undefined,
  shape: Shape | null = null,
): Tensor | null {
  if (operand === null || operand === undefined) return null
  if (!(operand instanceof Tensor)) throw noTensor(who, what, operand)
  if (shape !== null && !sameShape(operand.shape, shape)) {
    const expected = `shape ${formatShape(shape)}`
    throw new ShapeError(complaint(who, what, expected, `shape ${formatShape(operand.shape)}`))
  }
  if (operand.dtype === dtype) return operand
  const hint = `use to('${dtype as FloatDType}')`
  throw new DTypeError(complaint(who, what, `${dtype} as the input is`, operand.dtype, hint))
}

/** `beside` of one that has to be there. */
export function operandBeside(who: string, x: Tensor, what: string, operand: Tensor): Tensor {
  const found = beside(who, x, what, operand)
  if (found === null) throw noTensor(who, what, operand)
  return found
}

/** A tensor that may be left out; the options may stand in its place. */
export type OrOptions<O> = Tensor | null | O

/** A weight and a bias that may be left out, and the options, which come last. */
export function apart<O>(
  weight: OrOptions<O> | undefined,
  bias: OrOptions<O> | undefined,
  options: O | undefined,
): [weight: Tensor | null | undefined, bias: Tensor | null | undefined, options: O | undefined] {
  type Operand = Tensor | null | undefined
  if (options !== undefined) return [weight as Operand, bias as Operand, options]
  if (isPlain(bias)) return [weight as Operand, null, bias as O]
  if (isPlain(weight) && bias === undefined) return [null, null, weight as O]
  return [weight as Operand, bias as Operand, undefined]
}
