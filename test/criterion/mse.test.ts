import { expect } from 'chai'

import {
  DTypeError,
  Generator,
  nn,
  ones,
  randn,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { expectGradient, inner } from '../support/gradcheck.js'

const generator = new Generator(5)

describe('nn.MSELoss', () => {
  for (const reduction of ['mean', 'sum', 'none'] as const) {
    for (const shape of [[], [1], [7], [4, 3], [2, 3, 2]]) {
      it(`has the gradient of central differences: ${reduction}, (${shape.join(', ')})`, () => {
        const criterion = new nn.MSELoss({ reduction })
        const prediction = randn(shape, { dtype: 'float64', generator })
        const target = randn(shape, { dtype: 'float64', generator })
        const loss = criterion.forward(prediction, target)
        expect(loss.shape).to.deep.equal(reduction === 'none' ? shape : [])
        expect(loss.dtype).to.equal('float64')
        const value = (): number => inner(criterion.forward(prediction, target), ones(loss.shape))
        const gradient = criterion.backward(prediction, target)
        expectGradient('MSELoss', gradient, prediction, value, value())
      })
    }
  }

  it('gives storage of its own', () => {
    const criterion = new nn.MSELoss()
    const [a, b] = [randn([3], { generator }), randn([3], { generator })]
    const loss = criterion.forward(a, b)
    const before = loss.item()
    criterion.forward(a, a)
    expect(loss.item()).to.equal(before)
    const gradient = criterion.backward(a, b)
    const values = gradient.toArray()
    expect(criterion.backward(b, a).toArray()).not.to.deep.equal(values)
    expect(gradient.toArray()).to.deep.equal(values)
  })

  it('is NaN for the mean of nothing, as in PyTorch, and 0 for the sum', () => {
    const nothing = zeros([0, 3])
    expect(new nn.MSELoss().forward(nothing, nothing).item()).to.be.NaN
    expect(new nn.MSELoss({ reduction: 'sum' }).forward(nothing, nothing).item()).to.equal(0)
    expect(new nn.MSELoss().backward(nothing, nothing).shape).to.deep.equal([0, 3])
  })

  it('refuses operands that do not fit', () => {
    const criterion = new nn.MSELoss()
    for (const method of ['forward', 'backward'] as const) {
      expect(() => criterion[method](zeros([4, 1]), zeros([4]))).to.throw(
        ShapeError,
        "MSELoss: expected the target to be of the prediction's shape (4, 1), got shape (4); " +
          'use target.reshape([4, 1])',
      )
      expect(() => criterion[method](zeros([4]), zeros([4], { dtype: 'float64' }))).to.throw(
        DTypeError,
        "to('float32')",
      )
      expect(() =>
        criterion[method](zeros([4], { dtype: 'int32' }), zeros([4], { dtype: 'int32' })),
      ).to.throw(DTypeError, 'float32 or float64')
    }
    const array = [1, 2] as unknown as Tensor
    expect(() => criterion.forward(zeros([2]), array)).to.throw(ValueError, 'the target')
    expect(() => criterion.backward(array, zeros([2]))).to.throw(ValueError, 'the prediction')
    const reduction = 'average' as 'mean'
    expect(() => new nn.MSELoss({ reduction })).to.throw(ValueError, "'mean' or 'sum'")
  })

  it('prints itself', () => {
    expect(String(new nn.MSELoss())).to.equal('MSELoss()')
    expect(String(new nn.MSELoss({ reduction: 'sum' }))).to.equal('MSELoss(reduction=sum)')
  })
})
