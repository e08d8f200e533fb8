import { ShapeError } from '../../errors.js'
import type { SortArgs } from '../sort.js'
import { elements, ints } from './operand.js'

/** NaN is larger than all numbers. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}

export function sort({ x, values, indices, outer, n, inner, k, descending }: SortArgs): void {
  const op = 'sort'
  if (k < 0 || k > n) throw new ShapeError(`${op}: expected k from 0 to ${n}, got ${k}`)
  const xs = elements(x, outer * n * inner, op, 'x')
  const found = elements(values, outer * k * inner, op, 'values')
  const places = ints(indices, outer * k * inner, op, 'indices')
  if (found.length === 0) return
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (place: number): number => xs[(o * n + place) * inner + i]!
      const sign = descending ? -1 : 1
      const order = Array.from({ length: n }, (_, place) => place)
      order.sort((a, b) => sign * compare(at(a), at(b)))
      for (let j = 0; j < k; j++) {
        found[(o * k + j) * inner + i] = at(order[j]!)
        places[(o * k + j) * inner + i] = order[j]!
      }
    }
  }
}

export const sortKernels = { sort }
