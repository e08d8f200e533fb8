/**
 * The name that was most likely meant: `batchSize` for `batch_size`, else the one fewest letters away,
 * up to a third of the longer one's.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const letters = lettersOf(name)
  let best: string | undefined
  let least = Infinity
  for (const candidate of known) {
    const other = lettersOf(candidate)
    const most = Math.max(letters.length, other.length) / 3
    const distance = edits(letters, other)
    if (distance >= least || distance > most) continue
    best = candidate
    least = distance
  }
  return best
}

/** Words are written together, whichever way. Of a long name the beginning tells. */
function lettersOf(name: string): string {
  return name
    .slice(0, 50)
    .replace(/[_\s-]/g, '')
    .toLowerCase()
}

/** Damerau's distance: letters to insert, to remove, to change, or neighbours to swap. */
function edits(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? rows[i - 2]![j - 2]! + 1 : Infinity
      row.push(Math.min(change, swap, rows[i - 1]![j]! + 1, row[j - 1]! + 1))
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
