import { choice, flag, list, type Option, type Options, text, type Values } from '../../options.js'
import type { Cells } from './cells.js'

export interface TextOptions {
  /**
   * What the terms are: words of two or more letters or digits, runs of characters, or such runs within
   * words with a blank at either end. Default `'word'`.
   */
  analyzer?: 'word' | 'char' | 'charWb'
  /** Least and greatest length of a term, in words or characters. Default [1, 1]. */
  ngramRange?: readonly [number, number]
  /** Whether capitals are small letters. Default true. */
  lowercase?: boolean
  /** Words that are left out, for analyzer `'word'`. Default: none. */
  stopWords?: readonly string[]
}

/** Longest terms that can be asked for. */
const MOST = 32

const NGRAMS: Option<readonly [number, number]> = {
  initial: [1, 1],
  expected: `two whole numbers from 1 to ${MOST}, in order, as in [1, 2]`,
  accepts: (value) => {
    if (!Array.isArray(value) || value.length !== 2) return false
    const [least, most] = value as unknown[]
    const fits = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) <= MOST
    return fits(least) && fits(most) && least >= 1 && least <= most
  },
}

/** @internal */
export const TEXT = {
  analyzer: choice(['word', 'char', 'charWb'], 'word'),
  ngramRange: NGRAMS,
  lowercase: flag(true),
  stopWords: list(text()),
} satisfies Options<TextOptions>

/** @internal */
export type Analyzer = (text: string) => string[]

/** @internal */
export type TextSettings = Values<typeof TEXT>

/** The terms of a text, each as often as it is there, as scikit-learn finds them. @internal */
export function analyzerOf(settings: TextSettings): Analyzer {
  const { analyzer, ngramRange, lowercase } = settings
  const stop = new Set(settings.stopWords)
  const given = (text: string): string => (lowercase ? text.toLowerCase() : text)
  if (analyzer === 'char')
    return (text) => ngrams(Array.from(given(text).replace(/\s\s+/gu, ' ')), ngramRange, '')
  if (analyzer === 'charWb') {
    const words = (text: string): string[] =>
      given(text)
        .split(/\s+/u)
        .filter((word) => word !== '')
    return (text) => words(text).flatMap((word) => withinWord(word, ngramRange))
  }
  const words = (text: string): string[] => given(text).match(/[\p{L}\p{N}_]{2,}/gu) ?? []
  return (text) =>
    ngrams(
      words(text).filter((word) => !stop.has(word)),
      ngramRange,
      ' ',
    )
}

function ngrams(
  parts: readonly string[],
  [least, most]: readonly [number, number],
  join: string,
): string[] {
  const terms: string[] = []
  for (let length = least; length <= Math.min(most, parts.length); length++) {
    for (let start = 0; start + length <= parts.length; start++)
      terms.push(length === 1 ? parts[start]! : parts.slice(start, start + length).join(join))
  }
  return terms
}

/** A word that is shorter than a term is one. */
function withinWord(word: string, [least, most]: readonly [number, number]): string[] {
  const parts = Array.from(` ${word} `)
  const terms: string[] = []
  for (let length = least; length <= most; length++) {
    terms.push(parts.slice(0, length).join(''))
    for (let start = 1; start + length <= parts.length; start++)
      terms.push(parts.slice(start, start + length).join(''))
    if (length >= parts.length) break
  }
  return terms
}

/** The texts of cells; a gap has no terms. @internal */
export function textsOf(cells: Cells): (string | null)[] {
  if (cells.type === 'category')
    return Array.from(cells.codes, (code) => cells.categories[code] ?? null)
  if (cells.type === 'text') return [...cells.values]
  return Array.from(cells.values, (value) => (Number.isNaN(value) ? null : String(value)))
}
