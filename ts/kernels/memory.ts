import {
  type ArgsOf,
  type Field,
  number,
  operation,
  overwritten,
  read,
  typed,
} from './operation.js'
import type { View } from './view.js'

/**
 * out[r, :] = scale * src[index[r], :] + shift. src has srcRows rows of `cols` elements and any
 * dtype; out has the same dtype (scale 1, shift 0), or a float one (from uint8, int32 or a float).
 * An index outside [0, srcRows) raises `ERR_VALUE` before anything is written.
 */
export const gatherRows = operation('src', {
  src: read,
  index: read,
  out: typed(overwritten),
  srcRows: number,
  rows: number,
  cols: number,
  scale: number,
  shift: number,
})
export type GatherRowsArgs = ArgsOf<typeof gatherRows>

/** y[i] = value, of any dtype. */
export const fill = operation('y', {
  y: overwritten,
  n: number,
  value: number,
})
export type FillArgs = ArgsOf<typeof fill>

/** y[i] = x[i], of any one dtype. */
export const copy = operation('y', {
  x: read,
  y: overwritten,
  n: number,
})
export type CopyArgs = ArgsOf<typeof copy>

/** Written in full where the blocks leave nothing out. */
const blocksOf: Field<View> = {
  kind: 'operand',
  effect: ({ out, count, size, outOffset, outStride }) => {
    const whole = outOffset === 0 && outStride === size
    const all = (out as View).length === (count as number) * (size as number)
    return whole && all ? 'overwrites' : 'updates'
  },
}

/**
 * out[outOffset + r * outStride + j] = x[xOffset + r * xStride + j] for r < count, j < size, of any
 * one dtype: the columns of a matrix, or blocks along a dimension. Offsets and strides count
 * elements; an offset below 0 or a stride below `size` raises `ERR_SHAPE`. out must not be x.
 */
export const copyBlocks = operation('out', {
  x: read,
  out: blocksOf,
  count: number,
  size: number,
  xOffset: number,
  xStride: number,
  outOffset: number,
  outStride: number,
})
export type CopyBlocksArgs = ArgsOf<typeof copyBlocks>

/** y[i] = scale * x[i] + shift, converted from any dtype to any. To integers it truncates and clamps
 * to the range; NaN becomes 0. */
export const cast = operation('x', {
  x: read,
  y: typed(overwritten),
  n: number,
  scale: number,
  shift: number,
})
export type CastArgs = ArgsOf<typeof cast>

/** out (cols, rows) = x (rows, cols) transposed, of any one dtype. out must not be x. */
export const transpose = operation('out', {
  x: read,
  out: overwritten,
  rows: number,
  cols: number,
})
export type TransposeArgs = ArgsOf<typeof transpose>

export const memoryOperations = { gatherRows, fill, copy, copyBlocks, cast, transpose }
