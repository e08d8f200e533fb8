import { ValueError } from '../../errors.js'
import { CompareKind } from '../kinds.js'
import type { CompareArgs, WhereArgs } from '../mask.js'
import { layoutOf } from './elementwise.js'
import { bytes, elements } from './operand.js'

function comparison(kind: CompareKind): (a: number, b: number) => boolean {
  switch (kind) {
    case CompareKind.eq:
      return (a, b) => a === b
    case CompareKind.ne:
      return (a, b) => a !== b
    case CompareKind.lt:
      return (a, b) => a < b
    case CompareKind.le:
      return (a, b) => a <= b
    case CompareKind.gt:
      return (a, b) => a > b
    case CompareKind.ge:
      return (a, b) => a >= b
    default:
      throw new ValueError(`compare: unknown comparison ${String(kind)}`)
  }
}

export function compare({ kind, broadcast, a, b, out, rows, cols }: CompareArgs): void {
  const holds = comparison(kind)
  const { rowStep, columnStep, length } = layoutOf(broadcast, rows, cols)
  const as = elements(a, rows * cols, 'compare', 'a')
  const bs = elements(b, length, 'compare', 'b')
  const outs = bytes(out, rows * cols, 'compare', 'out')
  if (outs.length === 0) return
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const i = r * cols + c
      outs[i] = Number(holds(as[i]!, bs[r * rowStep + c * columnStep]!))
    }
  }
}

export function where({ mask, a, b, out, n, aSingle, bSingle }: WhereArgs): void {
  const masks = bytes(mask, n, 'where', 'mask')
  const single = Math.min(n, 1)
  const as = elements(a, aSingle ? single : n, 'where', 'a')
  const bs = elements(b, bSingle ? single : n, 'where', 'b')
  const outs = elements(out, n, 'where', 'out')
  // Read before anything is written: out may be one of them.
  const [yes, no] = [as[0]!, bs[0]!]
  for (let i = 0; i < outs.length; i++) {
    outs[i] = masks[i] === 0 ? (bSingle ? no : bs[i]!) : aSingle ? yes : as[i]!
  }
}

export const maskKernels = { compare, where }
