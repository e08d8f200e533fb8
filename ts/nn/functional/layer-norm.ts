import { checkArguments } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { atLeast, type Options, readOptions } from '../../options.js'
import { formatShape, type Shape, type Tensor } from '../../tensor/tensor.js'
import { allocate, sameShape } from '../../tensor/workspace.js'
import { apart, applied, beside, type Body, checkInput, type OrOptions } from './applied.js'

export interface LayerNormSizes {
  /** Elements that are normalised together. */
  readonly cols: number
  readonly eps: number
}

/** The passes of a layer normalisation. */
export const LAYER_NORM_BODY: Body<LayerNormSizes> = {
  readsInput: true,

  output(x, weight, bias, { cols, eps }, pass) {
    const rows = x.length / cols
    const mean = pass.keepVector('mean', rows, x.dtype)
    const inverseStd = pass.keepVector('inverseStd', rows, x.dtype)
    const out = allocate(x.shape, x.dtype)
    kernels().layerNorm({ x, weight, bias, mean, inverseStd, out, rows, cols, eps })
    return out
  },

  gradInput(x, gradOut, weight, { cols }, pass) {
    const gradX = allocate(x.shape, x.dtype)
    const mean = pass.kept('mean')!
    const inverseStd = pass.kept('inverseStd')!
    const rows = x.length / cols
    kernels().layerNormGradient({ x, gradOut, weight, mean, inverseStd, gradX, rows, cols })
    return gradX
  },

  gradParameters(x, gradOut, weight, bias, { cols }, pass) {
    kernels().layerNormAffineGradient({
      x,
      gradOut,
      mean: pass.kept('mean')!,
      inverseStd: pass.kept('inverseStd')!,
      gradWeight: weight && weight.gradTarget(),
      gradBias: bias && bias.gradTarget(),
      rows: x.length / cols,
      cols,
      weightBeta: weight?.gradBeta ?? 0,
      biasBeta: bias?.gradBeta ?? 0,
    })
    weight?.keepGrad()
    bias?.keepGrad()
  },
}

/** @throws ValueError unless they are whole numbers ≥ 1, and one at least. */
export function normalizedSizes(who: string, given: number | readonly number[]): Shape {
  const shape = Array.isArray(given) ? [...(given as readonly number[])] : [given as number]
  if (shape.length === 0 || !shape.every((size) => Number.isInteger(size) && size >= 1)) {
    const expected = 'whole numbers of at least 1, and one at least'
    throw new ValueError(complaint(who, 'normalizedShape', expected, given))
  }
  return Object.freeze(shape)
}

/** @throws ShapeError unless a shape ends in these sizes. */
export function checkNormalized(who: () => string, shape: Shape, normalizedShape: Shape): void {
  const last = shape.slice(Math.max(0, shape.length - normalizedShape.length))
  if (sameShape(last, normalizedShape)) return
  const expected = `shape (…, ${normalizedShape.join(', ')})`
  throw new ShapeError(complaint(who(), 'input', expected, `shape ${formatShape(shape)}`))
}

export interface NormFunctionOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number
}

export const NORM = { eps: atLeast(0, 1e-5) } satisfies Options<NormFunctionOptions>

/**
 * `nn.LayerNorm` as a function.
 *
 * Shapes: x (…, normalizedShape), result the same; weight and bias (normalizedShape).
 *
 * @param normalizedShape The last dimensions, or the last one alone.
 * @throws ShapeError, DTypeError unless they go together.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | readonly number[],
  weight?: OrOptions<NormFunctionOptions>,
  bias?: OrOptions<NormFunctionOptions>,
  options?: NormFunctionOptions,
): Tensor {
  const who = 'layerNorm'
  checkArguments(who, 5, arguments)
  checkInput(who, x)
  const [ownWeight, ownBias, own] = apart(weight, bias, options)
  const { eps } = readOptions(who, NORM, own)
  const shape = normalizedSizes(who, normalizedShape)
  checkNormalized(() => who, x.shape, shape)
  const cols = shape.reduce((product, size) => product * size, 1)
  const one = (what: string, of: Tensor | null | undefined): Tensor | null =>
    beside(who, x, what, of, shape)
  const factor = one('the weight', ownWeight)
  return applied(who, LAYER_NORM_BODY, { cols, eps }, x, factor, one('the bias', ownBias))
}
