import { expect } from 'chai'

import {
  capture,
  DTypeError,
  Generator,
  gradcheck,
  logSoftmax,
  nn,
  ones,
  randn,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
const whole = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'int32' })
const scores = (seed: number): Tensor =>
  randn([7, 3, 4], { ...f64, generator: new Generator(seed) })
const targets = whole([
  [1, 2, 2],
  [3, 0, 0],
  [2, 1, 0],
])
const joined = whole([1, 2, 2, 3, 2, 1])
const lengths = [[7, 5, 6] as number[], [3, 1, 2] as number[]] as const

describe('nn.CTCLoss', () => {
  eachBackend(() => {
    it('takes lengths as numbers or tensors, and targets as rows or one behind the other', () => {
      const x = logSoftmax(scores(1), 2)
      const loss = new nn.CTCLoss()
      const expected = loss.forward(x, targets, ...lengths).item()
      const [given, labels] = lengths.map((list) => whole(list)) as [Tensor, Tensor]
      expect(loss.forward(x, targets, given, labels).item()).to.equal(expected)
      expect(loss.forward(x, joined, given.to('uint8'), lengths[1]).item()).to.equal(expected)
      expect(loss.forward(x, targets.to('uint8'), ...lengths).item()).to.equal(expected)
      expect(nn.functional.ctcLoss(x, joined, ...lengths).item()).to.equal(expected)
      const each = new nn.CTCLoss({ reduction: 'none' })
      const first = each.forward(x.select(1, 0), whole([1, 2, 2]), 7, 3)
      expect(first.shape).to.deep.equal([])
      expect(first.item()).to.equal(each.forward(x, targets, ...lengths).data[0])
    })

    it('has the gradient of central differences, by hand too', () => {
      const x = scores(2)
      const each = (given: Tensor): Tensor =>
        nn.functional.ctcLoss(given, targets, ...lengths, { reduction: 'none' })
      gradcheck(each, [x])
      gradcheck((given: Tensor) => sum(each(logSoftmax(given, 2))), [x])
      const loss = new nn.CTCLoss()
      const own = x.clone().requiresGrad_()
      loss.forward(own, joined, ...lengths).backward()
      const [byHand, ...others] = loss.backward(x, joined, ...lengths)
      expect(byHand.toArray()).to.deep.equal(own.grad!.toArray())
      expect(others.every(({ data }) => data.every((value) => value === 0))).to.equal(true)
    })

    it('reads nothing behind the lengths, and has no gradient there', () => {
      const [first, second] = [scores(3), scores(3)]
      second.select(0, 6).data.fill(NaN)
      const short = [[6, 5, 6], lengths[1]] as const
      const gradients = [first, second].map((x) => {
        const own = x.clone().requiresGrad_()
        nn.functional.ctcLoss(own, targets, ...short).backward()
        return own.grad!.toArray()
      })
      expect(gradients[1]).to.deep.equal(gradients[0])
      expect((gradients[0] as number[][][])[6]!.flat().every((g) => g === 0)).to.equal(true)
    })

    it('of no steps costs nothing without labels, and Infinity with some', () => {
      const none = (steps: number[], labels: number[], zeroInfinity: boolean): number[] => {
        const x = scores(4).requiresGrad_()
        const loss = new nn.CTCLoss({ reduction: 'none', zeroInfinity })
        const losses = loss.forward(x, targets, steps, labels)
        sum(losses).backward()
        return [...Array.from(losses.data), Number(x.grad!.data.some((g) => g !== 0))]
      }
      expect(none([0, 0, 1], [0, 1, 2], true)).to.deep.equal([0, 0, 0, 0])
      expect(none([0, 0, 1], [0, 1, 2], false).slice(0, 3)).to.deep.equal([0, Infinity, Infinity])
    })

    it('is captured with labels and lengths that change', () => {
      const x = scores(5)
      const loss = (x: Tensor, y: Tensor, a: Tensor, b: Tensor): Tensor[] => {
        const own = x.detach().requiresGrad_()
        const value = nn.functional.ctcLoss(logSoftmax(own, 2), y, a, b)
        value.backward()
        return [value, own.grad!]
      }
      const inputs = { x, y: joined, a: whole(lengths[0]), b: whole(lengths[1]) }
      const step = capture(({ x, y, a, b }) => loss(x, y, a, b), { inputs })
      for (const [seed, y, a, b] of [
        [5, [1, 2, 2, 3, 2, 1], ...lengths],
        [6, [3, 3, 3, 1, 1, 2], [7, 7, 2], [4, 0, 2]],
      ] as const) {
        const given = { x: scores(seed), y: whole([...y]), a: whole([...a]), b: whole([...b]) }
        const captured = step.runSync(given).map((t) => t.toArray())
        const eager = loss(given.x, given.y, given.a, given.b).map((t) => t.toArray())
        expect(captured).to.deep.equal(eager)
      }
      const wrong = { ...inputs, y: whole([1, 2, 2, 3, 4, 1]) }
      expect(() => step.runSync(wrong)).to.throw(ValueError, 'label 0 of row 2 is 4')
      const constant = capture(({ x }) => nn.functional.ctcLoss(x, joined, ...lengths), {
        inputs: { x },
      })
      expect(constant.runSync({ x }).item()).to.equal(
        nn.functional.ctcLoss(x, joined, ...lengths).item(),
      )
    })

    it('counts rows, wherever batches are cut', () => {
      const loss = new nn.CTCLoss()
      const given = lengths.map((list) => whole(list)) as [Tensor, Tensor]
      expect(loss.lossWeight(scores(1), targets, ...given)).to.equal(3)
    })

    it('refuses what does not fit, before anything is computed', () => {
      const x = logSoftmax(scores(1), 2)
      const loss = new nn.CTCLoss({ blank: 1 })
      const refused = (...[error, text, ...args]: unknown[]): void => {
        const call = (): unknown => loss.forward(...(args as Parameters<nn.CTCLoss['forward']>))
        expect(call).to.throw(error as ErrorConstructor, text as string)
      }
      const [a, b] = lengths
      refused(ValueError, 'CTCLoss: label 0 of row 0 is 1', x, targets, a, b)
      const plain = new nn.CTCLoss()
      const of =
        (...args: Parameters<nn.CTCLoss['forward']>) =>
        () =>
          plain.forward(...args)
      expect(of(x, targets, [8, 5, 6], b)).to.throw(ValueError, 'inputLengths[0] = 8')
      expect(of(x, targets, a, [3, 4, 2])).to.throw(ValueError, 'targetLengths[1] = 4')
      expect(of(x, joined, a, [3, 1, 1])).to.throw(ValueError, 'targetLengths add up to 5')
      expect(of(x, targets, [7, 5], b)).to.throw(ShapeError, 'inputLengths')
      expect(of(x, targets, 7, b)).to.throw(ShapeError, 'inputLengths')
      expect(of(x, targets, [7, 5, 2.5], b)).to.throw(ValueError, 'inputLengths')
      expect(of(x, targets, a, ones([3]))).to.throw(DTypeError, 'targetLengths')
      expect(of(x, ones([3, 3]), a, b)).to.throw(DTypeError, 'targets')
      expect(of(x, whole([[1]]), a, b)).to.throw(ShapeError, 'targets')
      expect(of(ones([4]), targets, a, b)).to.throw(ShapeError, 'logProbs')
      expect(of(targets, targets, a, b)).to.throw(DTypeError)
      const outside = new nn.CTCLoss({ blank: 4 })
      expect(() => outside.forward(x, targets, a, b)).to.throw(ValueError, 'blank 4')
      expect(() => new nn.CTCLoss({ blank: -1 })).to.throw(ValueError, 'blank')
      expect(String(new nn.CTCLoss({ zeroInfinity: true }))).to.equal('CTCLoss(zeroInfinity=true)')
    })
  })
})
