/**
 * The first name that a JSON object has twice at its top level, which `JSON.parse` passes over in
 * silence; undefined when all are different.
 *
 * @param text Valid JSON of an object.
 */
export function repeatedKey(text: string): string | undefined {
  const seen = new Set<string>()
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    else if (char === '"') {
      const start = i
      i = endOfString(text, start)
      // A string before a colon is a name.
      if (depth === 1 && text[afterSpace(text, i + 1)] === ':') {
        const name = JSON.parse(text.slice(start, i + 1)) as string
        if (seen.has(name)) return name
        seen.add(name)
      }
    }
  }
  return undefined
}

/** The place of the quote that ends the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    let backslashes = 0
    while (text[end - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return end
  }
}

function afterSpace(text: string, start: number): number {
  let at = start
  while (' \n\r\t'.includes(text[at] ?? '|')) at++
  return at
}
