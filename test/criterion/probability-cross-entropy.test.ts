import { expect } from 'chai'

import {
  capture,
  DTypeError,
  Generator,
  gradcheck,
  nn,
  ones,
  randn,
  ShapeError,
  softmax,
  sum,
  tensor,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { expectGradient, inner } from '../support/gradcheck.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(12)
const random = (shape: readonly number[]): Tensor => randn(shape, { ...f64, generator })

/** Probabilities of at least 1 / 3 of a uniform one, where 2 y / p³ does not spoil differences. */
function shares(shape: readonly number[]): Tensor {
  const p = random(shape)
  for (let i = 0; i < p.length; i++) p.data[i] = Math.tanh(p.data[i]!) / 2
  return softmax(p, shape.length === 1 ? 0 : 1)
}

/** Softmax and the criterion as one module, with the labels fixed. */
class Head extends nn.Module {
  readonly softmax = new nn.Softmax()
  readonly criterion = new nn.ProbabilityCrossEntropyLoss({ reduction: 'sum' })

  constructor(private readonly labels: Tensor) {
    super()
  }
  protected override computeOutput(input: Tensor): Tensor {
    return this.criterion.forward(this.softmax.forward(input), this.labels)
  }
  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { output } = this.softmax
    const gradient = this.softmax.backward(input, this.criterion.backward(output!, this.labels))
    for (let i = 0; i < gradient.length; i++) gradient.data[i]! *= gradOutput.data[0]!
    return gradient
  }
}

describe('nn.ProbabilityCrossEntropyLoss', () => {
  beforeEach(() => generator.manualSeed(12))

  eachBackend(() => {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      for (const [shape, lossShape] of [
        [[3], []],
        [[4, 3], [4]],
        [[1, 7], [1]],
        [
          [2, 3, 2],
          [2, 2],
        ],
        [
          [2, 3, 2, 5],
          [2, 2, 5],
        ],
      ] as const) {
        it(`has the gradient of central differences: ${reduction}, (${shape.join(', ')})`, () => {
          const criterion = new nn.ProbabilityCrossEntropyLoss({ reduction })
          const [x, y] = [shares(shape), random(shape)]
          const loss = criterion.forward(x, y)
          expect(loss.shape).to.deep.equal(reduction === 'none' ? lossShape : [])
          const value = (): number => inner(criterion.forward(x, y), ones(loss.shape))
          // f''' = 2 y / p³
          let scale = 0
          for (let i = 0; i < x.length; i++) {
            scale = Math.max(scale, Math.abs(y.data[i]! / x.data[i]! ** 3))
          }
          expectGradient('gradient', criterion.backward(x, y), x, value, scale)
        })
      }
    }

    it('sums over the classes and averages over the samples', () => {
      const [x, y] = [shares([4, 3, 2]), random([4, 3, 2])]
      const of = (reduction: nn.ReductionName): Tensor =>
        new nn.ProbabilityCrossEntropyLoss({ reduction }).forward(x, y)
      const none = of('none')
      for (let n = 0; n < 4; n++) {
        for (let k = 0; k < 2; k++) {
          let exact = 0
          for (let c = 0; c < 3; c++) {
            const at = (n * 3 + c) * 2 + k
            exact -= y.data[at]! * Math.log(x.data[at]!)
          }
          // logarithms of 4 u, products and sums of 3 terms of at most 4 · 3
          expect(none.data[n * 2 + k]).to.be.closeTo(exact, 8 * 12 * 2 ** -53)
        }
      }
      expect(of('sum').item()).to.be.closeTo(sum(none).item(), 2 ** -44)
      expect(of('mean').item()).to.be.closeTo(of('sum').item() / 8, 2 ** -46)
    })

    it('is what CrossEntropyLoss gives of the numbers before a Softmax', () => {
      const logits = random([5, 4])
      const labels = softmax(random([5, 4]), 1)
      const p = softmax(logits, 1)
      for (const reduction of ['mean', 'sum', 'none'] as const) {
        const ours = new nn.ProbabilityCrossEntropyLoss({ reduction })
        const other = new nn.CrossEntropyLoss({ reduction })
        const expected = other.forward(logits, labels)
        const loss = ours.forward(p, labels)
        expect(loss.shape).to.deep.equal(expected.shape)
        // some dozens of roundings of terms below 16
        loss.data.forEach((value, i) => {
          expect(value).to.be.closeTo(expected.data[i]!, 2 ** -44)
        })
        const softmaxOf = new nn.Softmax()
        softmaxOf.forward(logits)
        const gradient = softmaxOf.backward(logits, ours.backward(softmaxOf.output!, labels))
        const exact = other.backward(logits, labels)
        gradient.data.forEach((value, i) => {
          expect(value).to.be.closeTo(exact.data[i]!, 2 ** -46)
        })
      }
    })

    it('has the right gradient behind a Softmax, for any weights of the labels', () => {
      const labels = tensor([[1, 2, 3], [2, 0, -4]], f64) // prettier-ignore
      expect(gradcheck(new Head(labels), random([2, 3])).ok).to.equal(true)
    })

    it('costs Infinity where something has probability 0, and nothing where its weight is 0', () => {
      for (const dtype of ['float32', 'float64'] as const) {
        const x = tensor([[0, 1], [0, 1], [0, 1]], { dtype }) // prettier-ignore
        const y = tensor([[1, 0], [0, 1], [0, 0]], { dtype }) // prettier-ignore
        const criterion = new nn.ProbabilityCrossEntropyLoss({ reduction: 'none' })
        const losses = Array.from(criterion.forward(x, y).data, (value) => value + 0)
        expect(losses).to.deep.equal([Infinity, 0, 0])
        const gradient = Array.from(criterion.backward(x, y).data, (value) => value + 0)
        expect(gradient).to.deep.equal([-Infinity, 0, 0, -1, 0, 0])
      }
    })

    it('is NaN for the mean of nothing and 0 for the sum', () => {
      const nothing = zeros([0, 3])
      const of = (reduction: nn.ReductionName): Tensor =>
        new nn.ProbabilityCrossEntropyLoss({ reduction }).forward(nothing, nothing)
      expect(of('mean').item()).to.be.NaN
      expect(of('sum').item()).to.equal(0)
      expect(of('none').shape).to.deep.equal([0])
      const criterion = new nn.ProbabilityCrossEntropyLoss()
      expect(criterion.backward(nothing, nothing).shape).to.deep.equal([0, 3])
    })

    it('can be captured', () => {
      for (const reduction of ['mean', 'none'] as const) {
        const criterion = new nn.ProbabilityCrossEntropyLoss({ reduction })
        const inputs = { x: shares([4, 3]), y: random([4, 3]) }
        const step = capture(
          ({ x, y }: { x: Tensor; y: Tensor }) => ({
            loss: criterion.forward(x, y),
            gradient: criterion.backward(x, y),
          }),
          { inputs },
        )
        const other = { x: shares([4, 3]), y: random([4, 3]) }
        const { loss, gradient } = step.runSync(other)
        expect(loss.toArray()).to.deep.equal(criterion.forward(other.x, other.y).toArray())
        expect(gradient.toArray()).to.deep.equal(criterion.backward(other.x, other.y).toArray())
      }
    })

    it('refuses what is no probability', () => {
      const criterion = new nn.ProbabilityCrossEntropyLoss()
      for (const bad of [-0.1, 1.1, NaN]) {
        for (const method of ['forward', 'backward'] as const) {
          expect(() => criterion[method](tensor([[0.5, bad]]), tensor([[1, 0]]))).to.throw(
            ValueError,
            /x\[1\] = .* outside \[0, 1\]; this cross entropy .* Softmax .*CrossEntropyLoss/,
          )
        }
      }
      expect(criterion.output).to.equal(null)
    })
  })

  it('refuses operands that do not fit', () => {
    const criterion = new nn.ProbabilityCrossEntropyLoss()
    for (const method of ['forward', 'backward'] as const) {
      const call = (x: Tensor, y: Tensor) => () => criterion[method](x, y)
      expect(call(zeros([4, 3]), zeros([4], { dtype: 'int32' }))).to.throw(
        ShapeError,
        "ProbabilityCrossEntropyLoss: expected the target to be of the prediction's shape (4, 3)",
      )
      expect(call(zeros([4, 3]), zeros([4, 3], { dtype: 'uint8' }))).to.throw(
        DTypeError,
        "target.to('float32')",
      )
      expect(call(zeros([]), zeros([]))).to.throw(ShapeError, '(N, C), (C) or (N, C, d1, …)')
    }
    expect(() => new nn.ProbabilityCrossEntropyLoss({ reduction: 'all' as 'sum' })).to.throw(
      ValueError,
      "'mean' or 'sum'",
    )
  })

  it('prints itself', () => {
    expect(String(new nn.ProbabilityCrossEntropyLoss())).to.equal('ProbabilityCrossEntropyLoss()')
    expect(String(new nn.ProbabilityCrossEntropyLoss({ reduction: 'sum' }))).to.equal(
      'ProbabilityCrossEntropyLoss(reduction=sum)',
    )
  })
})
