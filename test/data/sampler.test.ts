import { expect } from 'chai'

import {
  arange,
  data,
  fit,
  fitSync,
  Generator,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const wrong = (value: unknown): never => value as never

describe('data: WeightedRandomSampler and classWeights', () => {
  eachBackend(() => {
    it('draws with probabilities in proportion to the weights', () => {
      const weights = [0, 1, 3, 0, 6, 0]
      const n = 20_000
      const generator = new Generator(3)
      const counts = new Array<number>(6).fill(0)
      for (const i of new data.WeightedRandomSampler(weights, n, { generator })) counts[i]!++
      counts.forEach((count, i) => {
        const p = weights[i]! / 10
        expect(count).to.be.closeTo(p * n, 6 * Math.sqrt(n * p * (1 - p)) + 1e-9)
      })
    })

    it('without replacement draws each sample once, heavy ones first', () => {
      const firsts = new Array<number>(3).fill(0)
      const generator = new Generator(4)
      const sampler = new data.WeightedRandomSampler([1, 0, 9], 2, {
        replacement: false,
        generator,
      })
      for (let i = 0; i < 2000; i++) {
        const drawn = [...sampler]
        expect([...drawn].sort()).to.deep.equal([0, 2])
        firsts[drawn[0]!]!++
      }
      expect(firsts[2]).to.be.closeTo(1800, 6 * Math.sqrt(2000 * 0.09))
    })

    it('balances classes, and so does fit, captured', async () => {
      manualSeed(5)
      const labels = tensor(
        Array.from({ length: 200 }, (_, i) => (i < 180 ? 0 : 1)),
        {
          dtype: 'int32',
        },
      )
      const sampler = data.WeightedRandomSampler.balanced(labels)
      const loader = new data.DataLoader([randn([200, 2]), labels], { batchSize: 20, sampler })
      let ones = 0
      for (let epoch = 0; epoch < 10; epoch++) {
        for (const [, y] of loader) ones += Array.from(y.data).filter((label) => label === 1).length
      }
      expect(ones).to.be.closeTo(1000, 6 * Math.sqrt(500))
      expect([loader.length, loader.numSamples]).to.deep.equal([10, 200])
      const model = new nn.Linear(2, 2)
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const criterion = new nn.CrossEntropyLoss()
      const history = await fit(model, loader, { criterion, optimizer, epochs: 2 })
      expect(history.mode).to.equal('captured')
    })

    it('goes by the seed, anew each epoch', () => {
      const draws = [7, 7].map((seed) => {
        manualSeed(seed)
        const sampler = new data.WeightedRandomSampler([1, 2, 3], 20)
        return [[...sampler], [...sampler]]
      })
      expect(draws[0]).to.deep.equal(draws[1])
      expect(draws[0]![0]).not.to.deep.equal(draws[0]![1])
    })
  })

  it('a list of numbers is a sampler, and one that lies is refused', () => {
    const loader = new data.DataLoader([arange(5)], { batchSize: 2, sampler: [4, 4, 1] })
    expect([...loader].flatMap(([x]) => x.toArray())).to.deep.equal([4, 4, 1])
    const generator = new Generator(1)
    const own = new data.WeightedRandomSampler([1, 1], 2, { generator })
    expect(new data.DataLoader([arange(2)], { sampler: own }).generator).to.equal(generator)
    for (const [sampler, message] of [
      [[0, 5], 'a number of the sampler to be within 0 to 4, got 5'],
      [{ length: 2, [Symbol.iterator]: () => [1].values() }, 'one that gives 2 numbers, got 1'],
      [{ length: 0, [Symbol.iterator]: () => [1].values() }, 'one that gives 0 numbers, got more'],
    ] as const) {
      const bad = new data.DataLoader([arange(5)], { sampler })
      expect(() => [...bad]).to.throw(ValueError, message)
    }
  })

  it('refuses what makes no sense', () => {
    for (const [make, message] of [
      [() => new data.WeightedRandomSampler([1, -1], 2), 'weight 1 to be a finite number'],
      [() => new data.WeightedRandomSampler(wrong(['1']), 2), 'weight 0'],
      [() => new data.WeightedRandomSampler(wrong(3), 2), 'the weights'],
      [() => new data.WeightedRandomSampler([0, 0], 2), 'of samples that have a weight'],
      [() => new data.WeightedRandomSampler([1], 0), 'expected length to be a whole number'],
      [() => new data.WeightedRandomSampler([1, 0], 2, { replacement: false }), 'from 1 to 1'],
      [() => data.WeightedRandomSampler.balanced([0, -1]), 'label 1'],
      [() => data.classWeights([0, 2]), 'class 1 to be that of a sample, got none'],
      [() => data.classWeights([0, 2], { classes: 2 }), 'label 1 to be a whole number from 0 to 1'],
      [() => data.classWeights([]), 'the labels'],
      [() => new data.DataLoader([arange(2)], { sampler: [0], shuffle: true }), 'left out beside'],
      [() => new data.DataLoader([arange(2)], { sampler: wrong(3) }), 'expected sampler to be'],
    ] as const) {
      expect(make, message).to.throw(ValueError, message)
    }
    const model = new nn.Linear(1, 1)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const options = { criterion: new nn.MSELoss(), optimizer, epochs: 1, validationSplit: 0.5 }
    const loader = new data.DataLoader([randn([4, 1]), randn([4, 1])], { sampler: [0, 1] })
    expect(() => fitSync(model, loader, options)).to.throw(ValueError, 'without a sampler')
  })

  it("classWeights are scikit-learn's balanced ones", () => {
    // compute_class_weight('balanced', classes=[0, 1, 2], y=[0, 0, 0, 1, 2, 2])
    const weights: Tensor = data.classWeights([0, 0, 0, 1, 2, 2])
    expect(weights.toArray()).to.deep.equal([2 / 3, 2, 1].map(Math.fround))
    const labels = tensor([1, 0, 1], { dtype: 'int32' })
    const criterion = new nn.CrossEntropyLoss({ weight: data.classWeights(labels) })
    expect(criterion.weight!.toArray()).to.deep.equal([1.5, 0.75])
  })
})
