import { expect } from 'chai'

import {
  Generator,
  manualSeed,
  nn,
  ones,
  randn,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { gradcheck } from '../support/gradcheck.js'

const seeded = (seed = 5): { generator: Generator } => ({ generator: new Generator(seed) })

const fractionOfZeros = (tensor: Tensor): number =>
  Array.from(tensor.data).filter((value) => value === 0).length / tensor.length

/** Draws the same mask at every forward, so that there is a function to differentiate. */
class Repeating extends nn.Dropout {
  static readonly source = new Generator(0)
  constructor(p: number) {
    super(p, { generator: Repeating.source })
  }
  protected override computeOutput(input: Tensor): Tensor {
    Repeating.source.manualSeed(3)
    return super.computeOutput(input)
  }
}

class Repeating2d extends nn.Dropout2d {
  static readonly source = new Generator(0)
  constructor(p: number) {
    super(p, { generator: Repeating2d.source })
  }
  protected override computeOutput(input: Tensor): Tensor {
    Repeating2d.source.manualSeed(3)
    return super.computeOutput(input)
  }
}

describe('nn: Dropout and Dropout2d', () => {
  eachBackend(() => {
    it('goes by the p of the moment, in what it keeps and in its gradient', () => {
      const layer = new nn.Dropout(0.5, seeded())
      ;(layer as { p: number }).p = 0.75
      const x = ones([400])
      const kept = (values: Tensor): number[] => [...new Set(values.data)].sort()
      expect(kept(layer.forward(x))).to.deep.equal([0, 4])
      expect(kept(layer.backward(x, ones([400])))).to.deep.equal([0, 4])
    })

    it('drop with probability p and scale the rest', () => {
      for (const p of [0.1, 0.25, 0.5, 0.9]) {
        const module = new nn.Dropout(p, seeded())
        const input = ones([20_000])
        const output = module.forward(input)
        // 5 deviations of a count of 20,000; the seed is fixed
        const deviation = Math.sqrt((p * (1 - p)) / input.length)
        expect(fractionOfZeros(output)).to.be.closeTo(p, 5 * deviation)
        const kept = Math.fround(1 / (1 - p))
        for (const value of output.data) expect(value === 0 || value === kept).to.equal(true)
      }
    })

    it('pass the gradient where they passed the input', () => {
      const module = new nn.Dropout(0.5, seeded())
      const input = ones([50, 7])
      const output = module.forward(input).clone()
      expect(module.backward(input, ones([50, 7])).toArray()).to.deep.equal(output.toArray())
    })

    it('have the gradients of central differences', () => {
      const generator = new Generator(1)
      const random = (...shape: number[]) => randn(shape, { dtype: 'float64', generator })
      gradcheck(new Repeating(0.3), random(5, 7), random(5, 7))
      gradcheck(new Repeating2d(0.5), random(2, 5, 3, 2), random(2, 5, 3, 2))
      gradcheck(new Repeating2d(0.5), random(2, 5, 3), random(2, 5, 3))
    })

    it('draw a new mask at every forward', () => {
      const module = new nn.Dropout(0.5, seeded())
      const input = ones([100])
      const first = module.forward(input).toArray()
      expect(module.forward(input).toArray()).not.to.deep.equal(first)
    })

    it('draw from their generator, or from the one that manualSeed seeds', () => {
      const input = ones([40, 5])
      const own = (seed: number) => new nn.Dropout(0.5, seeded(seed)).forward(input).toArray()
      expect(own(1)).to.deep.equal(own(1))
      expect(own(1)).not.to.deep.equal(own(2))
      const common = () => {
        manualSeed(1)
        return new nn.Dropout().forward(input).toArray()
      }
      expect(common()).to.deep.equal(common())
      expect(common()).to.deep.equal(own(1))
    })

    it('are the identity in evaluation mode and draw nothing', () => {
      const { generator } = seeded()
      const before = generator.getState().toArray()
      for (const module of [
        new nn.Dropout(0.5, { generator }).eval(),
        new nn.Dropout2d(0.5, { generator }).eval(),
        new nn.Dropout(0, { generator }),
      ]) {
        const input = randn([2, 3, 4])
        const gradOutput = randn([2, 3, 4])
        expect(module.forward(input).toArray()).to.deep.equal(input.toArray())
        expect(module.backward(input, gradOutput).toArray()).to.deep.equal(gradOutput.toArray())
      }
      expect(generator.getState().toArray()).to.deep.equal(before)
    })

    it('go backward through the mode of their forward', () => {
      const module = new nn.Dropout(0.5, seeded())
      const input = ones([64])
      const dropped = module.forward(input).toArray()
      module.eval()
      expect(module.backward(input, ones([64])).toArray()).to.deep.equal(dropped)
      module.forward(input)
      module.train()
      expect(module.backward(input, ones([64])).toArray()).to.deep.equal(ones([64]).toArray())
    })

    it('give zeros for p = 1, even for infinities', () => {
      for (const module of [new nn.Dropout(1), new nn.Dropout2d(1)]) {
        const input = ones([2, 3, 4])
        input.data.fill(Infinity, 3, 9)
        expect(module.forward(input).toArray()).to.deep.equal(zeros([2, 3, 4]).toArray())
        expect(module.backward(input, input).toArray()).to.deep.equal(zeros([2, 3, 4]).toArray())
      }
    })

    it('Dropout2d keeps or drops whole channels', () => {
      for (const [shape, inner] of [
        [[40, 25, 3, 5], 15],
        [[40, 25, 7], 7],
      ] as const) {
        const output = new nn.Dropout2d(0.25, seeded()).forward(ones(shape))
        let dropped = 0
        for (let i = 0; i < 1000; i++) {
          const plane = new Set(output.data.subarray(i * inner, (i + 1) * inner))
          expect(plane.size).to.equal(1)
          if (plane.has(0)) dropped += 1
        }
        expect(dropped / 1000).to.be.closeTo(0.25, 5 * Math.sqrt((0.25 * 0.75) / 1000))
      }
    })

    it('take batches of different sizes one after the other', () => {
      const module = new nn.Dropout(0.5, seeded())
      for (const rows of [4, 64, 3, 0, 64]) {
        const input = ones([rows, 9])
        const output = module.forward(input).toArray()
        expect(module.backward(input, ones([rows, 9])).toArray()).to.deep.equal(output)
      }
    })

    it('train within a container, whose results stay correct', () => {
      const { generator } = seeded()
      const model = new nn.Sequential(
        new nn.Dropout(0.5, { generator }),
        new nn.Linear(6, 6, { generator }),
        new nn.Dropout(0.25, { generator }),
      )
      const input = ones([3, 6])
      for (const mode of [true, false, true]) {
        model.train(mode)
        const output = model.forward(input).clone()
        const gradInput = model.backward(input, ones([3, 6]))
        expect(output.shape).to.deep.equal([3, 6])
        expect(gradInput.data.includes(0)).to.equal(mode)
      }
    })
  })

  it('draw a mask of its own at each place of a container', () => {
    const shared = new nn.Dropout()
    const model = new nn.Concat([shared, shared], { dim: 0 })
    const output = model.forward(ones([1, 64]))
    expect(output.select(0, 0).toArray()).not.to.deep.equal(output.select(0, 1).toArray())
  })

  it('refuse a p that is no probability', () => {
    for (const p of [-0.1, 1.01, NaN, Infinity]) {
      for (const make of [() => new nn.Dropout(p), () => new nn.Dropout2d(p)]) {
        expect(make).to.throw(ValueError, `expected p to be a number from 0 to 1, got ${p}`)
      }
    }
  })

  it('Dropout2d refuses what has no channels', () => {
    expect(() => new nn.Dropout2d().forward(ones([4, 3]))).to.throw(
      ShapeError,
      'Dropout2d(p=0.5): expected input to be shape (N, C, H, W) or (N, C, L), got shape (4, 3); use nn.Dropout',
    )
    expect(() => new nn.Dropout2d().eval().forward(ones([4]))).to.throw(ShapeError, '(4)')
  })
})
