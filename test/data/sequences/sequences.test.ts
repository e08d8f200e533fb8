import { expect } from 'chai'

import {
  arange,
  data,
  DTypeError,
  fit,
  Generator,
  gradcheck,
  manualSeed,
  nn,
  optim,
  randn,
  ShapeError,
  Tensor,
  tensor,
  ValueError,
} from '../../../ts/index.js'
import { eachBackend } from '../../support/each-backend.js'

const wrong = (value: unknown): never => value as never

describe('data: sequences of different lengths', () => {
  eachBackend(() => {
    it('padSequence fills up the shorter ones, time first or batch first, of any dtype', () => {
      for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
        const rows = [
          tensor([1, 2, 3], { dtype }),
          tensor([4], { dtype }),
          tensor([5, 6], { dtype }),
        ]
        const first = data.padSequence(rows, { batchFirst: true, paddingValue: 9 })
        expect(first.dtype).to.equal(dtype)
        expect(first.toArray()).to.deep.equal([
          [1, 2, 3],
          [4, 9, 9],
          [5, 6, 9],
        ])
        expect(data.padSequence(rows).toArray()).to.deep.equal([
          [1, 4, 5],
          [2, 0, 6],
          [3, 0, 0],
        ])
      }
      const wide = [tensor([[1, 2]]), tensor([[3, 4], [5, 6]])] // prettier-ignore
      expect(data.padSequence(wide).toArray()).to.deep.equal([
        [
          [1, 2],
          [3, 4],
        ],
        [
          [0, 0],
          [5, 6],
        ],
      ])
    })

    it('padSequence passes gradients to what was there', () => {
      manualSeed(1)
      const rows = [3, 1, 2].map((steps) => randn([steps, 2], { dtype: 'float64' }))
      for (const batchFirst of [true, false]) {
        gradcheck((...given: Tensor[]) => data.padSequence(given, { batchFirst }), rows)
      }
    })

    it('padSequence refuses what does not go together', () => {
      const [a, b] = [tensor([1, 2]), tensor([[1, 2]])]
      expect(() => data.padSequence([])).to.throw(ValueError, 'at least one')
      expect(() => data.padSequence([a, b])).to.throw(ShapeError, 'sequence 1 to be of shape (L)')
      expect(() => data.padSequence([a, a.to('float64')])).to.throw(DTypeError, 'sequence 1')
      expect(() => data.padSequence([a, wrong([1])])).to.throw(ValueError, 'sequence 1')
      expect(() => data.padSequence([tensor(1)])).to.throw(ShapeError, 'sequence 0')
      const bytes = [tensor([1], { dtype: 'uint8' })]
      expect(() => data.padSequence(bytes, { paddingValue: -1 }))
        .to.throw()
        .with.property('code')
    })

    it('a loader pads with padCollate, lengths behind, and fit learns from that', async () => {
      manualSeed(2)
      const lengths = Array.from({ length: 24 }, (_, i) => 1 + ((i * 7) % 5))
      const dataset: data.Dataset<[Tensor, Tensor]> = {
        length: lengths.length,
        get: (i) => [
          arange(1, lengths[i]! + 1).to('float32'),
          tensor([lengths[i]!], { dtype: 'float32' }),
        ],
      }
      const collateFn = data.padCollate({ paddingValue: -1 })
      const loader = new data.DataLoader(dataset, { batchSize: 3, collateFn })
      const [x, y, n] = [...loader][0]!
      const steps = Math.max(...lengths.slice(0, 3))
      const expected = lengths.slice(0, 3).map((length) => {
        return Array.from({ length: steps }, (_, i) => (i < length ? i + 1 : -1))
      })
      expect(x!.toArray()).to.deep.equal(expected)
      expect(y!.shape).to.deep.equal([3, 1])
      expect(n!.dtype).to.equal('int32')
      expect(n!.toArray()).to.deep.equal(lengths.slice(0, 3))
      const last: data.Dataset<[Tensor, Tensor]> = {
        length: 8,
        get: (i) => [randn([5, 2]).narrow(0, 0, 1 + (i % 2) * 4), tensor([i])],
      }
      class Mean extends nn.Module {
        readonly head = new nn.Linear(2, 1)
        override forward(input: Tensor): Tensor {
          return this.head.forward(input.mean(1))
        }
      }
      const model = new Mean()
      const history = await fit(model, new data.DataLoader(last, { batchSize: 2, collateFn }), {
        criterion: new nn.MSELoss(),
        optimizer: new optim.SGD(model.parameters(), { lr: 0.01 }),
        epochs: 2,
        progress: false,
      })
      expect(history.epochs).to.have.length(2)
    })

    it('padCollate pads further tensors, and tells what it cannot', () => {
      const both = data.padCollate({ padded: [0, 1], batchFirst: false })
      const batch = both([
        [tensor([1, 2]), tensor([3])],
        [tensor([4]), tensor([5, 6, 7])],
      ])
      expect(batch.map(({ shape }) => shape)).to.deep.equal([[2, 2], [3, 2], [2], [2]])
      expect(batch[3]!.toArray()).to.deep.equal([1, 3])
      expect(() => both([[tensor([1])]])).to.throw(ValueError, 'padded')
      expect(() => data.padCollate()([])).to.throw(ValueError, 'sample 0')
      expect(() => data.padCollate({ padded: [-1] })).to.throw(ValueError, 'padded')
      const broken = new data.DataLoader([tensor([1, 2])], { collateFn: () => wrong(null) })
      expect(() => [...broken]).to.throw(ValueError, 'what collateFn returns')
    })

    it('BucketSampler puts like lengths together, in an order of its seed', () => {
      const lengths = Array.from({ length: 103 }, (_, i) => (i * 37) % 50)
      const batches = (order: readonly number[]): number[][] =>
        Array.from({ length: 26 }, (_, i) => order.slice(4 * i, 4 * i + 4))
      const padding = (order: readonly number[]): number =>
        batches(order).reduce((sum, batch) => {
          const own = batch.map((i) => lengths[i]!)
          return sum + own.length * Math.max(...own) - own.reduce((a, b) => a + b, 0)
        }, 0)
      const sampler = (seed: number) =>
        new data.BucketSampler(lengths, { batchSize: 4, generator: new Generator(seed) })
      const one = sampler(5)
      const [first, second] = [[...one], [...one]]
      expect([...first].sort((a, b) => a - b)).to.deep.equal(lengths.map((_, i) => i))
      expect(first).to.not.deep.equal(second)
      expect(first).to.deep.equal([...sampler(5)])
      expect(padding(first)).to.be.below(padding(lengths.map((_, i) => i)) / 5)
      const widths = batches(first).map((batch) => lengths[batch[0]!]!)
      expect(widths).to.not.deep.equal([...widths].sort((a, b) => a - b))
      expect(batches(first).at(-1)).to.have.length(3)
      const sorted = [...new data.BucketSampler(tensor(lengths), { batchSize: 4, shuffle: false })]
      expect(sorted.map((i) => lengths[i]!)).to.deep.equal([...lengths].sort((a, b) => a - b))
      manualSeed(3)
      const drawn = [...new data.BucketSampler(lengths, { batchSize: 4 })]
      manualSeed(3)
      expect([...new data.BucketSampler(lengths, { batchSize: 4 })]).to.deep.equal(drawn)
    })

    it('BucketSampler refuses lengths that are none', () => {
      for (const lengths of [[], [1, -1], [1, NaN], ['1'], 'abc', null])
        expect(() => new data.BucketSampler(wrong(lengths), { batchSize: 2 })).to.throw(ValueError)
      expect(() => new data.BucketSampler([1], wrong({}))).to.throw(ValueError, 'batchSize')
    })
  })
})
