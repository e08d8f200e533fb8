import { DTypeError, ValueError } from '../../errors.js'
import type { GatherArgs, ScatterArgs } from '../gather.js'
import { checkedIndices } from './indices.js'
import { converter } from './memory.js'
import { elements } from './operand.js'

/**
 * Calls body(element, its place picked along the middle one of three dimensions) for all elements.
 *
 * @param stride From one of the `count` places to the next.
 */
function forEachPicked(
  [outer, rows, cols]: readonly [number, number, number],
  count: number,
  stride: number,
  index: (element: number, row: number) => number,
  body: (element: number, picked: number, at: number) => void,
): void {
  for (let o = 0; o < outer; o++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) {
        const element = (o * rows + r) * cols + c
        const at = index(element, r)
        body(element, o * count * cols + at * stride + c, at)
      }
    }
  }
}

export function gather({
  src,
  index,
  out,
  srcRows,
  rows,
  cols,
  scale = 1,
  shift = 0,
  outer = 1,
  each = false,
  stride = 0,
}: GatherArgs): void {
  const op = 'gather'
  if (stride < 0 || (stride > 0 && (each || outer !== 1))) {
    throw new ValueError(`${op}: a stride goes with rows of one dimension`)
  }
  // A copy keeps the sign of a zero, which the sum with a shift of 0 would lose.
  const same = src.dtype === out.dtype && scale === 1 && shift === 0
  if (each && !same) {
    throw new DTypeError(`${op}: expected out of ${src.dtype}, without scale or shift`)
  }
  const extent =
    stride === 0 ? outer * srcRows * cols : srcRows === 0 ? 0 : (srcRows - 1) * stride + cols
  const from = elements(src, extent, op, 'src')
  const n = outer * rows * cols
  const indices = checkedIndices(index, each ? n : rows, srcRows, op, each ? 'element' : 'row')
  const to = elements(out, n, op, 'out')
  const convert = converter(out.dtype)
  forEachPicked(
    [n === 0 ? 0 : outer, rows, cols],
    srcRows,
    stride === 0 ? cols : stride,
    (element, r) => indices[each ? element : r]!,
    (element, picked) =>
      (to[element] = convert(same ? from[picked]! : scale * from[picked]! + shift)),
  )
}

export function scatter({
  src,
  index,
  out,
  rows,
  cols,
  count,
  paddingIndex = -1,
  beta,
  outer = 1,
  each = false,
  add = true,
}: ScatterArgs): void {
  const op = 'scatter'
  const isFloat = out.dtype === 'float32' || out.dtype === 'float64'
  if (!isFloat && beta !== 0 && beta !== 1) {
    throw new DTypeError(`${op}: expected beta to be 0 or 1 for integers`)
  }
  const n = outer * rows * cols
  const from = elements(src, n, op, 'src')
  const to = elements(out, outer * count * cols, op, 'out')
  const indices = checkedIndices(index, each ? n : rows, count, op, each ? 'element' : 'row')
  for (let i = 0; i < to.length; i++) to[i] = beta === 0 ? 0 : beta * to[i]!
  forEachPicked(
    [n === 0 ? 0 : outer, rows, cols],
    count,
    cols,
    (element, r) => indices[each ? element : r]!,
    (element, picked, at) => {
      if (at !== paddingIndex) to[picked] = add ? to[picked]! + from[element]! : from[element]!
    },
  )
}

export const gatherKernels = { gather, scatter }
