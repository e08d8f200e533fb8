import {
  type ArgsOf,
  number,
  overwritten,
  overwrittenOver,
  place,
  read,
  updated,
  operation,
} from './operation.js'

/**
 * mask (uint8: n) [i] = u >= p ? 1 : 0, with u as float32's uniform of `state` for both dtypes: one
 * number an element, and the state advances. out (n, inner) = mask ? x * scale : 0, whatever x is.
 * out may be x. Numbers lie where `before`, `after` and `runs` say (random.ts).
 */
export const dropout = operation('out', {
  state: updated,
  x: read,
  mask: overwritten,
  out: overwrittenOver('x'),
  n: number,
  inner: number,
  p: number,
  scale: number,
  ...place,
})
export type DropoutArgs = ArgsOf<typeof dropout>

/** gradX (n, inner) = mask ? gradOut * scale : 0. gradX may be gradOut. */
export const dropoutGradient = operation('gradX', {
  mask: read,
  gradOut: read,
  gradX: overwrittenOver('gradOut'),
  n: number,
  inner: number,
  scale: number,
})
export type DropoutGradientArgs = ArgsOf<typeof dropoutGradient>

export const dropoutOperations = { dropout, dropoutGradient }
