import { expect } from 'chai'

import { bmm, dot, DTypeError, matmul, outer, ShapeError, zeros } from '../../ts/index.js'

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

  it('dtypes that are not one float dtype', () => {
    const int = zeros([2, 2], { dtype: 'int32' })
    const double = zeros([2, 2], { dtype: 'float64' })
    expect(() => matmul(int, int)).to.throw(DTypeError)
    expect(() => matmul(zeros([2, 2]), double)).to.throw(DTypeError)
  })
})
