import type { ArgmaxArgs, ReduceArgs, ScanArgs } from '../reduce.js'
import { ValueError } from '../../errors.js'
import { ReduceKind } from '../kernels.js'
import { floats, ints } from './operand.js'

interface Fold {
  readonly start: number
  readonly step: (soFar: number, x: number) => number
}

const add: Fold = { start: 0, step: (sum, x) => sum + x }
// Math.max and Math.min give NaN when either argument is NaN
const largest: Fold = { start: -Infinity, step: Math.max }
const smallest: Fold = { start: Infinity, step: Math.min }
const product: Fold = { start: 1, step: (soFar, x) => soFar * x }

function foldOf(kind: ReduceKind): Fold {
  switch (kind) {
    case ReduceKind.sum:
    case ReduceKind.mean:
      return add
    case ReduceKind.max:
      return largest
    case ReduceKind.min:
      return smallest
    case ReduceKind.product:
      return product
    default:
      throw new ValueError(`reduce: unknown reduction ${String(kind)}`)
  }
}

export function reduce({ kind, x, out, outer, n, inner, beta }: ReduceArgs): void {
  const { start, step } = foldOf(kind)
  const xs = floats(x, outer * n * inner, 'reduce', 'x')
  const outs = floats(out, outer * inner, 'reduce', 'out')
  if (outs.length === 0) return
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let value = start
      for (let j = 0; j < n; j++) value = step(value, xs[(o * n + j) * inner + i]!)
      if (kind === ReduceKind.mean) value /= n
      const at = o * inner + i
      outs[at] = beta === 0 ? value : value + beta * outs[at]!
    }
  }
}

export function argmax({ x, out, outer, n, inner, smallest = false }: ArgmaxArgs): void {
  const xs = floats(x, outer * n * inner, 'argmax', 'x')
  const outs = ints(out, outer * inner, 'argmax', 'out')
  if (outs.length === 0) return
  if (n < 1) {
    throw new ValueError(`argmax: expected n to be at least 1, got ${n}`)
  }
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let best = 0
      let bestValue = xs[o * n * inner + i]!
      for (let j = 1; j < n && !Number.isNaN(bestValue); j++) {
        const value = xs[(o * n + j) * inner + i]!
        if ((smallest ? value < bestValue : value > bestValue) || Number.isNaN(value)) {
          best = j
          bestValue = value
        }
      }
      outs[o * inner + i] = best
    }
  }
}

export function scan({ kind, x, y, outer, n, inner, reverse, exclusive }: ScanArgs): void {
  if (kind !== ReduceKind.sum && kind !== ReduceKind.product) {
    throw new ValueError(`scan: unknown reduction ${String(kind)}`)
  }
  const { start, step } = foldOf(kind)
  const xs = floats(x, outer * n * inner, 'scan', 'x')
  const ys = floats(y, outer * n * inner, 'scan', 'y')
  if (ys.length === 0) return
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let value = start
      for (let j = 0; j < n; j++) {
        const at = (o * n + (reverse ? n - 1 - j : j)) * inner + i
        const next = step(value, xs[at]!)
        ys[at] = exclusive ? value : next
        value = next
      }
    }
  }
}

export const reduceKernels = { reduce, argmax, scan }
