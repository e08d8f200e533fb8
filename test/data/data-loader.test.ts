import { expect } from 'chai'
import { ShapeError, ValueError } from '../../ts/errors.js'
import { DataLoader, type Dataset, Subset, TensorDataset } from '../../ts/data/index.js'
import { Generator, manualSeed } from '../../ts/random/generator.js'
import { arange, tensor } from '../../ts/tensor/create.js'
import type { Tensor } from '../../ts/tensor/tensor.js'
import { eachBackend } from '../support/each-backend.js'

const numbers = (n: number): Tensor => arange(n, { dtype: 'int32' })

/** The first column of all batches of an epoch, one after the other. */
function epoch(loader: Iterable<[Tensor, ...Tensor[]]>): number[] {
  return Array.from(loader, ([x]) => Array.from(x.data)).flat()
}

describe('DataLoader', () => {
  eachBackend(() => {
    it('gives batches in order, the last one shorter', () => {
      const x = arange(14).reshape([7, 2])
      const loader = new DataLoader([x, numbers(7), arange(7).reshape([7, 1])], { batchSize: 3 })
      expect(loader.length).to.equal(3)
      expect(loader.numSamples).to.equal(7)
      const batches = [...loader]
      expect(batches.map((batch) => batch.map(({ shape }) => shape))).to.deep.equal([
        [[3, 2], [3], [3, 1]],
        [[3, 2], [3], [3, 1]],
        [[1, 2], [1], [1, 1]],
      ])
      const [features, labels, targets] = batches[1]!
      expect(features.toArray()).to.deep.equal([
        [6, 7],
        [8, 9],
        [10, 11],
      ])
      expect(labels.toArray()).to.deep.equal([3, 4, 5])
      expect(labels.dtype).to.equal('int32')
      expect(targets.toArray()).to.deep.equal([[3], [4], [5]])
    })

    it('leaves the last partial batch out with dropLast', () => {
      const loader = new DataLoader([numbers(7)], { batchSize: 3, dropLast: true })
      expect(loader.length).to.equal(2)
      expect(epoch(loader)).to.deep.equal([0, 1, 2, 3, 4, 5])
      expect([...new DataLoader([numbers(2)], { batchSize: 3, dropLast: true })]).to.deep.equal([])
    })

    it('has batches of one by default, and none of an empty dataset', () => {
      expect(new DataLoader([numbers(3)]).length).to.equal(3)
      const empty = new DataLoader([numbers(0)], { shuffle: true })
      expect(empty.length).to.equal(0)
      expect([...empty]).to.deep.equal([])
    })

    it('shuffles rows together, every sample once', () => {
      const x = arange(200).reshape([100, 2])
      const loader = new DataLoader([numbers(100), x], { batchSize: 7, shuffle: true })
      for (const [number, row] of loader) {
        number.data.forEach((n, i) => {
          expect(Array.from(row.select(0, i).data)).to.deep.equal([2 * n, 2 * n + 1])
        })
      }
      const order = epoch(loader)
      expect(order).to.not.deep.equal([...numbers(100).data])
      expect(order.sort((a, b) => a - b)).to.deep.equal([...numbers(100).data])
    })

    it('reshuffles each epoch, and repeats the epochs of a seed', () => {
      const run = (): number[][] => {
        const generator = new Generator(7)
        const loader = new DataLoader([numbers(50)], { batchSize: 8, shuffle: true, generator })
        return [epoch(loader), epoch(loader), epoch(loader)]
      }
      const [first, second, third] = run()
      expect(first).to.not.deep.equal(second)
      expect(second).to.not.deep.equal(third)
      expect(run()).to.deep.equal([first, second, third])
    })

    it('without a generator follows manualSeed, whatever the size of the dataset', () => {
      const loader = new DataLoader([numbers(50)], { shuffle: true })
      manualSeed(3)
      const orders = [epoch(loader), epoch(loader)]
      expect(orders[0]).to.not.deep.equal(orders[1])
      manualSeed(3)
      epoch(new DataLoader([numbers(5000)], { batchSize: 500, shuffle: true }))
      expect(epoch(loader)).to.deep.equal(orders[1])
    })

    it('keeps iterations that run at the same time apart', () => {
      const generator = new Generator(1)
      const loader = new DataLoader([numbers(20)], { batchSize: 4, shuffle: true, generator })
      const [a, b] = [loader[Symbol.iterator](), loader[Symbol.iterator]()]
      const [orderA, orderB]: [number[], number[]] = [[], []]
      for (let i = 0; i < 5; i++) {
        orderA.push(...(a.next().value as [Tensor])[0].data)
        orderB.push(...(b.next().value as [Tensor])[0].data)
      }
      expect(a.next().done).to.equal(true)
      const again = new DataLoader([numbers(20)], { shuffle: true, generator: new Generator(1) })
      expect([orderA, orderB]).to.deep.equal([epoch(again), epoch(again)])
    })

    it('gives tensors that belong to the caller', () => {
      const x = arange(4)
      const loader = new DataLoader([x], { batchSize: 2 })
      const batches = [...loader]
      for (const [batch] of batches) batch.data.fill(-1)
      expect([...x.data]).to.deep.equal([0, 1, 2, 3])
      expect(epoch(loader)).to.deep.equal([0, 1, 2, 3])
    })

    it('stacks the samples of a dataset that has no gather', () => {
      const squares: Dataset<[Tensor, Tensor]> = {
        length: 5,
        get: (i) => [tensor([i, i * i]), tensor(i, { dtype: 'int32' })],
      }
      const [, [x, y]] = [...new DataLoader(squares, { batchSize: 2 })] as [
        [Tensor, Tensor],
        [Tensor, Tensor],
      ]
      expect(x.toArray()).to.deep.equal([
        [2, 4],
        [3, 9],
      ])
      expect(y.shape).to.deep.equal([2])
      expect(y.dtype).to.equal('int32')
      const part = new DataLoader(new Subset(squares, [4, 0]), { batchSize: 2 })
      expect(epoch(part)).to.deep.equal([4, 16, 0, 0])
    })

    it('refuses samples that do not agree', () => {
      const ragged: Dataset<[Tensor]> = {
        length: 3,
        get: (i) => [tensor(i < 2 ? [1, 2] : [1, 2, 3])],
      }
      expect(() => [...new DataLoader(ragged, { batchSize: 3 })]).to.throw(
        ShapeError,
        'tensor 0 of sample 2 to be Tensor(2) float32, as in sample 0, got Tensor(3) float32',
      )
      const shrinking: Dataset = {
        length: 2,
        get: (i) => (i === 0 ? [tensor(1), tensor(2)] : [tensor(1)]),
      }
      expect(() => [...new DataLoader(shrinking, { batchSize: 2 })]).to.throw(
        ValueError,
        'sample 1 to be 2 tensors, got 1',
      )
    })
  })

  for (const batchSize of [0, -1, 1.5, NaN, Infinity]) {
    it(`refuses a batch size of ${JSON.stringify(batchSize)} (${String(batchSize)})`, () => {
      expect(() => new DataLoader([numbers(3)], { batchSize })).to.throw(
        ValueError,
        `expected batchSize to be a whole number of at least 1, got ${String(batchSize)}`,
      )
    })
  }

  it('refuses tensors of different lengths', () => {
    expect(() => new DataLoader([numbers(3), numbers(4)])).to.throw(
      ShapeError,
      'tensor 1 to be of 3 rows, as tensor 0 has, got shape (4)',
    )
  })

  it('has typed batches', () => {
    const pair = new TensorDataset([numbers(2), numbers(2)])
    for (const [x, y] of new DataLoader(pair)) {
      const both: [Tensor, Tensor] = [x, y]
      expect(both).to.have.length(2)
    }
    // @ts-expect-error a batch of two tensors has no third
    for (const [, , z] of new DataLoader([numbers(1), numbers(1)])) expect(z).to.equal(undefined)
  })
})
