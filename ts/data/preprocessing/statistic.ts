import type { Cells } from './cells.js'
import { Moments } from './moments.js'
import { joined, quantile } from './selected.js'
import { done, type Steps } from './steps.js'

/** What takes the place of the gaps of a feature, found block by block. @internal */
export interface Statistic {
  observe(cells: Cells): void
  /** undefined when there were gaps alone. */
  finish(): Steps<number | string | undefined>
}

/** @internal */
export type Strategy = 'mean' | 'median' | 'mostFrequent'

/** @internal */
export function statisticOf(strategy: Strategy): Statistic {
  if (strategy === 'mean') return runningMean()
  return strategy === 'median' ? median() : mostFrequent()
}

function numbersOf(cells: Cells): Float64Array {
  if ('values' in cells && cells.type !== 'text') return cells.values
  throw new TypeError(`a statistic of numbers got ${cells.type}`)
}

function runningMean(): Statistic {
  const moments = new Moments()
  return {
    observe: (cells) => {
      moments.add(numbersOf(cells))
    },
    finish: () => done(moments.count === 0 ? undefined : moments.mean),
  }
}

function median(): Statistic {
  const blocks: Float64Array[] = []
  return {
    observe: (cells) => void blocks.push(numbersOf(cells)),
    *finish() {
      const values = yield* joined(blocks)
      return values.length === 0 ? undefined : yield* quantile(values, 0.5)
    },
  }
}

/** Of those that are equally frequent the least. */
function mostFrequent(): Statistic {
  const counts = new Map<number | string, number>()
  const add = (value: number | string, count: number): void => {
    counts.set(value, (counts.get(value) ?? 0) + count)
  }
  return {
    observe(cells) {
      if (cells.type === 'category') {
        const found = countCodes(cells.codes, cells.categories.length)
        found.forEach((count, code) => {
          if (count > 0) add(cells.categories[code]!, count)
        })
      } else for (const value of cells.values) if (value !== null && value === value) add(value, 1)
    },
    finish() {
      let best: number | string | undefined
      let most = 0
      for (const [value, count] of counts) {
        if (count < most || (count === most && !(value < best!))) continue
        most = count
        best = value
      }
      return done(best)
    },
  }
}

/** How often each code is there; gaps are left out. @internal */
export function countCodes(codes: Int32Array, categories: number): Uint32Array {
  const counts = new Uint32Array(categories)
  for (const code of codes) if (code >= 0) counts[code]! += 1
  return counts
}
