import type { data, Importance } from '../../index.js'
import { percent, some } from '../../report/words.js'
import { show } from '../../show.js'
import { countsOf } from './baseline.js'
import type { Parts } from './parts.js'

const FEW_ROWS = 200
/** Below this share of the rows a class is easily overlooked. */
const SMALL_CLASS = 0.05
/** A column that does nearly all of a nearly perfect model is likely to know the target. */
const PERFECT = 0.98
const ALONE = 0.8

/** What is odd about the rows, by the names of columns and classes. */
export function warningsOf({ task, train, validation, test }: Parts, target: string): string[] {
  const rows = train.length + validation.length + test.length
  const few =
    rows < FEW_ROWS
      ? [`${some(rows, 'row')} are few: another split may give quite other figures`]
      : []
  const classes = task === 'classification' ? smallClasses(train, target) : []
  return [...few, ...classes, ...constants(train, target), ...unseen(train, test, target)]
}

function smallClasses(train: data.Table, target: string): string[] {
  const small = [...countsOf(train.column(target))]
    .map(([name, count]) => [name, count / train.length] as const)
    .filter(([, share]) => share < SMALL_CLASS)
  return small.map(
    ([name, share]) =>
      `class ${show(name)} has ${percent(share)} of the rows: accuracy says little of it; --balance counts all classes alike`,
  )
}

function constants(train: data.Table, target: string): string[] {
  return train.columnNames
    .filter((name) => name !== target && isConstant(train.column(name)))
    .map(
      (name) => `column ${show(name)} has the same value in each row: nothing is learned from it`,
    )
}

function isConstant(column: data.Column): boolean {
  const first = String(column.get(0))
  for (let row = 1; row < column.length; row++) if (String(column.get(row)) !== first) return false
  return true
}

/** Categories that the model has not learned from, but is asked for. */
function unseen(train: data.Table, test: data.Table, target: string): string[] {
  return train.columnNames.flatMap((name) => {
    const [before, after] = [train.column(name), test.column(name)]
    if (name === target || before.type !== 'category' || after.type !== 'category') return []
    const known = countsOf(before)
    const others = [...countsOf(after).keys()].filter((each) => each !== 'null' && !known.has(each))
    if (others.length === 0) return []
    const shown = others.slice(0, 3).map((each) => show(each))
    const list = `${shown.join(', ')}${others.length > 3 ? ', …' : ''}`
    return [`column ${show(name)} has categories that the training part lacks: ${list}`]
  })
}

/**
 * Whether a column gives the target away.
 *
 * @param baseline The score of what looks at no column.
 */
export function leakOf({ columns, score }: Importance, baseline: number, target: string): string[] {
  const [first, second] = columns
  if (first === undefined || second === undefined || score < PERFECT) return []
  if (first.importance < ALONE * (score - baseline) || second.importance > first.importance / 10)
    return []
  return [
    `column ${show(first.name)} alone gives ${show(target)} away: is it known before ${show(target)} is? --drop ${show(first.name)} leaves it out`,
  ]
}
