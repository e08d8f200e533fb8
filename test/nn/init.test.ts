import { expect } from 'chai'

import {
  DTypeError,
  Generator,
  manualSeed,
  matmul,
  nn,
  ShapeError,
  type Tensor,
  transpose,
  ValueError,
  zeros,
} from '../../ts/index.js'

const { init } = nn
const generator = new Generator(29)

function moments({ data }: Tensor): { mean: number; deviation: number; largest: number } {
  let sum = 0
  let squares = 0
  let largest = 0
  for (const value of data) {
    sum += value
    squares += value * value
    largest = Math.max(largest, Math.abs(value))
  }
  return { mean: sum / data.length, deviation: Math.sqrt(squares / data.length), largest }
}

/** Mean 0 and the given deviation, within 5 standard errors; 0.75 bounds that of the deviation. */
function expectSpread(tensor: Tensor, deviation: number, bound = Infinity): void {
  const found = moments(tensor)
  const error = (5 * deviation) / Math.sqrt(tensor.length)
  expect(found.mean).to.be.closeTo(0, error)
  expect(found.deviation).to.be.closeTo(deviation, 0.75 * error)
  expect(found.largest).to.be.at.most(bound)
}

describe('nn.init', () => {
  const weight = (): Tensor => zeros([300, 200])
  const kernel = (): Tensor => zeros([40, 30, 5, 5])

  it('kaimingUniform_ and kaimingNormal_ follow their fan', () => {
    // gain sqrt 2 of a leaky ReLU with slope 0
    expectSpread(
      init.kaimingUniform_(weight(), { generator }),
      Math.sqrt(2 / 200),
      Math.sqrt(6 / 200),
    )
    expectSpread(init.kaimingNormal_(weight(), { generator }), Math.sqrt(2 / 200))
    expectSpread(init.kaimingNormal_(weight(), { generator, mode: 'fanOut' }), Math.sqrt(2 / 300))
    expectSpread(init.kaimingNormal_(kernel(), { generator }), Math.sqrt(2 / 750))
    expectSpread(init.kaimingNormal_(kernel(), { generator, mode: 'fanOut' }), Math.sqrt(2 / 1000))
    const options = { generator, nonlinearity: 'tanh' } as const
    expectSpread(init.kaimingNormal_(weight(), options), 5 / 3 / Math.sqrt(200))
    expectSpread(init.kaimingUniform_(weight(), { generator, a: 1 }), Math.sqrt(1 / 200))
  })

  it('xavierUniform_ and xavierNormal_ follow both fans', () => {
    const bound = Math.sqrt(6 / 500)
    expectSpread(init.xavierUniform_(weight(), { generator }), Math.sqrt(2 / 500), bound)
    expectSpread(init.xavierNormal_(weight(), { generator, gain: 3 }), 3 * Math.sqrt(2 / 500))
    expectSpread(init.xavierNormal_(kernel(), { generator }), Math.sqrt(2 / 1750))
  })

  it('uniform_, normal_, constant_, zeros_ and ones_ fill', () => {
    const uniform = init.uniform_(weight(), 2, 4, { generator })
    expect(moments(uniform).mean).to.be.closeTo(3, 5 / Math.sqrt(3 * 60000))
    expect(Math.min(...uniform.data.subarray(0, 1000))).to.be.at.least(2)
    const normal = init.normal_(weight(), -1, 0.5, { generator })
    expect(moments(normal).mean).to.be.closeTo(-1, 2.5 / Math.sqrt(60000))
    expect(init.constant_(zeros([2]), 7).toArray()).to.deep.equal([7, 7])
    expect(init.ones_(zeros([2])).toArray()).to.deep.equal([1, 1])
    expect(init.zeros_(init.ones_(zeros([2]))).toArray()).to.deep.equal([0, 0])
  })

  for (const [rows, cols] of [
    [5, 5],
    [3, 8],
    [8, 3],
    [1, 4],
    [4, 1],
  ] as const) {
    it(`orthogonal_ makes the ${rows < cols ? 'rows' : 'columns'} of (${rows}, ${cols}) orthonormal`, () => {
      const q = init.orthogonal_(zeros([rows, cols], { dtype: 'float64' }), { gain: 2, generator })
      const gram = rows < cols ? matmul(q, transpose(q, 0, 1)) : matmul(transpose(q, 0, 1), q)
      const size = Math.min(rows, cols)
      for (let i = 0; i < size * size; i++) {
        const expected = i % (size + 1) === 0 ? 4 : 0
        // sums of at most 8 products of unit vectors, times gain^2
        expect(gram.data[i]).to.be.closeTo(expected, 4 * 16 * 2 ** -52)
      }
    })
  }

  it('orthogonal_ flattens kernels', () => {
    const q = init.orthogonal_(zeros([6, 2, 2, 2]), { generator }).reshape([6, 8])
    const gram = matmul(q, transpose(q, 0, 1))
    for (let i = 0; i < 36; i++) {
      expect(gram.data[i]).to.be.closeTo(i % 7 === 0 ? 1 : 0, 16 * 2 ** -23)
    }
  })

  it('calculateGain knows the functions of PyTorch', () => {
    expect(init.calculateGain('linear')).to.equal(1)
    expect(init.calculateGain('sigmoid')).to.equal(1)
    expect(init.calculateGain('tanh')).to.equal(5 / 3)
    expect(init.calculateGain('relu')).to.equal(Math.SQRT2)
    expect(init.calculateGain('leaky_relu')).to.equal(Math.sqrt(2 / 1.0001))
    expect(init.calculateGain('leaky_relu', 1)).to.equal(1)
    expect(init.calculateGain('selu')).to.equal(0.75)
    expect(() => init.calculateGain('gelu' as 'relu')).to.throw(ValueError, 'gelu')
  })

  it('refuses vectors, integers and unknown modes', () => {
    expect(() => init.kaimingUniform_(zeros([3]))).to.throw(ShapeError, 'init.kaimingUniform_')
    expect(() => init.xavierNormal_(zeros([]))).to.throw(ShapeError, 'at least 2')
    expect(() => init.orthogonal_(zeros([3]))).to.throw(ShapeError, 'at least 2')
    expect(() => init.uniform_(zeros([3], { dtype: 'int32' }))).to.throw(DTypeError)
    expect(() => init.normal_(zeros([3], { dtype: 'int32' }))).to.throw(DTypeError)
    const mode = 'fan_in' as 'fanIn'
    expect(() => init.kaimingNormal_(weight(), { mode })).to.throw(
      ValueError,
      "'fanIn' or 'fanOut'",
    )
  })

  it('starts Linear as PyTorch does, the same for the same seed', () => {
    const bound = 1 / Math.sqrt(200)
    const layer = new nn.Linear(200, 300, { generator })
    expectSpread(layer.weight, bound / Math.sqrt(3), bound)
    expectSpread(layer.bias!, bound / Math.sqrt(3), bound)
    manualSeed(5)
    const first = new nn.Linear(4, 3)
    manualSeed(5)
    const second = new nn.Linear(4, 3)
    expect(second.weight.toArray()).to.deep.equal(first.weight.toArray())
    expect(second.bias!.toArray()).to.deep.equal(first.bias!.toArray())
    expect(new nn.Linear(0, 3).bias!.toArray()).to.deep.equal([0, 0, 0])
  })

  it('refuses sizes that are none', () => {
    expect(() => new nn.Linear(-1, 2)).to.throw(ValueError, 'inFeatures')
    expect(() => new nn.Linear(2, 1.5)).to.throw(ValueError, 'outFeatures')
    expect(() => new nn.LeakyReLU(NaN)).to.throw(ValueError, 'negativeSlope')
    expect(() => new nn.Swish(Infinity)).to.throw(ValueError, 'beta')
    expect(() => new nn.Softplus(0)).to.throw(ValueError, 'beta')
    expect(() => new nn.GELU({ approximate: 'erf' as 'none' })).to.throw(ValueError, 'erf')
  })
})
