/** What may part the cells of a row, the likelier first. */
const CANDIDATES = [',', ';', '\t', '|']

/** Lines that are looked at. */
const LINES = 50

/**
 * What parts the cells: that which is in every line as often as in the first, and of several the one that
 * is there most often. Where none is, the one that is in the first line most often, else a comma.
 *
 * @param head The beginning of the text.
 * @param quote What cells with such marks inside stand in.
 * @param whole Whether it is all of the text, so that its last line is no part of one.
 */
export function findDelimiter(head: string, quote: string | null, whole: boolean): string {
  const counts = CANDIDATES.map((mark) => countByLine(head, mark, quote, whole))
  const best = { mark: ',', score: 0 }
  CANDIDATES.forEach((mark, i) => {
    const [first = 0, ...others] = counts[i]!
    if (first === 0) return
    const even = others.filter((count) => count === first).length
    // An even one counts more than any number of uneven ones.
    const score = even === others.length ? 1e9 + first : first
    if (score > best.score) Object.assign(best, { mark, score })
  })
  return best.mark
}

/** How often a mark is in each line, outside of quotes; empty lines count for none. */
function countByLine(head: string, mark: string, quote: string | null, whole: boolean): number[] {
  const counts: number[] = []
  let quoted = false
  let count = 0
  let empty = true
  for (const char of head) {
    if (char === quote) quoted = !quoted
    if (quoted || (char !== '\n' && char !== '\r')) {
      empty = false
      if (char === mark && !quoted) count++
      continue
    }
    if (!empty) counts.push(count)
    if (counts.length === LINES) return counts
    count = 0
    empty = true
  }
  if (!empty && (whole || counts.length === 0)) counts.push(count)
  return counts
}
