import { complaint, DTypeError, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { Embedding } from './embedding.js'
import { markBuiltIn } from './built-in.js'

/**
 * An `Embedding` of indices that stand among other numbers, as a column of a table does:
 * output[…, :] = weight[input[…, 0], :]. `nn.Split` cuts the column out of a row, and
 * `data.ColumnTransformer.embeddingModule` makes both.
 *
 * Shapes: input (…, 1) of the weight's dtype, output (…, embeddingDim); weight (numEmbeddings,
 * embeddingDim). What stands behind the point of an index is left out.
 *
 * Initialisation: normal with mean 0 and deviation 1; zeros at paddingIdx.
 *
 * @example
 * // an index in the third of three columns
 * new nn.Split([new nn.Identity(), new nn.ColumnEmbedding(10, 4)], { sizes: [2, 1] })
 *
 * Errors: DTypeError for an input of another dtype, ShapeError for a last dimension other than 1,
 * ValueError for an index outside [0, numEmbeddings).
 */
export class ColumnEmbedding extends Embedding {
  static {
    markBuiltIn(this, ({ numEmbeddings, embeddingDim, paddingIdx, weight }) => [
      numEmbeddings,
      embeddingDim,
      { paddingIdx: paddingIdx ?? undefined, dtype: weight.dtype },
    ])
  }

  protected override computeOutput(input: Tensor): Tensor {
    if (input.dtype !== this.weight.dtype) {
      const expected = `${this.weight.dtype} as the parameters are`
      throw new DTypeError(complaint(this.describe(), 'input', expected, input.dtype))
    }
    if (input.shape.at(-1) !== 1) {
      const got = `shape ${formatShape(input.shape)}`
      throw new ShapeError(complaint(this.describe(), 'input', 'of shape (…, 1)', got))
    }
    return super.computeOutput(indicesOf(input))
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    super.updateGradParameters(indicesOf(input), gradOutput)
  }
}

/** NaN becomes 0. */
function indicesOf(input: Tensor): Tensor {
  const indices = allocate(Object.freeze(input.shape.slice(0, -1)), 'int32')
  kernels().cast({ x: input, y: indices, n: input.length, scale: 1, shift: 0 })
  return indices
}
