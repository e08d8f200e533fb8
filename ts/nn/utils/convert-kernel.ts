import { checkArguments } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { type Option, type Options, readOptions, required } from '../../options.js'
import { empty, formatShape, noTensor, Tensor } from '../../tensor/tensor.js'

export interface KernelLayouts {
  /** The tensor's dimensions, a letter each, in their order: `HWIO`. */
  from: string
  /** The same letters in the order of the result: `OIHW`. */
  to: string
}

const LETTERS: Option<string> = {
  initial: '',
  expected: 'letters',
  accepts: (value) => typeof value === 'string',
}

const LAYOUTS = { from: required(LETTERS), to: required(LETTERS) } satisfies Options<KernelLayouts>

/**
 * A tensor with its dimensions in another order, as a copy; any dtype. For weights that come from
 * elsewhere:
 *
 * | weight | there | here |
 * | --- | --- | --- |
 * | `Conv2d` | `HWIO` (Keras, JAX) | `OIHW` |
 * | `Conv1d` | `WIO` | `OIW` |
 * | `ConvTranspose2d` | `HWOI` (Keras) | `IOHW` |
 * | `Linear` | `IO` (Keras, JAX) | `OI` |
 *
 * No kernel is flipped: all of them slide over the image without turning.
 *
 * The letters mean nothing but themselves, so what has more dimensions is converted as well: the
 * Jacobians by a kernel, reshaped to (N, out, O, I, H, W), `from: 'NYOIHW', to: 'NYHWIO'`.
 *
 * @throws ValueError unless both layouts have the same letters, each once.
 * @throws ShapeError when the tensor has another number of dimensions.
 *
 * @example
 * layer.loadStateDict({ weight: nn.utils.convertKernel(kernel, { from: 'HWIO', to: 'OIHW' }), bias })
 */
export function convertKernel(kernel: Tensor, layouts: KernelLayouts): Tensor {
  checkArguments('convertKernel', 2, arguments)
  const who = 'convertKernel'
  const { from, to } = readOptions(who, LAYOUTS, layouts, 'the layouts')
  if (!(kernel instanceof Tensor)) throw noTensor(who, 'the kernel', kernel)
  const letters = new Set(from)
  if (letters.size !== from.length) {
    throw new ValueError(complaint(who, 'from', 'letters that occur once each', `'${from}'`))
  }
  if (to.length !== from.length || new Set(to).size !== to.length || !isOf(to, letters)) {
    const expected = `the letters of '${from}' in some order`
    throw new ValueError(complaint(who, 'to', expected, `'${to}'`))
  }
  if (kernel.ndim !== from.length) {
    const expected = `of ${from.length} dimensions, as '${from}' has`
    throw new ShapeError(
      complaint(who, 'the kernel', expected, `shape ${formatShape(kernel.shape)}`),
    )
  }
  return permuted(
    kernel,
    Array.from(to, (letter) => from.indexOf(letter)),
  )
}

function isOf(text: string, letters: ReadonlySet<string>): boolean {
  return Array.from(text).every((letter) => letters.has(letter))
}

/** Dimension i of the result is dimension dims[i] of the tensor. */
function permuted(tensor: Tensor, dims: readonly number[]): Tensor {
  const strides = tensor.shape.map((_, dim) =>
    tensor.shape.slice(dim + 1).reduce((product, size) => product * size, 1),
  )
  const shape = dims.map((dim) => tensor.shape[dim]!)
  const result = empty(shape, tensor.dtype)
  const [source, out] = [tensor.data, result.data]
  for (let i = 0; i < out.length; i++) {
    let rest = i
    let place = 0
    for (let k = dims.length - 1; k >= 0; k--) {
      place += (rest % shape[k]!) * strides[dims[k]!]!
      rest = Math.floor(rest / shape[k]!)
    }
    out[i] = source[place]!
  }
  return result
}
