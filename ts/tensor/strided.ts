import { kernels } from '../kernels/backend.js'
import type { View } from '../kernels/kernels.js'
import { STRIDED_DIMS, stridedGeometryOf } from '../kernels/strided.js'
import { empty, type Shape, type Tensor } from './tensor.js'
import { sameShape } from './workspace.js'

/** Where the elements of a part lie in a tensor's memory: the first, and the steps along each dimension. */
export interface Places {
  readonly offset: number
  readonly strides: readonly number[]
}

/** The places of a whole tensor. */
export function placesOf(shape: Shape): Places {
  const strides = Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]!
  }
  return { offset: 0, strides }
}

/**
 * out at `to` = x at `from`, for all places below `sizes`. The strides of `to` step over what is inside of
 * them, those of `from` are any. Of any one dtype; x and out are not the same.
 */
export function copyStrided(x: View, from: Places, out: View, to: Places, sizes: Shape): void {
  const size: number[] = []
  const xStride: number[] = []
  const outStride: number[] = []
  // From the innermost on; dimensions that lie behind one another on both sides are one.
  for (let i = sizes.length - 1; i >= 0; i--) {
    const last = size.length - 1
    const [n, a, b] = [sizes[i]!, from.strides[i]!, to.strides[i]!]
    if (n === 0) return
    if (n === 1) continue
    if (last >= 0 && a === xStride[last]! * size[last]! && b === outStride[last]! * size[last]!) {
      size[last]! *= n
    } else {
      size.push(n)
      xStride.push(a)
      outStride.push(b)
    }
  }
  call(x, out, size, xStride, outStride, from.offset, to.offset)
}

/** The same from the innermost dimension on; what is more than the kernel has is a loop. */
function call(
  x: View,
  out: View,
  size: readonly number[],
  xStride: readonly number[],
  outStride: readonly number[],
  xOffset: number,
  outOffset: number,
): void {
  if (size.length > STRIDED_DIMS) {
    const outer = size.length - 1
    const inner = size.slice(0, outer)
    for (let i = 0; i < size[outer]!; i++) {
      const [a, b] = [xOffset + i * xStride[outer]!, outOffset + i * outStride[outer]!]
      call(x, out, inner, xStride, outStride, a, b)
    }
    return
  }
  const geometry = stridedGeometryOf(size, xStride, outStride, xOffset, outOffset)
  kernels().copyStrided({ x, out, geometry })
}

/** out (cols, rows) = x (rows, cols) transposed. */
export function transposeInto(x: View, out: View, rows: number, cols: number): void {
  const from = { offset: 0, strides: [1, cols] }
  copyStrided(x, from, out, placesOf([cols, rows]), [cols, rows])
}

/** A tensor repeated along the dimensions that its shape has not, or with size 1; itself where there are none. */
export function repeated(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const out = empty(shape, x.dtype)
  const { strides } = placesOf(x.shape)
  const missing = shape.length - x.ndim
  const repeating = shape.map((size, i) =>
    i < missing || (x.shape[i - missing] === 1 && size !== 1) ? 0 : strides[i - missing]!,
  )
  copyStrided(x, { offset: 0, strides: repeating }, out, placesOf(shape), shape)
  return out
}
