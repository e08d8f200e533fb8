import { expect } from 'chai'

import {
  DTypeError,
  Generator,
  manualSeed,
  rand,
  randn,
  randperm,
  ShapeError,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'

describe('Generator', () => {
  it('gives the same numbers for the same seed, others for another', () => {
    for (const seed of [0, 1, 42, 2 ** 32, 2 ** 53 - 1]) {
      const first = rand([10], { generator: new Generator(seed) }).toArray()
      expect(rand([10], { generator: new Generator(seed) }).toArray()).to.deep.equal(first)
      expect(new Generator(seed).initialSeed).to.equal(seed)
    }
    const low = rand([10], { generator: new Generator(1) }).toArray()
    const high = rand([10], { generator: new Generator(1 + 2 ** 32) }).toArray()
    expect(low).not.to.deep.equal(high)
  })

  it('has a seed of its own without one', () => {
    expect(new Generator().initialSeed).not.to.equal(new Generator().initialSeed)
  })

  it('goes on from a saved state', () => {
    const generator = new Generator(3)
    rand([5], { generator })
    const state = generator.getState()
    const expected = rand([7], { generator }).toArray()
    generator.setState(state)
    expect(rand([7], { generator }).toArray()).to.deep.equal(expected)
    expect(rand([7], { generator: new Generator(9).setState(state) }).toArray()).to.deep.equal(
      expected,
    )
  })

  it('refuses other seeds and states', () => {
    for (const seed of [-1, 0.5, 2 ** 53, NaN, Infinity, '1' as unknown as number]) {
      expect(() => new Generator(seed)).to.throw(ValueError, '2^53 - 1')
      expect(() => manualSeed(seed)).to.throw(ValueError)
    }
    expect(() => new Generator(1).setState(zeros([4]))).to.throw(DTypeError)
    expect(() => new Generator(1).setState(tensor([1], { dtype: 'int32' }))).to.throw(ShapeError)
  })
})

describe('manualSeed', () => {
  it('seeds everything that draws without a generator', () => {
    const draw = (): unknown => {
      manualSeed(42)
      return [rand([3]).toArray(), randn([3]).toArray(), randperm(5).toArray()]
    }
    expect(draw()).to.deep.equal(draw())
  })

  it('leaves other generators alone', () => {
    const generator = new Generator(1)
    const first = rand([2], { generator }).toArray()
    generator.manualSeed(1)
    manualSeed(7)
    rand([5])
    expect(rand([2], { generator }).toArray()).to.deep.equal(first)
  })
})

describe('rand, randn, randperm', () => {
  const generator = new Generator(17)
  const n = 100_000

  for (const dtype of ['float32', 'float64'] as const) {
    it(`rand is uniform on [0, 1) in ${dtype}`, () => {
      const { data } = rand([n], { dtype, generator })
      let sum = 0
      for (const value of data) {
        if (!(value >= 0 && value < 1)) expect.fail(String(value))
        sum += value
      }
      // 5 standard deviations of the mean, 1 / sqrt(12 n); the seed is fixed
      expect(sum / n).to.be.closeTo(0.5, 5 / Math.sqrt(12 * n))
    })

    it(`randn has mean 0 and variance 1 in ${dtype}`, () => {
      const { data } = randn([n], { dtype, generator })
      let sum = 0
      let squares = 0
      for (const value of data) {
        sum += value
        squares += value * value
      }
      // the variance of x^2 is 2
      expect(sum / n).to.be.closeTo(0, 5 / Math.sqrt(n))
      expect(squares / n).to.be.closeTo(1, 5 * Math.sqrt(2 / n))
    })
  }

  it('randperm holds each number once', () => {
    const values = Array.from(randperm(1000, { generator }).data)
    expect(values).not.to.deep.equal(values.toSorted((a, b) => a - b))
    expect(values.toSorted((a, b) => a - b)).to.deep.equal([...Array(1000).keys()])
    expect(randperm(0).length).to.equal(0)
  })

  it('refuse integers', () => {
    expect(() => rand([2], { dtype: 'int32' as 'float32' })).to.throw(DTypeError, 'rand')
    expect(() => randn([2], { dtype: 'uint8' as 'float32' })).to.throw(DTypeError, 'randn')
  })
})
