import { expect } from 'chai'

import {
  bmm,
  dot,
  DTypeError,
  einsum,
  matmul,
  outer,
  ShapeError,
  ValueError,
  zeros,
} from '../../ts/index.js'

describe('products refuse', () => {
  it('shapes that do not go together', () => {
    for (const [a, b] of [
      [
        [2, 3],
        [2, 3],
      ],
      [[3], [2]],
      [[], [3]],
      [[3], []],
      [[2, 3], [2]],
      [
        [2, 2, 3],
        [3, 3, 2],
      ],
      [
        [2, 3],
        [2, 4, 3],
      ],
    ] as const) {
      expect(() => matmul(zeros([...a]), zeros([...b]))).to.throw(ShapeError, 'matmul')
    }
    expect(() => bmm(zeros([2, 2, 3]), zeros([1, 3, 2]))).to.throw(ShapeError)
    expect(() => bmm(zeros([2, 3]), zeros([3, 2]))).to.throw(ShapeError, 'of 3 dimensions')
    expect(() => dot(zeros([2, 3]), zeros([3]))).to.throw(ShapeError, 'of 1 dimension')
    expect(() => dot(zeros([2]), zeros([3]))).to.throw(ShapeError)
    expect(() => outer(zeros([2, 1]), zeros([3]))).to.throw(ShapeError)
  })

  it('equations that say nothing', () => {
    const x = zeros([2, 3])
    for (const [equation, why] of [
      ['i1->i', 'letters'],
      ['i..->i', 'letters'],
      ['......', 'at most one'],
      ['ij->i->j', 'one ->'],
      ['ij->ii', 'once'],
      ['ij->k', 'has k'],
      ['ij,jk->ik', 'as many'],
      [7 as unknown as string, 'a text'],
    ] as const) {
      expect(() => einsum(equation, x)).to.throw(ValueError, why)
    }
    expect(() => einsum('i->i', x)).to.throw(ShapeError, 'of 1 dimension')
    expect(() => einsum('ijk->i', x)).to.throw(ShapeError, '(2, 3)')
    expect(() => einsum('ijk...->i', x)).to.throw(ShapeError)
    expect(() => einsum('ii->i', x)).to.throw(ShapeError, 'sizes of i')
    expect(() => einsum('ij,jk->ik', x, x)).to.throw(ShapeError, '3 and 2')
    expect(() => einsum('...i,...j', x, zeros([3, 3]))).to.throw(ShapeError, '...')
    expect(() => einsum('ij,ij', x, zeros([2, 3], { dtype: 'float64' }))).to.throw(DTypeError)
    expect(() => einsum('ij', [x] as never)).to.throw(ValueError)
  })

  it('dtypes that are not one float dtype', () => {
    const int = zeros([2, 2], { dtype: 'int32' })
    const double = zeros([2, 2], { dtype: 'float64' })
    expect(() => matmul(int, int)).to.throw(DTypeError)
    expect(() => matmul(zeros([2, 2]), double)).to.throw(DTypeError)
  })
})
