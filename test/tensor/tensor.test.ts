import { expect } from 'chai'

import { arange, DTypeError, ShapeError, tensor, ValueError, zeros } from '../../ts/index.js'

describe('Tensor', () => {
  it('reshapes without a copy', () => {
    const x = arange(6)
    const matrix = x.reshape([2, 3])
    expect(matrix.toArray()).to.deep.equal([
      [0, 1, 2],
      [3, 4, 5],
    ])
    matrix.data[0] = 9
    expect(x.data[0]).to.equal(9)
    expect(x.reshape([3, -1]).shape).to.deep.equal([3, 2])
    expect(x.reshape([-1]).shape).to.deep.equal([6])
    expect(() => x.reshape([4, 2])).to.throw(ShapeError, '6 elements')
    expect(() => x.reshape([4, -1])).to.throw(ShapeError, '(4, -1)')
    expect(() => x.reshape([-1, -1])).to.throw(ShapeError)
  })

  it('gives rows without a copy', () => {
    const x = arange(6).reshape([3, 2])
    expect(x.narrow(0, 1, 2).toArray()).to.deep.equal([
      [2, 3],
      [4, 5],
    ])
    expect(x.select(0, 2).toArray()).to.deep.equal([4, 5])
    x.narrow(0, 1, 1).data[0] = 9
    expect(x.select(0, 1).data[0]).to.equal(9)
    expect(x.narrow(0, 3, 0).shape).to.deep.equal([0, 2])
    expect(() => x.narrow(0, 2, 2)).to.throw(ShapeError, 'start 2, length 2')
    expect(x.select(0, -1).toArray()).to.deep.equal([4, 5])
    expect(() => x.select(0, 3)).to.throw(ShapeError)
    expect(() => tensor(1).select(0, 0)).to.throw(ShapeError)
  })

  it('gives its only element', () => {
    expect(tensor([[5]]).item()).to.equal(5)
    expect(() => tensor([1, 2]).item()).to.throw(ShapeError, '(2)')
  })

  it('clones into storage of its own', () => {
    const x = arange(4).narrow(0, 1, 2)
    const copy = x.clone()
    x.data[0] = 9
    expect(copy.toArray()).to.deep.equal([1, 2])
    expect(copy.buffer.byteLength).to.equal(8)
  })

  it('converts: exact between floats of one value, truncated and clamped to integers', () => {
    const x = tensor([-1.5, 0.5, 300, NaN], { dtype: 'float64' })
    expect(x.to('float64')).to.equal(x)
    expect(tensor([-0]).to('float64').item()).to.equal(-0)
    expect(tensor([-0]).to('float32').item()).to.equal(-0)
    expect(x.to('float32').toArray()).to.deep.equal([-1.5, 0.5, 300, NaN])
    expect(x.to('int32').toArray()).to.deep.equal([-1, 0, 300, 0])
    expect(x.to('uint8').toArray()).to.deep.equal([0, 0, 255, 0])
    expect(() => x.to('bool' as 'int32')).to.throw(DTypeError, 'bool')
  })

  it('refuses a buffer that was transferred', () => {
    const x = zeros([4])
    structuredClone(x.buffer, { transfer: [x.buffer] })
    expect(() => x.data).to.throw(ValueError, 'detached')
    expect(() => x.clone()).to.throw(ValueError)
  })

  it('prints itself', () => {
    expect(String(zeros([2, 3], { dtype: 'int32' }))).to.equal('Tensor(2, 3) int32')
  })
})
