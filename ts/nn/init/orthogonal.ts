import { checkArguments } from '../../check.js'
import { complaint, ShapeError } from '../../errors.js'
import { finite, type Options, readOptions } from '../../options.js'
import { checkFloat } from '../../tensor/create.js'
import { checkTensor, empty, formatShape, type Tensor } from '../../tensor/tensor.js'
import { noteWrite } from '../../tensor/written.js'
import { INIT, type InitOptions, normal_ } from './fill.js'

export interface OrthogonalOptions extends InitOptions {
  /** Factor of the matrix. Default 1. */
  gain?: number
}

const OPTIONS = { gain: finite(1), ...INIT } satisfies Options<OrthogonalOptions>

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times gain; a tensor of more
 * dimensions counts as (first, product of the others). Returns the tensor.
 *
 * @throws ShapeError when it has fewer than 2 dimensions.
 *
 * Source: Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural
 * networks (2013); https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.orthogonal_
 */
export function orthogonal_<T extends Tensor>(tensor: T, options: OrthogonalOptions = {}): T {
  checkArguments('init.orthogonal_', 2, arguments)
  checkTensor('init.orthogonal_', tensor)
  const { gain, generator } = readOptions('init.orthogonal_', OPTIONS, options)
  checkFloat('init.orthogonal_', 'the tensor', tensor.dtype)
  if (tensor.ndim < 2) {
    throw new ShapeError(
      complaint(
        'init.orthogonal_',
        'the tensor',
        'of at least 2 dimensions',
        `shape ${formatShape(tensor.shape)}`,
      ),
    )
  }
  const rows = tensor.shape[0]!
  const cols = rows === 0 ? 0 : tensor.length / rows
  const [count, size] = rows < cols ? [rows, cols] : [cols, rows]
  const vectors = empty([count, size], 'float64')
  normal_(vectors, 0, 1, { generator })
  orthonormalize(vectors.data as Float64Array, count, size)

  const { data } = tensor
  for (let v = 0; v < count; v++) {
    for (let i = 0; i < size; i++) {
      const place = rows < cols ? v * cols + i : i * cols + v
      data[place] = gain * vectors.data[v * size + i]!
    }
  }
  noteWrite(tensor)
  return tensor
}

/**
 * Gram-Schmidt on `count` vectors of `size` elements. Each is projected twice, which leaves them
 * orthogonal to the last bits whatever the first projection cancelled. It gives the Q of a QR
 * decomposition whose R has a positive diagonal, hence the uniform distribution.
 */
function orthonormalize(vectors: Float64Array, count: number, size: number): void {
  for (let v = 0; v < count; v++) {
    const current = vectors.subarray(v * size, (v + 1) * size)
    for (let pass = 0; pass < 2; pass++) {
      for (let u = 0; u < v; u++) {
        const other = vectors.subarray(u * size, (u + 1) * size)
        const share = dot(current, other)
        for (let i = 0; i < size; i++) current[i]! -= share * other[i]!
      }
    }
    const norm = Math.sqrt(dot(current, current))
    for (let i = 0; i < size; i++) current[i]! /= norm
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
