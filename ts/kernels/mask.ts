import type { Broadcast, CompareKind } from './kinds.js'
import {
  type ArgsOf,
  code,
  flag,
  number,
  operation,
  overwritten,
  overwrittenOver,
  read,
} from './operation.js'

/** out[r, c] = a[r, c] op b[...] as 0 or 1, uint8; a and b have any one dtype. See Broadcast. */
export const compare = operation('a', {
  kind: code<CompareKind>(),
  broadcast: code<Broadcast>(),
  a: read,
  b: read,
  out: overwritten,
  rows: number,
  cols: number,
})
export type CompareArgs = ArgsOf<typeof compare>

/**
 * out[i] = a[i] where mask[i] (uint8) is not 0, b[i] elsewhere, of any one dtype. With `aSingle`, `bSingle`
 * it is a[0], b[0] for all i.
 */
export const where = operation('out', {
  mask: read,
  a: read,
  b: read,
  out: overwrittenOver('a'),
  n: number,
  aSingle: flag,
  bSingle: flag,
})
export type WhereArgs = ArgsOf<typeof where>

export const maskOperations = { compare, where }
