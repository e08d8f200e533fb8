import { expect } from 'chai'
import { DataLoader, randomSplit, Subset, TensorDataset } from '../../ts/data/index.js'
import { DTypeError, ShapeError, ValueError } from '../../ts/errors.js'
import { Generator } from '../../ts/random/generator.js'
import { arange, tensor, zeros } from '../../ts/tensor/create.js'
import type { Tensor } from '../../ts/tensor/tensor.js'
import { eachBackend } from '../support/each-backend.js'

const numbers = (n: number): Tensor => arange(n, { dtype: 'int32' })
const bytes = (values: number[][]): Tensor => tensor(values, { dtype: 'uint8' })

describe('TensorDataset', () => {
  eachBackend(() => {
    it('gives sample i as row i of each tensor', () => {
      const dataset = new TensorDataset([arange(6).reshape([3, 2]), numbers(3)])
      expect(dataset.length).to.equal(3)
      const [x, y] = dataset.get(2)
      expect(x.toArray()).to.deep.equal([4, 5])
      expect(y.shape).to.deep.equal([])
      expect(y.item()).to.equal(2)
    })

    it('leaves bytes as they are without a scale', () => {
      const [x] = new TensorDataset([bytes([[1, 255]])]).get(0)
      expect(x.dtype).to.equal('uint8')
      expect(x.toArray()).to.deep.equal([1, 255])
    })

    it('scales and shifts bytes to float32', () => {
      const dataset = new TensorDataset([bytes([[0, 128, 255]]), numbers(1)], {
        scale: [1 / 256, null],
        shift: [-0.5, null],
      })
      const [x, y] = dataset.get(0)
      expect(x.dtype).to.equal('float32')
      expect(x.toArray()).to.deep.equal([-0.5, 0, 0.49609375])
      expect(y.dtype).to.equal('int32')
    })

    it('scales float64 to float64', () => {
      const [x] = new TensorDataset([tensor([3], { dtype: 'float64' })], { scale: [1 / 3] }).get(0)
      expect(x.dtype).to.equal('float64')
      expect(x.item()).to.equal(1)
    })

    it('refuses a sample that is not there', () => {
      const dataset = new TensorDataset([numbers(3)])
      for (const index of [-1, 3, 0.5, NaN]) {
        expect(() => dataset.get(index)).to.throw(ValueError, `within 0 to 2, got ${index}`)
      }
      expect(() => dataset.gather(tensor([1, 7], { dtype: 'int32' }))).to.throw(ValueError)
    })
  })

  it('refuses tensors that do not share the first dimension', () => {
    expect(() => new TensorDataset([zeros([3, 2]), zeros([2, 3])])).to.throw(
      ShapeError,
      'TensorDataset: expected tensor 1 to be of 3 rows, as tensor 0 has, got shape (2, 3)',
    )
    expect(() => new TensorDataset([zeros([])])).to.throw(ShapeError, 'at least one dimension')
    expect(() => new TensorDataset([zeros([3]), zeros([])])).to.throw(ShapeError, 'of 3 rows')
  })

  it('refuses no tensors, other things, and scales that do not match', () => {
    expect(() => new TensorDataset([])).to.throw(ValueError, 'at least one tensor')
    expect(() => new TensorDataset([[1, 2]] as never)).to.throw(ValueError, 'item 0 to be a Tensor')
    const build = (scale: unknown) => () =>
      new TensorDataset([zeros([1])], { scale: scale as [number] })
    for (const scale of [[], [1, 2], [NaN], ['1'], 0.5]) {
      expect(build(scale)).to.throw(ValueError, 'expected scale to be a list of 1 finite numbers')
    }
  })
})

describe('Subset', () => {
  eachBackend(() => {
    it('has the samples of its indices, in their order', () => {
      const dataset = new TensorDataset([arange(5), numbers(5)])
      const subset = new Subset(dataset, [4, 1, 1])
      expect(subset.length).to.equal(3)
      expect(subset.get(0)[1].item()).to.equal(4)
      const [[x]] = [...new DataLoader(subset, { batchSize: 3 })] as [[Tensor, Tensor]]
      expect(x.toArray()).to.deep.equal([4, 1, 1])
      const [[y]] = [...new DataLoader(new Subset(subset, [2, 0]), { batchSize: 2 })] as [
        [Tensor, Tensor],
      ]
      expect(y.toArray()).to.deep.equal([1, 4])
    })
  })

  it('refuses indices that are no samples', () => {
    const dataset = new TensorDataset([arange(5)])
    for (const index of [-1, 5, 0.5]) {
      expect(() => new Subset(dataset, [0, index])).to.throw(
        ValueError,
        `index 1 to be within 0 to 4`,
      )
    }
    expect(() => new Subset(dataset, arange(2))).to.throw(DTypeError, 'int32, got float32')
    expect(() => new Subset(dataset, [0]).get(1)).to.throw(ValueError, 'within 0 to 0, got 1')
  })
})

describe('randomSplit', () => {
  const indices = (subset: Subset<readonly Tensor[]>): number[] => [...subset.indices.data]

  eachBackend(() => {
    it('cuts by counts: every sample in one part', () => {
      const [a, b] = randomSplit([numbers(10), numbers(10)], [7, 3], {
        generator: new Generator(5),
      })
      expect([a.length, b.length]).to.deep.equal([7, 3])
      const all = [...indices(a), ...indices(b)]
      expect(all).to.not.deep.equal([...numbers(10).data])
      expect(all.sort((x, y) => x - y)).to.deep.equal([...numbers(10).data])
    })

    it('cuts by fractions, what is left over going to the first parts', () => {
      const lengths = (fractions: number[], n: number): number[] =>
        randomSplit([numbers(n)], fractions).map(({ length }) => length)
      expect(lengths([0.3, 0.3, 0.4], 10)).to.deep.equal([3, 3, 4])
      expect(lengths([0.5, 0.5], 5)).to.deep.equal([3, 2])
      expect(lengths([1 / 3, 1 / 3, 1 / 3], 11)).to.deep.equal([4, 4, 3])
      expect(lengths([0.7, 0.2, 0.1], 100)).to.deep.equal(
        [71, 20, 9].map((_, i) => [70, 20, 10][i]!),
      )
      expect(lengths([1, 0], 1)).to.deep.equal([1, 0])
    })

    it('repeats by seed', () => {
      const split = (seed: number): number[][] =>
        randomSplit([numbers(30)], [0.5, 0.5], { generator: new Generator(seed) }).map(indices)
      expect(split(1)).to.deep.equal(split(1))
      expect(split(1)).to.not.deep.equal(split(2))
    })
  })

  for (const lengths of [[5, 4], [11], [-1, 11], [0.5, 0.4], [1.5, -0.5], [NaN, 1], []]) {
    it(`refuses the lengths [${lengths.join(', ')}] for 10 samples`, () => {
      expect(() => randomSplit([numbers(10)], lengths)).to.throw(ValueError, 'add up to')
    })
  }
})
