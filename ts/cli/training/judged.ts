import { number, some } from '../../report/words.js'
import { tableOf } from '../words.js'
import type { Figures } from './baseline.js'

/** What models came to on rows that they had not seen; part of the facts in a model's file. */
export type Judged = Readonly<{
  rows: number
  /** Figures by name, of each model by what it is called. */
  figures: Readonly<Record<string, Figures>>
}>

/** As lines for the console: a sentence and a table. */
export function judgedInWords({ rows, figures }: Judged): string[] {
  const [first] = Object.values(figures)
  const names = Object.keys(first ?? {})
  const cells = Object.entries(figures).map(([who, own]) => [
    who,
    ...names.map((name) => (own[name] === undefined ? '' : number(own[name]))),
  ])
  return [
    `judged by ${some(rows, 'row')} that the models have not seen`,
    ...tableOf([['', ...names], ...cells]),
  ]
}

/** Whether it is what a training has written, for a file may hold anything. */
export function isJudged(value: unknown): value is Judged {
  const { rows, figures } = Object(value) as Partial<Record<keyof Judged, unknown>>
  return (
    Number.isSafeInteger(rows) &&
    isObject(figures) &&
    Object.values(figures).every(
      (own) => isObject(own) && Object.values(own).every((figure) => typeof figure === 'number'),
    )
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
