import { expect } from 'chai'

import { Generator, nn } from '../../ts/index.js'
import { camelOptions, readCases } from '../support/pytorch-fixture.js'

/** `case` of test/fixtures/initial.py: mean square and largest magnitude over many draws. */
interface Case {
  readonly name: string
  readonly arguments: readonly unknown[]
  readonly options: Readonly<Record<string, unknown>>
  readonly state: Readonly<Record<string, { square: number; largest: number }>>
}

const DRAWS = 40

type Layer = new (
  ...given: unknown[]
) => nn.Module & { resetParameters?: (from: Generator) => void }

describe('initial values have the distributions of PyTorch', () => {
  for (const { name, arguments: given, options, state } of readCases(
    'initial',
  ) as readonly Case[]) {
    it(name, () => {
      const make = (nn as unknown as Record<string, Layer>)[name]!
      const module = new make(...given, camelOptions(options))
      const generator = new Generator(7)
      const found = new Map<string, { square: number; largest: number; count: number }>()
      for (let draw = 0; draw < DRAWS; draw++) {
        module.resetParameters!(generator)
        for (const [key, { data }] of Object.entries(module.stateDict())) {
          const sum = found.get(key) ?? { square: 0, largest: 0, count: 0 }
          for (const value of data) {
            sum.square += value * value
            sum.largest = Math.max(sum.largest, Math.abs(value))
          }
          sum.count += data.length
          found.set(key, sum)
        }
      }
      expect([...found.keys()]).to.deep.equal(Object.keys(state))
      for (const [key, wanted] of Object.entries(state)) {
        const { square, largest, count } = found.get(key)!
        // the mean square of n normal numbers deviates by sqrt(2 / n) of it, that of uniform ones by
        // less; here is the difference of two such means, six deviations of it
        const allowed = 6 * Math.sqrt(2) * Math.sqrt(2 / count) * wanted.square
        expect(square / count, `${key}: mean square`).to.be.closeTo(wanted.square, allowed)
        // of n uniform numbers the largest misses the bound by more than 30 / n of it once in e^30;
        // of the normal ones of Embedding it varies by its own deviation of 0.3, at most ten of them
        const reach = name === 'Embedding' ? 3 : (30 / count) * wanted.largest
        expect(largest, `${key}: largest`).to.be.closeTo(wanted.largest, reach)
      }
    })
  }
})
