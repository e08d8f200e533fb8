import { expect } from 'chai'
import { readFileSync } from 'node:fs'

import { comparisons, scoreOf } from '../../benchmarks/cross-validation.js'
import { getBackend } from '../../ts/index.js'

interface Score {
  readonly mean: number
  readonly repeats: readonly number[]
}

type Scores = Readonly<Record<'gradlane' | 'linear' | 'mlp' | 'boosting', Score>>

const { tables } = JSON.parse(
  readFileSync(new URL('../../benchmarks/results/tables.json', import.meta.url), 'utf8'),
) as { tables: readonly (Scores & { name: string })[] }

const named = (name: string): Scores => tables.find((table) => table.name === name)!

describe('Pipeline: real data', () => {
  for (const name of Object.keys(comparisons)) {
    it(`${name}: what was measured is above the linear model, and near the best peer`, () => {
      const { gradlane, linear, mlp, boosting } = named(name)
      expect(gradlane.mean).to.be.above(linear.mean)
      expect(gradlane.mean).to.be.at.least(Math.max(mlp.mean, boosting.mean) - 2)
    })
  }

  // In plain TypeScript a repeat takes half a minute.
  if (getBackend() === 'reference') return
  for (const name of ['penguins', 'wine']) {
    it(`${name}: the first repeat comes to what was measured`, async () => {
      const { gradlane, mlp, boosting } = named(name)
      const one = await comparisons[name]!()
      const score = await scoreOf(one, 0)
      // Rounding differs between instruction sets: a row or two that stand at the border.
      const rows = (100 * 2) / one.table.length
      expect(score).to.be.closeTo(gradlane.repeats[0]!, rows + 0.001)
      expect(score).to.be.at.least(Math.max(mlp.repeats[0]!, boosting.repeats[0]!) - 2)
    })
  }
})
