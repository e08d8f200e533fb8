import { ValueError } from '../../errors.js'
import type { View } from '../kernels.js'
import { ints } from './operand.js'

/**
 * Numbers of rows, each checked to lie in [0, count).
 *
 * @param place What messages number: the rows that are picked, or the elements of the index.
 */
export function checkedIndices(
  index: View,
  n: number,
  count: number,
  op: string,
  place: 'row' | 'element' = 'row',
): Int32Array {
  const indices = ints(index, n, op, 'index')
  for (let i = 0; i < n; i++) {
    const row = indices[i]!
    if (row < 0 || row >= count) {
      throw new ValueError(`${op}: index ${row} at ${place} ${i} is outside [0, ${count})`)
    }
  }
  return indices
}
