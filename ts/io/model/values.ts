import { isPlain } from '../../check.js'
import { complaint, FormatError, ValueError } from '../../errors.js'
import { Module } from '../../nn/module.js'
import { reasonOf } from '../../show.js'
import { type JsonBounds, objection } from '../json.js'

/** What the JSON of a model's file may hold. Numbers may be infinite or NaN, too. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const BOUNDS: JsonBounds = { depth: 100, values: 2_000_000 }

/** Numbers that JSON has not. */
const ODD_NUMBERS: readonly unknown[] = ['NaN', 'Infinity', '-Infinity', '-0']

/**
 * A value as JSON holds it: an odd number becomes `{ $number }`, a module `{ $module }`, and a name that
 * begins with $ gets one more. A member that is undefined is none.
 *
 * @param what The value, for messages.
 * @param placeOf The place of a module in the file; without it none may be there.
 * @throws ValueError when something in it is of another kind, such as a Map.
 */
export function encoded(
  who: string,
  what: string,
  value: unknown,
  placeOf?: (module: Module) => number,
  depth = 0,
): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return value
      return { $number: Object.is(value, -0) ? '-0' : String(value) }
    case 'object':
      if (value === null) return null
      if (value instanceof Module && placeOf) return { $module: placeOf(value as Module) }
      if (depth >= BOUNDS.depth - 10) throw refused(who, what, 'one that is nested too deeply')
      if (Array.isArray(value)) {
        return Array.from(value as unknown[], (part, i) =>
          encoded(who, `${what}[${i}]`, part, placeOf, depth + 1),
        )
      }
      if (isPlain(value)) {
        const members = Object.entries(value).filter(([, part]) => part !== undefined)
        const parts = members.map(([key, part]) => {
          const name = key.startsWith('$') ? `$${key}` : key
          return [name, encoded(who, `${what}.${key}`, part, placeOf, depth + 1)] as const
        })
        return Object.fromEntries(parts)
      }
  }
  throw refused(who, what, value)
}

function refused(who: string, what: string, got: unknown): ValueError {
  const kinds = 'a text, number, boolean, null, or an array or plain object of them'
  return new ValueError(complaint(who, what, kinds, got))
}

/**
 * What `encoded` made something of.
 *
 * @param moduleAt The module of a place; without it none may be there.
 * @throws FormatError when it is nothing that `encoded` makes.
 */
export function decoded(
  who: string,
  value: unknown,
  moduleAt?: (place: number) => Module,
): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part) => decoded(who, part, moduleAt))
  const entries = Object.entries(value)
  const [[tag, content] = ['']] = entries
  if (/^\$(?!\$)/.test(tag) && entries.length === 1) {
    if (tag === '$number' && ODD_NUMBERS.includes(content)) return Number(content)
    if (tag === '$module' && typeof content === 'number' && moduleAt) return moduleAt(content)
  }
  const parts = entries.map(([key, part]) => {
    if (/^\$(?!\$)/.test(key)) throw new FormatError(`${who}: it has a member ${key.slice(0, 50)}`)
    return [key.startsWith('$') ? key.slice(1) : key, decoded(who, part, moduleAt)] as const
  })
  return Object.fromEntries(parts)
}

/** @throws FormatError when it is no JSON, or past the bounds. */
export function parsedJson(who: string, what: string, text: string): unknown {
  const wrong = objection(text, BOUNDS)
  if (wrong !== undefined) throw new FormatError(`${who}: ${what} is refused: ${wrong}`)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new FormatError(`${who}: ${what} is not valid JSON: ${reasonOf(error)}`)
  }
}
