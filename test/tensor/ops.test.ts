import { expect } from 'chai'

import {
  abs,
  add,
  arange,
  argmax,
  div,
  DTypeError,
  erf,
  exp,
  Generator,
  log,
  logSoftmax,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  neg,
  randn,
  reciprocal,
  ShapeError,
  sign,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  tensor,
  type Tensor,
  transpose,
  ValueError,
  zeros,
} from '../../ts/index.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(13)
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })
const ULP = 2 ** -52

function expectClose(actual: Tensor, expected: readonly number[], ulps: number): void {
  expect(actual.length).to.equal(expected.length)
  for (const [i, value] of expected.entries()) {
    expect(actual.data[i]).to.be.closeTo(value, ulps * ULP * Math.max(1, Math.abs(value)))
  }
}

/** Where element `index` of a broadcast result comes from. */
function sourceOf(index: number, shape: readonly number[], from: Tensor): number {
  let place = 0
  let step = 1
  let rest = index
  for (let d = shape.length - 1; d >= 0; d--) {
    const at = rest % shape[d]!
    rest = Math.floor(rest / shape[d]!)
    const size = from.shape[d - shape.length + from.ndim] ?? 1
    if (size !== 1) place += at * step
    step *= size
  }
  return from.data[place]!
}

describe('add, sub, mul, div, maximum, minimum', () => {
  const functions: [typeof add, (a: number, b: number) => number][] = [
    [add, (a, b) => a + b],
    [sub, (a, b) => a - b],
    [mul, (a, b) => a * b],
    [div, (a, b) => a / b],
    [maximum, Math.max],
    [minimum, Math.min],
  ]
  const shapes: [number[], number[], number[]][] = [
    [
      [3, 4],
      [3, 4],
      [3, 4],
    ],
    [[3, 4], [4], [3, 4]],
    [
      [3, 4],
      [1, 4],
      [3, 4],
    ],
    [
      [3, 4],
      [3, 1],
      [3, 4],
    ],
    [[3, 4], [], [3, 4]],
    [
      [3, 4],
      [1, 1],
      [3, 4],
    ],
    [[4], [3, 4], [3, 4]],
    [
      [3, 1],
      [3, 4],
      [3, 4],
    ],
    [[], [3, 4], [3, 4]],
    [
      [3, 1],
      [1, 4],
      [3, 4],
    ],
    [
      [2, 3, 4],
      [3, 4],
      [2, 3, 4],
    ],
    [
      [2, 3, 4],
      [2, 1, 1],
      [2, 3, 4],
    ],
    [
      [2, 3, 4],
      [2, 3, 1],
      [2, 3, 4],
    ],
    [
      [2, 3, 1],
      [3, 1],
      [2, 3, 1],
    ],
    [[0, 4], [4], [0, 4]],
    [
      [3, 0],
      [3, 1],
      [3, 0],
    ],
    [[1], [1], [1]],
    [[], [], []],
  ]
  for (const [operation, expected] of functions) {
    it(`${operation.name} broadcasts`, () => {
      for (const [left, right, shape] of shapes) {
        const [a, b] = [random(...left), random(...right)]
        const result = operation(a, b)
        expect(result.shape).to.deep.equal(shape)
        for (let i = 0; i < result.length; i++) {
          expect(result.data[i], `(${left.join()}) (${right.join()})`).to.equal(
            expected(sourceOf(i, shape, a), sourceOf(i, shape, b)),
          )
        }
      }
    })

    it(`${operation.name} takes numbers`, () => {
      const a = random(5)
      const values = Array.from(a.data)
      expect(operation(a, 3).toArray()).to.deep.equal(values.map((value) => expected(value, 3)))
      expect(operation(3, a).toArray()).to.deep.equal(values.map((value) => expected(3, value)))
    })
  }

  it('keep the sign of a zero and NaN', () => {
    const zero = tensor([-0, NaN])
    expect(Object.is(sub(zero, zeros([2, 2])).data[0], -0)).to.equal(true)
    expect(maximum(zero, 1).data[1]).to.be.NaN
  })

  it('refuse what does not go together', () => {
    expect(() => add(random(3, 4), random(3))).to.throw(ShapeError, 'add: expected the shapes')
    expect(() => mul(random(3), zeros([3]))).to.throw(DTypeError, "to('float64')")
    expect(() => mul(arange(3, { dtype: 'int32' }), 2)).to.throw(DTypeError, 'int32')
    expect(() => add(1, 2)).to.throw(ValueError, 'a Tensor, got number')
    expect(() => add(random(2), [1, 2] as unknown as Tensor)).to.throw(ValueError, 'tensor(array)')
  })
})

describe('functions of one tensor', () => {
  const cases: [(x: Tensor) => Tensor, (x: number) => number, number][] = [
    [exp, Math.exp, 4],
    [log, Math.log, 4],
    [sqrt, Math.sqrt, 0],
    [abs, Math.abs, 0],
    [neg, (x) => -x, 0],
    [square, (x) => x * x, 0],
    [reciprocal, (x) => 1 / x, 0],
    [sign, Math.sign, 0],
    [tanh, Math.tanh, 4],
  ]
  for (const [operation, expected, ulps] of cases) {
    it(`${operation.name} works elementwise`, () => {
      const x = abs(random(3, 7))
      const result = operation(x)
      expect(result.shape).to.deep.equal([3, 7])
      expectClose(result, Array.from(x.data, expected), ulps)
      expect(() => operation([1] as unknown as Tensor)).to.throw(ValueError, operation.name)
      expect(() => operation(zeros([2], { dtype: 'uint8' }))).to.throw(DTypeError, operation.name)
    })
  }

  it('erf has its known values', () => {
    // Abramowitz and Stegun, table 7.1
    const result = erf(tensor([0, 0.5, -1, 2], f64))
    expectClose(result, [0, 0.5204998778130465, -0.8427007929497149, 0.9953222650189527], 4)
  })
})

describe('sum, mean, max, min, argmax', () => {
  const x = tensor(
    [
      [
        [1, 5, 3],
        [4, 2, 6],
      ],
      [
        [-1, 0, 9],
        [7, 8, -3],
      ],
    ],
    f64,
  )

  it('reduce everything, or one dimension', () => {
    expect(sum(x).toArray()).to.equal(41)
    expect(mean(x).item()).to.equal(41 / 12)
    expect(max(x).item()).to.equal(9)
    expect(min(x).item()).to.equal(-3)
    expect(argmax(x).item()).to.equal(8)
    expect(sum(x, 0).toArray()).to.deep.equal([
      [0, 5, 12],
      [11, 10, 3],
    ])
    expect(sum(x, 1).toArray()).to.deep.equal([
      [5, 7, 9],
      [6, 8, 6],
    ])
    expect(max(x, -1).values.toArray()).to.deep.equal([
      [5, 6],
      [9, 8],
    ])
    expect(min(x, 2).values.toArray()).to.deep.equal([
      [1, 2],
      [-1, -3],
    ])
    expect(mean(x, 1).toArray()).to.deep.equal([
      [2.5, 3.5, 4.5],
      [3, 4, 3],
    ])
    expect(argmax(x, 1).toArray()).to.deep.equal([
      [1, 0, 1],
      [1, 1, 0],
    ])
    expect(argmax(x).dtype).to.equal('int32')
  })

  it('keep the dimension when asked to', () => {
    expect(sum(x, 1, { keepdim: true }).shape).to.deep.equal([2, 1, 3])
    expect(max(x, -1, { keepdim: true }).indices.shape).to.deep.equal([2, 2, 1])
    expect(argmax(x, 0, { keepdim: true }).shape).to.deep.equal([1, 2, 3])
    expect(sum(x, undefined, { keepdim: true }).shape).to.deep.equal([1, 1, 1])
  })

  it('know what the sum, the mean and the largest of nothing is', () => {
    expect(sum(zeros([0])).item()).to.equal(0)
    expect(mean(zeros([0])).item()).to.be.NaN
    expect(sum(zeros([2, 0]), 1).toArray()).to.deep.equal([0, 0])
    expect(() => max(zeros([0]))).to.throw(ShapeError, 'at least one')
    expect(() => argmax(zeros([2, 0]), 1)).to.throw(ShapeError, '(2, 0)')
    expect(max(zeros([2, 0]), 0).values.shape).to.deep.equal([0])
  })

  it('refuse a dimension that is not there', () => {
    expect(() => sum(x, 3)).to.throw(ShapeError, 'from -3 to 2 for shape (2, 2, 3), got 3')
    expect(() => argmax(x, -4)).to.throw(ShapeError)
    expect(() => sum(x, 0.5)).to.throw(ShapeError)
    expect(() => max([1] as unknown as Tensor)).to.throw(ValueError, 'tensor(array)')
    expect(() => transpose([[1]] as unknown as Tensor, 0, 1)).to.throw(ValueError, 'transpose')
    expect(() => mean(zeros([2], { dtype: 'int32' }))).to.throw(DTypeError, 'mean')
  })
})

describe('matmul and transpose', () => {
  it('multiply matrices and vectors', () => {
    const a = arange(6, f64).reshape([2, 3])
    const b = arange(12, f64).reshape([3, 4])
    const product = [
      [20, 23, 26, 29],
      [56, 68, 80, 92],
    ]
    expect(matmul(a, b).toArray()).to.deep.equal(product)
    expect(matmul(a, tensor([1, 2, 3], f64)).toArray()).to.deep.equal([8, 26])
    expect(matmul(tensor([1, 2], f64), a).toArray()).to.deep.equal([6, 9, 12])
    expect(matmul(tensor([1, 2], f64), tensor([3, 4], f64)).toArray()).to.equal(11)
    expect(matmul(a.reshape([1, 2, 3]), b).toArray()).to.deep.equal([product])
    expect(matmul(zeros([2, 0]), zeros([0, 3])).toArray()).to.deep.equal([
      [0, 0, 0],
      [0, 0, 0],
    ])
  })

  it('refuse sizes that do not go together', () => {
    expect(() => matmul(zeros([2, 3]), zeros([2, 3]))).to.throw(ShapeError, '(2, 3) and (2, 3)')
    expect(() => matmul(zeros([2, 3]), zeros([4, 3]))).to.throw(ShapeError, 'transpose(b, -2, -1)')
    expect(() => matmul(zeros([]), zeros([1]))).to.throw(ShapeError)
    expect(() => matmul(zeros([2, 3]), zeros([2, 4, 3]))).to.throw(ShapeError)
    expect(() => matmul(zeros([2]), zeros([2], f64))).to.throw(DTypeError)
  })

  for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
    it(`exchange rows and columns in ${dtype}`, () => {
      expect(transpose(arange(6, { dtype }).reshape([2, 3]), 0, 1).toArray()).to.deep.equal([
        [0, 3],
        [1, 4],
        [2, 5],
      ])
    })
  }
})

describe('softmax and logSoftmax', () => {
  it('sum to one along their dimension, at any size of the logits', () => {
    const x = mul(random(3, 4, 5), 1e4)
    for (const dim of [0, 1, -1]) {
      const p = softmax(x, dim)
      expectClose(sum(p, dim), Array<number>(60 / x.shape.at(dim)!).fill(1), 8)
      const logs = logSoftmax(x, dim)
      // The exponent of the logarithm carries its rounding: |log p| u.
      for (let i = 0; i < 60; i++) {
        const bound = (8 + Math.abs(logs.data[i]!)) * ULP
        expect(Math.exp(logs.data[i]!)).to.be.closeTo(p.data[i]!, bound)
      }
    }
    expect(() => softmax(x, 3)).to.throw(ShapeError, 'softmax')
  })
})
