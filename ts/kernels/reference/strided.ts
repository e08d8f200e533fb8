import type { CopyStridedArgs } from '../strided.js'
import { ShapeError } from '../../errors.js'
import { elements } from './operand.js'

interface Dim {
  readonly size: number
  readonly x: number
  readonly out: number
}

const LARGEST = 2 ** 31 - 1

export function copyStrided({ x, out, geometry: g }: CopyStridedArgs): void {
  const op = 'copyStrided'
  const dims: readonly Dim[] = [
    { size: g.size0, x: g.xStride0, out: g.outStride0 },
    { size: g.size1, x: g.xStride1, out: g.outStride1 },
    { size: g.size2, x: g.xStride2, out: g.outStride2 },
    { size: g.size3, x: g.xStride3, out: g.outStride3 },
    { size: g.size4, x: g.xStride4, out: g.outStride4 },
    { size: g.size5, x: g.xStride5, out: g.outStride5 },
  ]
  const count = dims.reduce((product, { size }) => product * size, 1)
  if (dims.some(({ size }) => size < 0) || count > LARGEST) {
    throw new ShapeError(`${op}: expected sizes of at least 0 and 2^31 - 1 places at most`)
  }
  let [first, last, held] = [g.xOffset, g.xOffset, 1]
  let nested = g.outOffset >= 0
  for (const dim of dims.toReversed()) {
    if (dim.size === 1) continue
    const reach = (dim.size - 1) * dim.x
    if (reach < 0) first += reach
    else last += reach
    nested &&= dim.out >= held
    held += (dim.size - 1) * dim.out
  }
  if (count > 0 && (!nested || first < 0 || Math.max(last - first, held) > LARGEST)) {
    const rule = nested
      ? 'no place of x before its start'
      : 'strides of out that step over what is inside of them'
    throw new ShapeError(`${op}: expected ${rule}`)
  }
  const xs = elements(x, count === 0 ? 0 : last + 1, op, 'x')
  const outs = elements(out, count === 0 ? 0 : g.outOffset + held, op, 'out')
  if (count === 0) return
  const copy = (depth: number, from: number, to: number): void => {
    const dim = dims[depth]
    if (dim === undefined) {
      outs[to] = xs[from]!
      return
    }
    for (let i = 0; i < dim.size; i++) copy(depth + 1, from + i * dim.x, to + i * dim.out)
  }
  copy(0, g.xOffset, g.outOffset)
}

export const stridedKernels = { copyStrided }
