import { type ArgsOf, addedTo, number, read, operation } from './operation.js'

/**
 * gradWeight (count, cols) = beta * gradWeight, + gradOut[r, :] at row index[r] for each r < rows in
 * order, but not where index[r] is paddingIndex (-1: none). beta = 0 does not read gradWeight. The
 * forward is `gatherRows`. An index outside [0, count) raises `ERR_VALUE` before anything is written.
 */
export const embeddingGradient = operation('gradWeight', {
  gradOut: read,
  index: read,
  gradWeight: addedTo('beta'),
  rows: number,
  cols: number,
  count: number,
  paddingIndex: number,
  beta: number,
})
export type EmbeddingGradientArgs = ArgsOf<typeof embeddingGradient>

export const embeddingOperations = { embeddingGradient }
