import { complaint, ValueError } from '../../errors.js'
import {
  atLeast,
  list,
  type Option,
  type Options,
  text,
  type Values,
  whole,
} from '../../options.js'
import type { Cells, Input } from './cells.js'
import { checkInputs, checkSome } from './check-inputs.js'
import type { Fitted, Fitting } from './fitted.js'
import { done } from './steps.js'
import { analyzerOf, TEXT, type TextOptions, textsOf } from './tokens.js'

export interface VocabularyOptions extends TextOptions {
  /** Most terms: the most frequent ones. Default: all. */
  maxFeatures?: number
  /** Terms of fewer texts are left out: a number of texts, or below 1 a share of them. Default 1. */
  minDf?: number
  /** Terms of more texts are left out: a share of texts, or above 1 a number of them. Default 1, a share. */
  maxDf?: number
  /** Terms, in the order of the numbers. Default: those of the fit, sorted. */
  vocabulary?: readonly string[]
}

const MAX_DF: Option<number> = { ...atLeast(0, 1) }

/** @internal */
export const VOCABULARY = {
  ...TEXT,
  maxFeatures: whole(1),
  minDf: atLeast(0, 1),
  maxDf: MAX_DF,
  vocabulary: list(text()),
} satisfies Options<VocabularyOptions>

/** @internal */
export type VocabularySettings = Values<typeof VOCABULARY>

/** @internal */
export function checkVocabulary(who: string, { vocabulary }: VocabularySettings): void {
  if (vocabulary === undefined) return
  if (vocabulary.length > 0 && new Set(vocabulary).size === vocabulary.length) return
  throw new ValueError(complaint(who, 'vocabulary', 'different texts', vocabulary))
}

/** Terms of a feature, and in how many texts of how many each is. @internal */
export interface Vocabulary {
  readonly terms: readonly string[]
  readonly documents: readonly number[]
  readonly total: number
}

class Found {
  readonly counts = new Map<string, { sum: number; documents: number; last: number }>()
  total = 0

  add(terms: readonly string[]): void {
    this.total += 1
    for (const term of terms) {
      let known = this.counts.get(term)
      if (known === undefined) this.counts.set(term, (known = { sum: 0, documents: 0, last: 0 }))
      known.sum += 1
      if (known.last !== this.total) known.documents += 1
      known.last = this.total
    }
  }

  vocabulary({ maxFeatures, minDf, maxDf, vocabulary }: VocabularySettings): Vocabulary {
    const { counts, total } = this
    const documentsOf = (term: string): number => counts.get(term)?.documents ?? 0
    let terms = vocabulary
    if (terms === undefined) {
      const least = minDf < 1 ? minDf * total : minDf
      const most = maxDf <= 1 ? maxDf * total : maxDf
      const fits = ({ documents }: { documents: number }): boolean =>
        documents >= least && documents <= most
      const kept = [...counts].filter(([, count]) => fits(count)).map(([term]) => term)
      terms = kept.sort()
      if (maxFeatures !== undefined && terms.length > maxFeatures) {
        const places = new Map(terms.map((term, place) => [term, place]))
        const frequent = [...terms].sort(
          (a, b) => counts.get(b)!.sum - counts.get(a)!.sum || places.get(a)! - places.get(b)!,
        )
        terms = frequent.slice(0, maxFeatures).sort()
      }
    }
    return { terms, documents: terms.map(documentsOf), total }
  }
}

/** Learns the terms of each feature. @internal */
export function fittingVocabulary<F extends Fitted>(
  who: string,
  inputs: readonly Input[],
  settings: VocabularySettings,
  fitted: (vocabularies: readonly Vocabulary[]) => F,
): Fitting<F> {
  checkInputs(who, inputs, ['text', 'category'])
  const analyzer = analyzerOf(settings)
  const found = inputs.map(() => new Found())
  return {
    observe: (cells: readonly Cells[]) => {
      cells.forEach((some, i) => {
        for (const text of textsOf(some)) found[i]!.add(text === null ? [] : analyzer(text))
      })
    },
    finish: () => {
      const vocabularies = found.map((some) => some.vocabulary(settings))
      vocabularies.forEach(({ terms }, i) => {
        checkSome(who, inputs[i]!, terms.length)
      })
      return done(fitted(vocabularies))
    },
  }
}
