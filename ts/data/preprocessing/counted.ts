import type { Cells, Input, NumberCells } from './cells.js'
import { rowsOf } from './cells.js'
import { float64, type StateReader, type TransformerState } from './state.js'
import { analyzerOf } from './tokens.js'
import type { Vocabulary, VocabularySettings } from './vocabulary.js'
import { type Norm, type Place, Words } from './words.js'

/** How the counts of terms are weighed. @internal */
export interface Weights {
  readonly norm: Norm
  readonly binary: boolean
  readonly sublinearTf: boolean
  readonly useIdf: boolean
  readonly smoothIdf: boolean
}

/** Counts of the terms of a vocabulary, weighed or not. @internal */
export class Counted extends Words {
  protected override readonly analyzer
  protected override readonly norm
  readonly idf: readonly Float64Array[]
  readonly #places: readonly ReadonlyMap<string, Place>[]

  constructor(
    override readonly inputs: readonly Input[],
    readonly vocabularies: readonly Vocabulary[],
    settings: VocabularySettings,
    readonly weights: Weights,
  ) {
    super()
    this.analyzer = analyzerOf(settings)
    this.norm = weights.norm
    this.#places = vocabularies.map(
      ({ terms }) => new Map(terms.map((term, at) => [term, { at, add: 1 }])),
    )
    this.idf = vocabularies.map((vocabulary) => idfOf(vocabulary, weights))
  }

  override widthOf(feature: number): number {
    return this.vocabularies[feature]!.terms.length
  }

  protected override placeOf(term: string, feature: number): Place {
    return this.#places[feature]!.get(term) ?? null
  }

  protected override weighted(sum: number, at: number, feature: number): number {
    const { binary, sublinearTf } = this.weights
    const count = binary ? 1 : sum
    return (sublinearTf ? Math.log(count) + 1 : count) * this.idf[feature]![at]!
  }

  override outputs(inputs: readonly Input[]): Input[] {
    return inputs.flatMap(({ name }, i) =>
      this.vocabularies[i]!.terms.map((term): Input => ({
        name: `${name}_${term}`,
        type: 'number',
      })),
    )
  }

  /** The terms that are there, in the order of the vocabulary, with blanks between them. */
  override inverse(cells: readonly Cells[]): Cells[] {
    let start = 0
    return this.vocabularies.map(({ terms }) => {
      const part = cells.slice(start, (start += terms.length)) as NumberCells[]
      const values = Array.from({ length: rowsOf(cells) }, (_, row) =>
        terms.filter((_term, i) => part[i]!.values[row] !== 0).join(' '),
      )
      return { type: 'text', values }
    })
  }

  override state(): TransformerState {
    const state: TransformerState = { terms: this.vocabularies.map(({ terms }) => [...terms]) }
    this.vocabularies.forEach(({ documents, total }, i) => {
      state[`documents${i}`] = float64(documents)
      state[`total${i}`] = float64([total])
    })
    return state
  }
}

function idfOf({ documents, total }: Vocabulary, { useIdf, smoothIdf }: Weights): Float64Array {
  const more = smoothIdf ? 1 : 0
  return Float64Array.from(documents, (count) =>
    useIdf ? Math.log((total + more) / (count + more)) + 1 : 1,
  )
}

/** @throws ValueError, ShapeError, DTypeError @internal */
export function restoredVocabularies(reader: StateReader, inputs: readonly Input[]): Vocabulary[] {
  return reader.list('terms', inputs.length).map((list, i) => {
    const terms = reader.texts('terms', list)
    const documents = [...reader.numbers(`documents${i}`, terms.length)]
    const [total] = reader.numbers(`total${i}`, 1)
    if (documents.some((count) => count < 0 || count > total!))
      throw reader.refuse(`documents${i}`, `from 0 to ${total}`, documents)
    return { terms, documents, total: total! }
  })
}
