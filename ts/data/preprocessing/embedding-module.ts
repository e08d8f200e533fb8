import { ColumnEmbedding } from '../../nn/column-embedding.js'
import { Identity } from '../../nn/identity.js'
import type { Module } from '../../nn/module.js'
import { Split } from '../../nn/split.js'

/** An index in a row of numbers, and the table of vectors that it points into. */
export interface EmbeddingPlace {
  readonly column: string
  /** Place of the index in a row. */
  readonly place: number
  /** Indices that there are: those of the categories, and 0 for gaps and unknown ones. */
  readonly numEmbeddings: number
  readonly embeddingDim: number
}

/** Vectors for the indices, other numbers as they are; null without an index. @internal */
export function embeddingModule(places: readonly EmbeddingPlace[], width: number): Split | null {
  if (places.length === 0) return null
  const modules: Module[] = []
  const sizes: number[] = []
  let start = 0
  const pass = (end: number): void => {
    if (end === start) return
    modules.push(new Identity())
    sizes.push(end - start)
  }
  for (const { place, numEmbeddings, embeddingDim } of places) {
    pass(place)
    modules.push(new ColumnEmbedding(numEmbeddings, embeddingDim))
    sizes.push(1)
    start = place + 1
  }
  pass(width)
  return new Split(modules, { sizes })
}
