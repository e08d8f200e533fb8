import type { View } from './view.js'

export interface EmbeddingKernels {
  /**
   * gradWeight (count, cols) = beta * gradWeight, + gradOut[r, :] at row index[r] for each r < rows in
   * order, but not where index[r] is paddingIndex (-1: none). beta = 0 does not read gradWeight. The
   * forward is `gatherRows`. An index outside [0, count) raises `ERR_VALUE` before anything is written.
   */
  embeddingGradient(
    gradOut: View,
    index: View,
    gradWeight: View,
    rows: number,
    cols: number,
    count: number,
    paddingIndex: number,
    beta: number,
  ): void
}
