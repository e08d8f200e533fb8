import type { EmbeddingGradientArgs } from '../embedding.js'
import { checkedIndices } from './indices.js'
import { floats } from './operand.js'

export function embeddingGradient({
  gradOut,
  index,
  gradWeight,
  rows,
  cols,
  count,
  paddingIndex,
  beta,
}: EmbeddingGradientArgs): void {
  const op = 'embeddingGradient'
  const from = floats(gradOut, rows * cols, op, 'gradOut')
  const to = floats(gradWeight, count * cols, op, 'gradWeight')
  const indices = checkedIndices(index, rows, count, op)
  for (let i = 0; i < to.length; i++) to[i] = beta === 0 ? 0 : beta * to[i]!
  for (let r = 0; r < rows; r++) {
    const row = indices[r]!
    if (row === paddingIndex) continue
    for (let c = 0; c < cols; c++) to[row * cols + c]! += from[r * cols + c]!
  }
}

export const embeddingKernels = { embeddingGradient }
