/**
 * The first name that a JSON object has twice at its top level, which `JSON.parse` passes over in
 * silence; undefined when all are different.
 *
 * @param text Valid JSON of an object.
 */
export function repeatedKey(text: string): string | undefined {
  const seen = new Set<string>()
  // A string together with the colon that makes it a name, or a bracket.
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs
  let depth = 0
  for (const match of text.matchAll(tokens)) {
    const [token, colon] = match
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (colon !== undefined && depth === 1) {
      const name = JSON.parse(token.slice(0, -colon.length)) as string
      if (seen.has(name)) return name
      seen.add(name)
    }
  }
  return undefined
}
