import { expect } from 'chai'

import {
  amax,
  argmin,
  cumsum,
  DTypeError,
  max,
  mean,
  min,
  norm,
  prod,
  type ReduceOptions,
  ShapeError,
  std,
  sum,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'

describe('reductions refuse', () => {
  const x = zeros([2, 3])

  it('dimensions that are not there, or named twice', () => {
    expect(() => sum(x, [0, 2])).to.throw(ShapeError, 'from -2 to 1')
    expect(() => sum(x, [0, -2])).to.throw(ShapeError, 'each dimension once')
    expect(() => mean(x, 'rows' as unknown as number)).to.throw(ShapeError, 'rows')
    expect(() => amax(x, [0.5])).to.throw(ShapeError)
    expect(() => sum(tensor(1), 1)).to.throw(ShapeError)
    expect(() => cumsum(x, 2)).to.throw(ShapeError)
    expect(() => cumsum(x, undefined as unknown as number)).to.throw(ShapeError)
    for (const one of [prod, argmin, max]) {
      expect(() => one(x, [0, 1] as unknown as number)).to.throw(ShapeError)
    }
  })

  it('options that they do not know, or that say nothing', () => {
    expect(() => sum(x, { keepDim: true } as ReduceOptions)).to.throw(ValueError, 'keepdim')
    expect(() => sum(x, 0, { keepdim: 1 as unknown as boolean })).to.throw(ValueError, 'keepdim')
    const given = undefined as unknown as number
    expect(() => max(x, given, { keepdim: true })).to.throw(ValueError, 'amax')
  })

  it('orders of a norm that are none, and corrections that say two things', () => {
    expect(() => norm(x, NaN)).to.throw(ValueError, 'a number')
    expect(() => norm(x, 'nuc' as 'fro')).to.throw(ValueError, 'nuc')
    expect(() => std(x, 0, { unbiased: true, correction: 1 })).to.throw(ValueError, 'not both')
    expect(() => std(x, 0, { correction: Infinity })).to.throw(ValueError, 'correction')
  })

  it('an extremum of nothing', () => {
    for (const one of [amax, argmin, max, min]) {
      expect(() => one(zeros([0, 3]), 0)).to.throw(ShapeError, '(0, 3)')
      expect(() => one(zeros([0]))).to.throw(ShapeError, 'at least one')
    }
    expect(amax(zeros([0, 3]), 1).shape).to.deep.equal([0])
    expect(max(zeros([0, 3]), 1).indices.shape).to.deep.equal([0])
  })

  it('the mean of integers', () => {
    const whole = tensor([1, 2], { dtype: 'int32' })
    expect(() => mean(whole)).to.throw(DTypeError, 'mean')
    expect(sum(whole).dtype).to.equal('int32')
    expect(max(tensor([3, 7], { dtype: 'uint8' }), 0).values.dtype).to.equal('uint8')
  })
})
