import { expect } from 'chai'

import {
  add,
  arange,
  capture,
  DTypeError,
  eye,
  fromTypedArray,
  full,
  linspace,
  mul,
  ones,
  onesLike,
  ShapeError,
  type Tensor,
  tensor,
  type TensorData,
  ValueError,
  zeros,
  zerosLike,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

describe('tensor', () => {
  it('takes numbers, nested arrays and typed arrays', () => {
    expect(tensor(3).shape).to.deep.equal([])
    expect(tensor(3).item()).to.equal(3)
    expect(tensor([]).shape).to.deep.equal([0])
    expect(tensor([[], []]).shape).to.deep.equal([2, 0])
    const nested = [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ]
    expect(tensor(nested).shape).to.deep.equal([1, 3, 2])
    expect(tensor(nested).toArray()).to.deep.equal(nested)
    expect(tensor([new Float32Array([1, 2]), [3, 4]]).toArray()).to.deep.equal([
      [1, 2],
      [3, 4],
    ])
    expect(tensor([NaN, Infinity]).toArray()).to.deep.equal([NaN, Infinity])
  })

  it('is float32 unless told otherwise, and keeps the dtype of a typed array', () => {
    expect(tensor([1]).dtype).to.equal('float32')
    expect(tensor([1], { dtype: 'float64' }).dtype).to.equal('float64')
    expect(tensor(new Float64Array(2)).dtype).to.equal('float64')
    expect(tensor(new Int32Array(2)).dtype).to.equal('int32')
    expect(tensor(new Uint8Array(2), { dtype: 'float32' }).dtype).to.equal('float32')
  })

  it('copies', () => {
    const array = new Float32Array([1, 2])
    const copy = tensor(array)
    array[0] = 9
    expect(copy.toArray()).to.deep.equal([1, 2])
  })

  const ragged: readonly [TensorData, string][] = [
    [[[1, 2], [3]], '[1] to be of length 2, as the first row is, got an array of length 1'],
    [[[1, 2], 3], '[1] to be an array of length 2, got 3'],
    [[1, [2]], '[1] to be a number, as the elements before it are, got an array of length 1'],
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
        [[1, 2], [3]],
      ],
      '[1][1] to be of length 2',
    ],
    [[[], [1]], '[1] to be of length 0'],
  ]
  for (const [data, message] of ragged) {
    it(`refuses ${JSON.stringify(data)}`, () => {
      expect(() => tensor(data)).to.throw(ShapeError, `tensor: expected ${message}`)
    })
  }

  it('refuses what is no number, naming its place', () => {
    const data = (value: unknown): TensorData => value as TensorData
    expect(() => tensor(data([[1], ['2']]))).to.throw(
      ValueError,
      '[1][0] to be a number, got the string "2"',
    )
    expect(() => tensor(data([1, null]))).to.throw(ValueError, '[1]')
    expect(() => tensor(data([1, undefined]))).to.throw(ValueError, 'undefined')
    expect(() => tensor(data([1n]))).to.throw(ValueError)
    expect(() => tensor(data({ length: 2 }))).to.throw(ValueError, 'the data')
    expect(() => tensor(data(new Int16Array(2)))).to.throw(ValueError)
  })

  it('refuses numbers that an integer dtype cannot hold', () => {
    expect(() => tensor([0.5], { dtype: 'int32' })).to.throw(ValueError, 'int32')
    expect(() => tensor([2 ** 31], { dtype: 'int32' })).to.throw(ValueError, '[0]')
    expect(() => tensor([0, -1], { dtype: 'uint8' })).to.throw(ValueError, '0 to 255')
    expect(() => tensor([256], { dtype: 'uint8' })).to.throw(ValueError)
    expect(() => tensor([NaN], { dtype: 'int32' })).to.throw(ValueError, 'NaN')
    expect(tensor([-(2 ** 31), 2 ** 31 - 1], { dtype: 'int32' }).toArray()).to.deep.equal([
      -(2 ** 31),
      2 ** 31 - 1,
    ])
  })

  it('refuses an unknown dtype', () => {
    expect(() => tensor([1], { dtype: 'float16' as 'float32' })).to.throw(DTypeError, 'float16')
  })
})

describe('fromTypedArray', () => {
  it('shares memory, also from the middle of a buffer', () => {
    const array = new Float32Array([0, 1, 2, 3, 4, 5, 6])
    const view = fromTypedArray(array.subarray(1), [2, 3])
    expect(view.toArray()).to.deep.equal([
      [1, 2, 3],
      [4, 5, 6],
    ])
    array[1] = 9
    expect(view.data[0]).to.equal(9)
    view.data[5] = 8
    expect(array[6]).to.equal(8)
    expect(fromTypedArray(array).shape).to.deep.equal([7])
  })

  it('refuses another size, another array and shared memory', () => {
    expect(() => fromTypedArray(new Float32Array(5), [2, 3])).to.throw(ShapeError, '5 elements')
    const other = new Int16Array(2) as unknown as Int32Array
    expect(() => fromTypedArray(other)).to.throw(ValueError, 'Int16Array')
    const shared = new Float32Array(new SharedArrayBuffer(8))
    expect(() => fromTypedArray(shared)).to.throw(ValueError, 'copy it with tensor(array)')
    expect(tensor(shared).shape).to.deep.equal([2])
  })
})

describe('eye and linspace', () => {
  eachBackend(() => {
    it('eye has 1 on its diagonal', () => {
      expect(eye(2).toArray()).to.deep.equal([[1, 0], [0, 1]]) // prettier-ignore
      expect(eye(2, 3, { dtype: 'uint8' }).toArray()).to.deep.equal([[1, 0, 0], [0, 1, 0]]) // prettier-ignore
      expect(eye(3, 1, { dtype: 'int32' }).toArray()).to.deep.equal([[1], [0], [0]])
      expect(eye(0).shape).to.deep.equal([0, 0])
      expect(eye(2, { requiresGrad: true }).requiresGrad).to.equal(true)
    })

    it('both are computed again by each run of a captured step', () => {
      const x = ones([2, 2])
      const step = capture(({ x }: { x: Tensor }) => add(mul(eye(2), x), linspace(1, 2, 2)), {
        inputs: { x },
      })
      for (let i = 0; i < 2; i++) expect(step.runSync().toArray()).to.deep.equal([[2, 2], [1, 3]]) // prettier-ignore
    })
  })

  it('linspace goes from one end to the other', () => {
    expect(linspace(0, 1, 5).toArray()).to.deep.equal([0, 0.25, 0.5, 0.75, 1])
    expect(linspace(3, -1, 3, { dtype: 'int32' }).toArray()).to.deep.equal([3, 1, -1])
    expect(linspace(7, 9, 1).toArray()).to.deep.equal([7])
    expect(linspace(0, 1, 0).toArray()).to.deep.equal([])
    const tenths = linspace(-0.1, 0.1, 7, { dtype: 'float64' }).toArray() as number[]
    expect(tenths.map((_, i) => 0 - tenths[6 - i]!)).to.deep.equal(tenths.map((v) => v + 0))
  })

  it('refuse what is no size or bound', () => {
    expect(() => eye(-1)).to.throw(ShapeError, 'whole number')
    expect(() => eye(2, 0.5)).to.throw(ShapeError, 'whole number')
    expect(() => eye(2, { dtpye: 'int32' } as never)).to.throw(ValueError, 'eye')
    expect(() => linspace(0, Infinity, 2)).to.throw(ValueError, 'finite')
    expect(() => linspace(0, 1, 1.5)).to.throw(ValueError, 'steps')
    expect(() => linspace(0, 1, 3, { dtype: 'int32' })).to.throw(ValueError, '[1]')
  })
})

describe('zeros, ones, full and arange', () => {
  for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
    it(`fill in ${dtype}`, () => {
      expect(zeros([2, 2], { dtype }).toArray()).to.deep.equal([
        [0, 0],
        [0, 0],
      ])
      expect(ones([3], { dtype }).toArray()).to.deep.equal([1, 1, 1])
      expect(full([1, 2], 7, { dtype }).toArray()).to.deep.equal([[7, 7]])
      expect(arange(3, { dtype }).toArray()).to.deep.equal([0, 1, 2])
      expect(zerosLike(ones([2], { dtype })).dtype).to.equal(dtype)
      expect(onesLike(zeros([2], { dtype })).toArray()).to.deep.equal([1, 1])
    })
  }

  it('take empty shapes and scalars', () => {
    expect(ones([0, 3]).length).to.equal(0)
    expect(full([], 2).item()).to.equal(2)
  })

  it('count from, to and by', () => {
    expect(arange(2, 5).toArray()).to.deep.equal([2, 3, 4])
    expect(arange(1, 2, { step: 0.25 }).toArray()).to.deep.equal([1, 1.25, 1.5, 1.75])
    expect(arange(3, 0, { step: -1 }).toArray()).to.deep.equal([3, 2, 1])
    expect(arange(3, 0).toArray()).to.deep.equal([])
    expect(arange(1, { step: 0.5 }).toArray()).to.deep.equal([0, 0.5])
  })

  it('refuse what makes no sense', () => {
    expect(() => zeros([-1])).to.throw(ShapeError, '(-1)')
    expect(() => zeros([1.5])).to.throw(ShapeError, '(1.5)')
    expect(() => zeros([65536, 65536])).to.throw(ShapeError, '2^31 - 1')
    expect(() => full([2], 0.5, { dtype: 'int32' })).to.throw(ValueError, 'int32')
    expect(() => full([2], '1' as unknown as number)).to.throw(ValueError, 'a number')
    expect(() => arange(3, { step: 0 })).to.throw(ValueError, 'step')
    expect(() => arange(Infinity)).to.throw(ValueError, 'finite')
    expect(() => arange(0, 1, { step: 0.5, dtype: 'int32' })).to.throw(ValueError, 'int32')
  })
})
