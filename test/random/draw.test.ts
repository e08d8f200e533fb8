import { expect } from 'chai'

import {
  bernoulli,
  capture,
  DTypeError,
  full,
  Generator,
  manualSeed,
  multinomial,
  randint,
  setNumThreads,
  getNumThreads,
  ShapeError,
  tensor,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const wrong = (value: unknown): never => value as never
const weights = tensor([
  [0, 1, 3],
  [2, 2, 0],
])

/** One draw of each kind, of a generator with this seed. */
function all(seed: number): number[][] {
  const generator = new Generator(seed)
  return [
    randint(-5, 5, [3, 3000], { generator }),
    bernoulli(full([10_001], 0.25), { generator }),
    multinomial(weights, 2, { generator }),
    multinomial(weights.select(0, 0), 50, { replacement: true, generator }),
  ].map(({ data }) => Array.from(data))
}

describe('randint, bernoulli, multinomial', () => {
  const streams: string[] = []

  eachBackend(() => {
    it('draw what their arguments allow', () => {
      const [dice, coins, two, one] = all(3)
      expect(new Set(dice)).to.deep.equal(new Set(Array.from({ length: 10 }, (_, i) => i - 5)))
      expect(new Set(coins)).to.deep.equal(new Set([0, 1]))
      expect(two!.slice(0, 2).sort()).to.deep.equal([1, 2])
      expect(two!.slice(2).sort()).to.deep.equal([0, 1])
      expect(new Set(one)).to.deep.equal(new Set([1, 2]))
      expect(randint(9, [2, 3]).shape).to.deep.equal([2, 3])
      expect(randint(2, [2], { dtype: 'float64' }).dtype).to.equal('float64')
      expect(bernoulli(zeros([2], { dtype: 'float64' })).toArray()).to.deep.equal([0, 0])
      expect(multinomial(zeros([0, 3]), 2).shape).to.deep.equal([0, 2])
    })

    it('draw the same numbers whatever the number of threads, and others next time', () => {
      const threads = getNumThreads()
      try {
        setNumThreads(1)
        const single = JSON.stringify(all(7))
        setNumThreads(2)
        expect(JSON.stringify(all(7))).to.equal(single)
        expect(JSON.stringify(all(8))).not.to.equal(single)
        streams.push(single)
      } finally {
        setNumThreads(threads)
      }
      manualSeed(1)
      const first = randint(1000, [8]).toArray()
      expect(randint(1000, [8]).toArray()).not.to.deep.equal(first)
      manualSeed(1)
      expect(randint(1000, [8]).toArray()).to.deep.equal(first)
    })

    it('go on drawing in a captured step', () => {
      const x = full([40], 0.5)
      const draws = (generator: Generator, x: Tensor): Tensor[] => [
        randint(100, [40], { generator }),
        bernoulli(x, { generator }),
        multinomial(x, 40, { generator }),
      ]
      const [eager, captured] = [new Generator(5), new Generator(5)]
      const step = capture(({ x }: { x: Tensor }) => draws(captured, x), { inputs: { x } })
      captured.manualSeed(5)
      for (let i = 0; i < 3; i++) {
        const expected = draws(eager, x).map((y) => y.toArray())
        expect(step.runSync().map((y) => y.toArray())).to.deep.equal(expected)
      }
    })
  })

  it('draw the same numbers on both backends', () => {
    expect(new Set(streams).size).to.be.at.most(1)
  })

  it('refuse what is no bound, probability or weight', () => {
    const cases: [() => unknown, new (message: string) => Error, string][] = [
      [() => randint(0, [2]), ValueError, 'the first below the second'],
      [() => randint(3, 2, [2]), ValueError, 'the first below the second'],
      [() => randint(0.5, 2, [2]), ValueError, 'whole numbers'],
      [() => randint(0, 2 ** 31 + 1, [2]), ValueError, 'int32'],
      [() => randint(2, wrong(undefined)), ShapeError, 'an array of sizes'],
      [() => bernoulli(tensor([0.5, 1.5])), ValueError, 'bernoulli: the probability at element 1'],
      [() => bernoulli(tensor([NaN])), ValueError, 'outside [0, 1]'],
      [() => bernoulli(tensor([1], { dtype: 'int32' })), DTypeError, 'float32 or float64'],
      [() => multinomial(tensor([1, -1]), 1), ValueError, 'category 1 in row 0 is negative'],
      [() => multinomial(weights, 3), ValueError, 'row 0 has 2 categories with a weight, 3 are'],
      [() => multinomial(zeros([3]), 1), ValueError, 'a sum that is 0'],
      [() => multinomial(weights, 0), ValueError, 'numSamples'],
      [() => multinomial(zeros([2, 2, 2]), 1), ShapeError, '(categories) or (n, categories)'],
      [() => multinomial(wrong([1]), 1), ValueError, 'a Tensor'],
      [() => multinomial(weights, 1, wrong(true)), ValueError, 'the options'],
    ]
    for (const [call, error, message] of cases) expect(call).to.throw(error, message)
  })
})
