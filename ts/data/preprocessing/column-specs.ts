import { types } from 'node:util'

import { checkObject } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { show } from '../../show.js'
import { Passthrough } from './passthrough.js'
import type { SimpleImputer } from './simple-imputer.js'
import { Transformer } from './transformer.js'

/** What becomes of a column: a transformer, several one after the other, or numbers as they are. */
export type ColumnSpec = Transformer | readonly Transformer[] | 'passthrough'

/** What becomes of each column, by its name. */
export type ColumnSpecs = Readonly<Record<string, ColumnSpec>>

/** What a cell of a column may be, by what becomes of it. */
export type CellOf<S> = S extends 'passthrough'
  ? number | null
  : S extends readonly [infer First, ...infer Rest]
    ? First extends SimpleImputer
      ? Rest extends readonly []
        ? CellOf<First>
        : CellOf<Rest>
      : CellOf<First>
    : S extends { readonly cell?: infer C }
      ? C
      : string | number | boolean | bigint | Date | null

/** A row that a `ColumnTransformer` takes: a value, or a gap, for each of its columns. */
export type RowOf<S> = { readonly [K in keyof S]: CellOf<S[K]> | undefined }

/** Transformers by column. @throws ValueError @internal */
export function chainsOf(who: string, columns: unknown): Map<string, readonly Transformer[]> {
  checkObject(who, 'the columns', columns)
  const entries: [unknown, unknown][] = types.isMap(columns)
    ? [...columns]
    : Object.entries(columns)
  const seen = new Set<Transformer>()
  const chains = new Map<string, readonly Transformer[]>()
  for (const [name, spec] of entries) {
    const what = `column ${show(name)}`
    if (typeof name !== 'string') throw new ValueError(complaint(who, what, 'a text', name))
    const given: unknown[] = Array.isArray(spec) ? [...(spec as unknown[])] : [spec]
    const chain = given.map((item) => {
      if (item === 'passthrough') return new Passthrough()
      const expected = "a transformer, a list of them or 'passthrough'"
      if (!isTransformer(item)) throw new ValueError(complaint(who, what, expected, item))
      const hint = 'make one for each'
      if (seen.has(item)) {
        const got = `that of another one, ${item.toString()}`
        throw new ValueError(complaint(who, what, 'given a transformer of its own', got, hint))
      }
      seen.add(item)
      return item
    })
    if (chain.length === 0) throw new ValueError(complaint(who, what, 'given transformers', 'none'))
    chains.set(name, chain)
  }
  if (chains.size === 0) throw new ValueError(complaint(who, 'the columns', 'one or more', 'none'))
  return chains
}

function isTransformer(item: unknown): item is Transformer {
  return item instanceof Transformer
}
