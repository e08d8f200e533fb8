import { complaint, FormatError } from '../../errors.js'
import { show } from '../../show.js'

/** The names of the columns, each there once, and what had to be changed for that. */
export interface Names {
  readonly names: readonly string[]
  readonly notes: readonly string[]
}

/**
 * Names as pandas makes them: a second `a` is `a.1`. One that is empty is `column_<number>`, where the
 * first column has number 1.
 */
export function namesOf(cells: readonly string[]): Names {
  const taken = new Set(cells)
  const seen = new Set<string>()
  const notes: string[] = []
  const names = cells.map((cell, i) => {
    let name = cell
    if (cell === '') {
      name = `column_${i + 1}`
      notes.push(`${name}: has no name in the file`)
    }
    for (let count = 1; seen.has(name); count++) {
      const other = `${cell}.${count}`
      if (taken.has(other) || seen.has(other)) continue
      notes.push(`${other}: the name ${show(cell)} is there twice`)
      name = other
    }
    seen.add(name)
    return name
  })
  return { names, notes }
}

/** @throws FormatError when there are more. */
export function checkWidth(who: string, name: string, width: number, most: number): void {
  if (width <= most) return
  const hint = 'is the delimiter right? pass { maxColumns } if so'
  throw new FormatError(
    complaint(who, name, `of ${most} columns at most`, `${width} columns`, hint),
  )
}
