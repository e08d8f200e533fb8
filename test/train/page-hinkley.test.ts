import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { PageHinkley, type PageHinkleyOptions } from '../../ts/index.js'

/** As test/fixtures/page_hinkley.py has it. */
const stream = Array.from(
  { length: 600 },
  (_, i) => ((i * 7919) % 101) / 101 + (i >= 200 ? 1 : 0) - (i >= 400 ? 1.5 : 0),
)

interface Case {
  readonly options: PageHinkleyOptions & { readonly min_instances?: number }
  readonly alarms: readonly number[]
}

describe('PageHinkley', () => {
  it("raises river's alarms", () => {
    const path = new URL('../fixtures/page_hinkley.json', import.meta.url)
    const cases = JSON.parse(readFileSync(path, 'utf8')) as readonly Case[]
    for (const { options, alarms } of cases) {
      const { min_instances: minInstances, mode = 'both', ...others } = options
      const test = new PageHinkley({ ...others, mode, minInstances })
      const found = stream.flatMap((x, i) => (test.update(x) ? [i] : []))
      expect(found, JSON.stringify(options)).to.deep.equal(alarms)
    }
  })

  it('adds up as the formula says', () => {
    const test = new PageHinkley({ minInstances: 1, delta: 0.5, threshold: 1.6, alpha: 1 })
    // means 0, 0, 1; differences less delta -0.5, -0.5, 1.5; their sums -0.5, -1, 0.5; least -1
    expect([0, 0, 3].map((x) => test.update(x))).to.deep.equal([false, false, false])
    // mean 1.5, difference 1, sum 1.5: 2.5 above the least
    expect(test.update(3)).to.equal(true)
    expect(test.driftDetected).to.equal(true)
    expect(test.count).to.equal(4)
    expect(test.update(3)).to.equal(false)
    expect(test.count).to.equal(1)
  })

  it('takes a loss that is no number for an alarm', () => {
    const test = new PageHinkley()
    expect([1, NaN, 1, Infinity, 1].map((x) => test.update(x))).to.deep.equal([
      ...[false, true, false, true, false],
    ])
    expect(() => test.update('1' as never))
      .to.throw()
      .with.property('code', 'ERR_VALUE')
  })
})
