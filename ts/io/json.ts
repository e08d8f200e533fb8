/** What a JSON text may be made of. */
export interface JsonForm {
  /** What may be open inside of each other, outermost first: `{[` is an object of lists. */
  readonly nesting: string
  /** Most names at each depth: [0] in the outermost objects, [1] in those inside of them, … */
  readonly names: readonly number[]
  /** Most items of a list. */
  readonly items: number
}

const UNFORMED = { nesting: undefined, names: undefined, items: Infinity }
const UNBOUNDED = { depth: Infinity, values: Infinity }

/** What a JSON text may be made of that has no certain form. */
export interface JsonBounds {
  /** Most lists and objects inside of each other. */
  readonly depth: number
  /** Most items, members, lists and objects together. */
  readonly values: number
}

/**
 * Looks over a JSON text in one pass that builds nothing, before `JSON.parse` builds it: the time and the
 * memory of that go by the names and items.
 *
 * @param text Perhaps no JSON at all.
 * @returns what is wrong: it is not of that form or within the bounds, or an object has a name twice, which `JSON.parse` passes
 *   over in silence; undefined when nothing is.
 */
export function objection(text: string, form: JsonForm | JsonBounds): string | undefined {
  const { nesting, names, items } = 'nesting' in form ? form : UNFORMED
  const { depth: deepest, values: most } = 'depth' in form ? form : UNBOUNDED
  const counts = names?.map(() => 0)
  const open: { readonly seen: Set<string> | null; items: number }[] = []
  let values = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if ((char === '{' || char === '[' || char === ',') && ++values > most) {
      return `it has more than ${most} values`
    }
    if (char === '{' || char === '[') {
      if (open.length === deepest) return `it is nested more than ${deepest} deep`
      if (nesting !== undefined && char !== nesting[open.length]) {
        return `there is a ${char} at depth ${open.length}`
      }
      open.push({ seen: char === '{' ? new Set() : null, items: 0 })
    } else if (char === '}' || char === ']') open.pop()
    else if (char === ',') {
      const inside = open.at(-1)
      if (inside?.seen === null && ++inside.items >= items) {
        return `a list has more than ${items} items`
      }
    } else if (char === '"') {
      const start = i
      i = endOfString(text, start)
      const seen = open.at(-1)?.seen
      // A string before a colon is a name.
      if (!seen || text[afterSpace(text, i + 1)] !== ':') continue
      const depth = open.length - 1
      if (counts !== undefined && ++counts[depth]! > names![depth]!) {
        return `there are more than ${names![depth]!} names at depth ${depth}`
      }
      const name = nameIn(text.slice(start, i + 1))
      if (seen.has(name)) return `the name ${shown(name)} is there twice`
      seen.add(name)
    }
  }
  return undefined
}

function nameIn(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch {
    return quoted // JSON.parse of the whole will say more
  }
}

/** The place of the quote that ends the string that starts at `start`, or of the end. */
function endOfString(text: string, start: number): number {
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end === -1) return text.length
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

/** A name for a message, however long. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name)
}
