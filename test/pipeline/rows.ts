import { data } from '../../ts/index.js'

/** Flowers of two kinds by two sizes and a colour, with gaps; the same rows each time. */
export function flowers(rows = 120): data.Table {
  const uniform = drawn(7)
  return data.Table.fromRows(
    Array.from({ length: rows }, (_, i) => {
      const rose = i % 3 === 0
      return {
        width: uniform() < 0.05 ? null : (rose ? 4 : 2) + 1.5 * uniform(),
        height: 10 + 5 * uniform() + (rose ? 3 : 0),
        colour: uniform() < 0.05 ? null : rose && uniform() < 0.8 ? 'red' : 'white',
        note: i,
        kind: rose ? 'rose' : 'daisy',
      }
    }),
  )
}

/** Prices that follow from a size, a district and whether there is a garden. */
export function houses(rows = 160): data.Table {
  const uniform = drawn(3)
  const districts = ['north', 'south', 'old town']
  return data.Table.fromRows(
    Array.from({ length: rows }, () => {
      const size = 40 + 160 * uniform()
      const place = Math.floor(3 * uniform())
      const garden = uniform() < 0.5
      const price = 20_000 + 2_500 * size + 60_000 * place + (garden ? 30_000 : 0)
      return { size, district: districts[place]!, garden, price: price + 5_000 * uniform() }
    }),
  )
}

/** mulberry32. */
function drawn(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Rows of a table by their numbers. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
