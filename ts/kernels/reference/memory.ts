import type { FillArgs, CopyArgs, CastArgs, TriangleArgs } from '../memory.js'
import type { DType } from '../dtype.js'
import { elements } from './operand.js'

/**
 * A number as an element of a dtype: integers truncate and clamp to their range, NaN becomes 0. Stores
 * to a float array round by themselves.
 */
export function converter(dtype: DType): (value: number) => number {
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

export function triangle({ x, out, batch, rows, cols, diagonal, upper }: TriangleArgs): void {
  const xs = elements(x, batch * rows * cols, 'triangle', 'x')
  const outs = elements(out, batch * rows * cols, 'triangle', 'out')
  for (let i = 0; i < outs.length; i++) {
    const above = (i % cols) - (Math.floor(i / cols) % rows)
    outs[i] = (upper ? above >= diagonal : above <= diagonal) ? xs[i]! : 0
  }
}

export const memoryKernels = { fill, copy, cast, triangle }
