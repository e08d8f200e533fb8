import { expect } from 'chai'

import {
  capture,
  CaptureError,
  DTypeError,
  Generator,
  inputGradient,
  manualSeed,
  nn,
  randn,
  tensor,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { expectGradient } from '../support/gradcheck.js'
import { bench, wholeState } from '../train/whole-state.js'

const f64 = { dtype: 'float64' } as const
const wrong = (value: unknown): never => value as never

describe('inputGradient', () => {
  eachBackend(() => {
    const make = (): [nn.Module, Tensor, Tensor] => {
      const generator = new Generator(3)
      const options = { ...f64, generator }
      const model = new nn.Sequential(
        new nn.Linear(4, 8, options),
        new nn.Tanh(),
        new nn.Linear(8, 3, options),
      )
      return [model, randn([5, 4], options), tensor([0, 2, 1, 1, 0], { dtype: 'int32' })]
    }

    it('is the gradient of central differences', () => {
      const [model, x, y] = make()
      for (const reduction of ['mean', 'sum'] as const) {
        const criterion = new nn.CrossEntropyLoss({ reduction })
        const value = (): number => criterion.forward(model.forward(x), y).item()
        expectGradient(reduction, inputGradient(model, criterion, x, y), x, value, value())
      }
    })

    it('is per sample without a mean', () => {
      const [model, x, y] = make()
      const of = (reduction: nn.ReductionName): Tensor =>
        inputGradient(model, new nn.CrossEntropyLoss({ reduction }), x, y)
      const [none, all, mean] = [of('none'), of('sum'), of('mean')]
      expect(none.toArray()).to.deep.equal(all.toArray())
      const single = new nn.CrossEntropyLoss()
      for (let n = 0; n < 5; n++) {
        const own = inputGradient(model, single, x.narrow(0, n, 1), y.narrow(0, n, 1))
        own.data.forEach((value, i) => {
          // sums of 8 products of numbers around 1, another order for another shape
          expect(none.select(0, n).data[i]).to.be.closeTo(value, 2 ** -48)
          expect(mean.select(0, n).data[i]).to.be.closeTo(value / 5, 2 ** -48)
        })
      }
    })

    it('leaves nothing behind', () => {
      const all = bench()
      const { model, batch, criterion } = all
      manualSeed(4)
      const before = wholeState(all)
      for (const y of [batch[1], zeros([3], { dtype: 'int32' })]) {
        manualSeed(4)
        try {
          inputGradient(model, criterion, batch[0], y)
          expect(y).to.equal(batch[1])
        } catch (error) {
          expect(error).to.have.property('code', 'ERR_SHAPE')
        }
        manualSeed(4)
        expect(wholeState(all)).to.deep.equal(before)
        expect(model.parameters().every(({ requiresGrad }) => requiresGrad)).to.equal(true)
      }
    })
  })

  it('refuses what it cannot do', () => {
    const model = new nn.Linear(3, 2)
    const criterion = new nn.MSELoss()
    const [x, y] = [zeros([1, 3]), zeros([1, 2])]
    expect(() => inputGradient(wrong(1), criterion, x, y)).to.throw(ValueError, 'a Module')
    expect(() => inputGradient(model, wrong(1), x, y)).to.throw(ValueError, 'a Criterion')
    expect(() => inputGradient(model, criterion, wrong([1]), y)).to.throw(ValueError, 'x')
    expect(() => inputGradient(model, criterion, x, wrong([1]))).to.throw(ValueError, 'y')
    const indices = zeros([2, 2], { dtype: 'int32' })
    expect(() => inputGradient(new nn.Embedding(3, 2), criterion, indices, y)).to.throw(DTypeError)
    const body = (inputs: { x: Tensor }): Tensor => inputGradient(model, criterion, inputs.x, y)
    expect(() => capture(body, { inputs: { x } })).to.throw(CaptureError, 'inputGradient')
  })
})
