import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { randperm } from '../../ts/index.js'

const require = createRequire(import.meta.url)

/** A word in the 26 letters. */
export function plain(word: string): string {
  return word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

/**
 * Words of languages that no other of them has, in random order, and how many several have. They are made
 * plain: in these lists only French has its accents, so they would tell the list and not the language.
 *
 * @param count Words of each language.
 * @param longest Letters of the longest.
 */
export function wordLists(
  languages: readonly string[],
  count: number,
  longest: number,
): { lists: string[][]; shared: number } {
  const fits = new RegExp(`^[a-z]{1,${longest}}$`)
  const owners = new Map<string, number>() // -1: several
  languages.forEach((language, k) => {
    const file = require.resolve(`an-array-of-${language}-words`)
    for (const word of JSON.parse(readFileSync(file, 'utf8')) as string[]) {
      const own = fits.test(word) ? word : plain(word)
      const owner = owners.get(own)
      if (owner === undefined && (own === word || fits.test(own))) owners.set(own, k)
      else if (owner !== undefined && owner !== k) owners.set(own, -1)
    }
  })
  const lists = languages.map((): string[] => [])
  let shared = 0
  for (const [word, owner] of owners) {
    if (owner === -1) shared++
    else lists[owner]!.push(word)
  }
  const drawn = lists.map((list) => {
    const places = randperm(list.length).data.subarray(0, count)
    return Array.from(places, (place) => list[place]!)
  })
  return { lists: drawn, shared }
}
