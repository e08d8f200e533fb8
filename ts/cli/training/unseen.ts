import type { data } from '../../index.js'
import { show } from '../../show.js'
import { countsOf } from './baseline.js'
import type { Parts } from './parts.js'

/** Categories that are named. */
const NAMED = 3

/** Warns of categories that the model has not learned from, but is judged by. */
export function unseenIn({ train, test }: Parts, target: string): string[] {
  return train.columnNames.flatMap((name) => {
    const [before, after] = [train.column(name), test.column(name)]
    if (name === target || !areCategories(before) || !areCategories(after)) return []
    const known = countsOf(before)
    const others = [...countsOf(after).keys()].filter((each) => each !== 'null' && !known.has(each))
    if (others.length === 0) return []
    const shown = others.slice(0, NAMED).map((each) => show(each))
    const list = `${shown.join(', ')}${others.length > NAMED ? ', …' : ''}`
    return [`${show(name)} has categories that the training part lacks: ${list}`]
  })
}

function areCategories({ type }: data.Column): boolean {
  return type === 'category'
}
