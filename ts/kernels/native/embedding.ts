import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const embeddingGradient: Kernels['embeddingGradient'] = (
  gradOut,
  index,
  gradWeight,
  rows,
  cols,
  count,
  paddingIndex,
  beta,
) => {
  addon().embeddingGradient(
    dtypeCode[gradWeight.dtype],
    gradOut.buffer,
    gradOut.byteOffset,
    index.buffer,
    index.byteOffset,
    gradWeight.buffer,
    gradWeight.byteOffset,
    rows,
    cols,
    count,
    paddingIndex,
    beta,
  )
}
