import { expect } from 'chai'

import {
  capture,
  CaptureError,
  DTypeError,
  Generator,
  gradcheck,
  mean,
  nn,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
const whole = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'int32' })
const { embeddingBag } = nn.functional

describe('nn.EmbeddingBag', () => {
  eachBackend(() => {
    it('is the mean of an embedding, with gradients by its rows', () => {
      const generator = new Generator(3)
      const bag = new nn.EmbeddingBag(6, 3, { ...f64, generator })
      const input = whole([
        [1, 5, 1],
        [0, 2, 2],
      ])
      const rows = new nn.Embedding(6, 3, f64)
      rows.loadStateDict(bag.stateDict())
      const expected = mean(rows.forward(input), 1)
      const found = bag.forward(input)
      expect(found.toArray()).to.deep.equal(expected.toArray())
      const gradient = randn([2, 3], { ...f64, generator })
      found.backward(gradient)
      expected.backward(gradient)
      const [own, theirs] = [bag, rows].map((m) => Array.from(m.weight.grad!.data))
      own!.forEach((g, i) => expect(g).to.be.closeTo(theirs![i]!, 1e-15))
    })

    it('takes offsets as numbers or a tensor, in a captured step too', () => {
      const bag = new nn.EmbeddingBag(6, 3, { mode: 'sum', paddingIdx: 5, ...f64 })
      const words = whole([1, 5, 0, 2])
      const given = whole([0, 0, 3])
      const found = bag.forward(words, { offsets: [0, 0, 3] })
      expect(found.toArray()).to.deep.equal(bag.forward(words, { offsets: given }).toArray())
      expect(found.toArray()).to.deep.equal(bag.forward(words, given).toArray())
      expect(found.select(0, 0).toArray()).to.deep.equal([0, 0, 0])
      const step = capture(({ words, offsets }) => bag.forward(words, { offsets }), {
        inputs: { words, offsets: given },
      })
      const others = { words: whole([4, 4, 1, 0]), offsets: whole([0, 1, 4]) }
      const eager = bag.forward(others.words, { offsets: others.offsets }).toArray()
      expect(step.runSync(others).toArray()).to.deep.equal(eager)
      const late = { words: whole([1, 1, 1, 1]), offsets: whole([0, 1, 5]) }
      expect(() => step.runSync(late)).to.throw(ValueError, '5')
      const most = new nn.EmbeddingBag(6, 3, { mode: 'max' })
      expect(() =>
        capture(({ words }) => most.forward(words, { offsets: [0, 1] }), { inputs: { words } }),
      ).to.throw(CaptureError, '2 dimensions')
    })

    it('has the gradient of central differences', () => {
      const generator = new Generator(5)
      const [table, factors] = [[5, 2], [6]].map((s) => randn(s, { ...f64, generator }))
      const words = whole([0, 3, 3, 1, 4, 0])
      for (const mode of ['sum', 'mean', 'max'] as const) {
        const options = { offsets: [0, 1, 1, 4], mode, paddingIdx: 4 }
        gradcheck((weight: Tensor) => embeddingBag(words, weight, options), [table!])
      }
      gradcheck(
        (weight: Tensor, perSampleWeights: Tensor) =>
          embeddingBag(words, weight, { offsets: [0, 2], mode: 'sum', perSampleWeights }),
        [table!, factors!],
      )
    })

    it('of nothing is 0', () => {
      for (const mode of ['sum', 'mean', 'max'] as const) {
        const bag = new nn.EmbeddingBag(3, 2, { mode })
        expect(bag.forward(whole([]), { offsets: [0, 0] }).toArray()).to.deep.equal([
          [0, 0],
          [0, 0],
        ])
        const last = new nn.EmbeddingBag(3, 2, { mode, includeLastOffset: true })
        expect(last.forward(whole([]), { offsets: [0] }).shape).to.deep.equal([0, 2])
      }
    })

    it('leaves its padding at zero', () => {
      const bag = new nn.EmbeddingBag(4, 2, { paddingIdx: -1 })
      expect(bag.paddingIdx).to.equal(3)
      expect(bag.weight.select(0, 3).toArray()).to.deep.equal([0, 0])
      bag.forward(whole([[3, 1]])).backward(ones([1, 2]))
      expect(bag.weight.grad!.select(0, 3).toArray()).to.deep.equal([0, 0])
      expect(bag.weight.grad!.select(0, 1).toArray()).to.deep.equal([1, 1])
    })

    it('refuses what does not fit', () => {
      const table = ones([4, 2])
      const words = whole([0, 1, 2])
      const of =
        (...args: Parameters<typeof embeddingBag>) =>
        () =>
          embeddingBag(...args)
      expect(of(words, table)).to.throw(ValueError, 'offsets')
      expect(of(whole([[0, 1]]), table, { offsets: [0] })).to.throw(ValueError, 'offsets')
      expect(of(words, table, { offsets: [1, 2] })).to.throw(ValueError, '1 at 0')
      expect(of(words, table, { offsets: [0, 2, 1] })).to.throw(ValueError, '1 at 2')
      expect(of(words, table, { offsets: [0, 4] })).to.throw(ValueError, '4 at 1')
      expect(of(words, table, { offsets: whole([[0]]) })).to.throw(ShapeError, 'offsets')
      expect(of(whole([0, 4]), table, { offsets: [0] })).to.throw(ValueError, 'index 4')
      expect(of(ones([2]), table, { offsets: [0] })).to.throw(DTypeError)
      expect(of(whole([[0]]), ones([4]))).to.throw(ShapeError, 'table')
      expect(of(whole([[0]]), table, { paddingIdx: 4 })).to.throw(ValueError, 'paddingIdx')
      const perSampleWeights = ones([3])
      const given = { offsets: [0], perSampleWeights }
      expect(of(words, table, given)).to.throw(ValueError, "'sum'")
      const short = { offsets: [0], perSampleWeights: ones([2]), mode: 'sum' } as const
      expect(of(words, table, short)).to.throw(ShapeError, 'perSampleWeights')
      expect(() => new nn.EmbeddingBag(3, 1.5)).to.throw(ValueError, 'embeddingDim')
      expect(String(new nn.EmbeddingBag(3, 2))).to.equal('EmbeddingBag(3, 2, mode=mean)')
    })
  })
})
