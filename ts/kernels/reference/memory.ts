import type { GatherRowsArgs, FillArgs, CopyArgs, CastArgs } from '../memory.js'
import type { DType } from '../dtype.js'
import { checkedIndices } from './indices.js'
import { elements } from './operand.js'

/**
 * A number as an element of a dtype: integers truncate and clamp to their range, NaN becomes 0. Stores
 * to a float array round by themselves.
 */
function converter(dtype: DType): (value: number) => number {
  const clamped = (low: number, high: number) => (value: number) =>
    Number.isNaN(value) ? 0 : Math.min(high, Math.max(low, Math.trunc(value)))
  switch (dtype) {
    case 'int32':
      return clamped(-(2 ** 31), 2 ** 31 - 1)
    case 'uint8':
      return clamped(0, 255)
    default:
      return (value) => value
  }
}

export function gatherRows({
  src,
  index,
  out,
  srcRows,
  rows,
  cols,
  scale,
  shift,
}: GatherRowsArgs): void {
  const op = 'gatherRows'
  const from = elements(src, srcRows * cols, op, 'src')
  const indices = checkedIndices(index, rows, srcRows, op)
  const to = elements(out, rows * cols, op, 'out')
  if (to.length === 0) return
  // A copy keeps the sign of a zero, which the sum with a shift of 0 would lose.
  const same = src.dtype === out.dtype && scale === 1 && shift === 0
  const convert = converter(out.dtype)
  for (let r = 0; r < rows; r++) {
    const start = indices[r]! * cols
    for (let c = 0; c < cols; c++)
      to[r * cols + c] = convert(same ? from[start + c]! : scale * from[start + c]! + shift)
  }
}

export function fill({ y, n, value }: FillArgs): void {
  elements(y, n, 'fill', 'y').fill(converter(y.dtype)(value))
}

export function copy({ x, y, n }: CopyArgs): void {
  const xs = elements(x, n, 'copy', 'x')
  elements(y, n, 'copy', 'y').set(xs)
}

export function cast({ x, y, n, scale, shift }: CastArgs): void {
  const xs = elements(x, n, 'cast', 'x')
  const ys = elements(y, n, 'cast', 'y')
  const convert = converter(y.dtype)
  for (let i = 0; i < n; i++) ys[i] = convert(scale * xs[i]! + shift)
}

export const memoryKernels = { gatherRows, fill, copy, cast }
