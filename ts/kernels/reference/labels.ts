import { ValueError } from '../../errors.js'
import type { View } from '../kernels.js'
import { ints } from './operand.js'

/** The class indices of a target, each checked to lie in [0, classes) or to be ignoreIndex. */
export function labels(
  target: View,
  n: number,
  classes: number,
  ignoreIndex: number,
  op: string,
): Int32Array {
  const indices = ints(target, n, op, 'target')
  for (let i = 0; i < n; i++) {
    const label = indices[i]!
    if (label !== ignoreIndex && (label < 0 || label >= classes)) {
      throw new ValueError(
        `${op}: target[${i}] = ${label} is outside 0..${classes - 1} and is not ignoreIndex ` +
          `(${ignoreIndex}); class indices count from 0, one for each column of the prediction`,
      )
    }
  }
  return indices
}
