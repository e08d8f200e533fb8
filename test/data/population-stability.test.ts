import { expect } from 'chai'

import { data } from '../../ts/index.js'

const { populationStability } = data

describe('populationStability', () => {
  it('is the sum over bins', () => {
    // shares 0.5 and 0.5 before, 0.25 and 0.75 now
    const byHand = -0.25 * Math.log(0.5) + 0.25 * Math.log(1.5)
    expect(populationStability(['a', 'b'], ['a', 'b', 'b', 'b'])).to.be.closeTo(byHand, 1e-12)
    // edges 2; as above
    expect(populationStability([1, 2, 3, 4], [2, 3, 9, 5], { bins: 2 })).to.be.closeTo(
      byHand,
      1e-12,
    )
    // nothing of now in the first bin: 1e-4 stands for it
    const none = (1e-4 - 0.5) * Math.log(1e-4 / 0.5) + 0.5 * Math.log(2)
    expect(populationStability([1, 2], [5, 6], { bins: 2 })).to.be.closeTo(none, 1e-12)
    // texts that were not there, and gaps, have bins of their own
    const others = 2 * (0.5 - 1e-4) * Math.log(0.5 / 1e-4) + (1e-4 - 1) * Math.log(1e-4)
    expect(populationStability(['a'], ['z', null])).to.be.closeTo(others, 1e-12)
  })

  it('is 0 for the same and small for another sample of it', () => {
    const sample = (from: number): number[] =>
      Array.from({ length: 1000 }, (_, i) => ((i + from) * 7919) % 1009)
    expect(populationStability(sample(0), sample(0))).to.equal(0)
    expect(populationStability(sample(0), Float64Array.from(sample(3)))).to.be.below(0.01)
    expect(
      populationStability(
        sample(0),
        sample(0).map((x) => x + 500),
      ),
    ).to.be.above(0.25)
  })

  it('refuses what is no column', () => {
    for (const wrong of [[], [{}], [undefined], 1, null]) {
      expect(() => populationStability([1], wrong as number[]))
        .to.throw()
        .with.property('code', 'ERR_VALUE')
    }
  })
})
