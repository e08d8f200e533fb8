import { expect } from 'chai'

import {
  manualSeed,
  nn,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'

const f64 = { dtype: 'float64' } as const

describe('nn: paddings', () => {
  it('one number stands for all sides', () => {
    expect(new nn.ZeroPad2d(2).padding).to.deep.equal([2, 2, 2, 2])
    expect(new nn.CircularPad1d(2).padding).to.deep.equal([2, 2])
    expect(new nn.ConstantPad1d(1, -Infinity).forward(tensor([[1]])).toArray()).to.deep.equal([
      [-Infinity, 1, -Infinity],
    ])
  })

  for (const [message, make] of [
    [
      'ZeroPad2d: expected padding to be a whole number or one for each of (left, right, top, bottom), got [1, 2]',
      () => new nn.ZeroPad2d([1, 2] as unknown as number),
    ],
    ['ZeroPad2d: expected padding to be a whole number', () => new nn.ZeroPad2d(0.5)],
    [
      'ReflectionPad1d: expected padding to be a whole number or one for each of (left, right), got [1, 2, 3, 4]',
      () => new nn.ReflectionPad1d([1, 2, 3, 4] as unknown as number),
    ],
    [
      'CircularPad2d: expected padding to be a whole number of at least 0 or one for each',
      () => new nn.CircularPad2d([1, 2, -1, 1]),
    ],
    [
      'ConstantPad2d: expected value to be a number, got undefined',
      () => new nn.ConstantPad2d(1, undefined as unknown as number),
    ],
  ] as const) {
    it(`refuses: ${message}`, () => {
      expect(make).to.throw(ValueError, message)
    })
  }
})

describe('nn: convolutions with a paddingMode', () => {
  beforeEach(() => manualSeed(5))

  const conv = (padding: number, paddingMode: nn.PaddingMode) =>
    new nn.Conv2d(2, 3, 3, { padding, paddingMode, ...f64 })

  /** What a layer of the padding and a convolution without one give. */
  function expectAsPadded(
    actual: nn.Conv2d,
    pad: nn.Module,
    input: Tensor,
    gradOutput: Tensor,
  ): void {
    const plain = new nn.Conv2d(2, 3, 3, f64)
    plain.loadStateDict(actual.stateDict())
    const both = new nn.Sequential(pad, plain)
    actual.zeroGrad()
    expect(actual.forward(input).toArray()).to.deep.equal(both.forward(input).toArray())
    expect(actual.backward(input, gradOutput).toArray()).to.deep.equal(
      both.backward(input, gradOutput).toArray(),
    )
    expect(actual.weight.grad!.toArray()).to.deep.equal(plain.weight.grad!.toArray())
    expect(actual.bias!.grad!.toArray()).to.deep.equal(plain.bias!.grad!.toArray())
  }

  it('are that padding and the convolution, to the bit, for sizes that change', () => {
    for (const [mode, Pad] of [
      ['reflect', nn.ReflectionPad2d],
      ['replicate', nn.ReplicationPad2d],
      ['circular', nn.CircularPad2d],
    ] as const) {
      const one = conv(1, mode)
      for (const [batch, height, width] of [
        [2, 5, 4],
        [2, 5, 4],
        [1, 9, 6],
        [3, 2, 2],
      ] as const) {
        const input = randn([batch, 2, height, width], f64)
        const gradOutput = randn([batch, 3, height, width], f64)
        expectAsPadded(one, new Pad(1), input, gradOutput)
      }
    }
  })

  it('can stand at two places: the padded input of the first is made again', () => {
    const one = new nn.Conv2d(2, 2, 3, { padding: 1, paddingMode: 'reflect', ...f64 })
    const twin = new nn.Conv2d(2, 2, 3, { padding: 1, paddingMode: 'reflect', ...f64 })
    const first = new nn.Conv2d(2, 2, 3, { padding: 1, paddingMode: 'reflect', ...f64 })
    twin.loadStateDict(one.stateDict())
    first.loadStateDict(one.stateDict())
    const input = randn([2, 2, 4, 5], f64)
    const gradOutput = randn([2, 2, 4, 5], f64)
    const repeated = new nn.Sequential(one, one)
    const apart = new nn.Sequential(first, twin)
    expect(repeated.forward(input).toArray()).to.deep.equal(apart.forward(input).toArray())
    expect(repeated.backward(input, gradOutput).toArray()).to.deep.equal(
      apart.backward(input, gradOutput).toArray(),
    )
    const sum = Array.from(twin.weight.grad!.data, (g, i) => g + first.weight.grad!.data[i]!)
    for (const [i, g] of one.weight.grad!.data.entries()) {
      // the two shares are added in one order or the other: sums of 80 products of numbers below 20
      expect(g).to.be.closeTo(sum[i]!, 80 * 80 * 400 * 2 ** -53)
    }
  })

  it('without any padding do nothing before', () => {
    const plain = new nn.Conv2d(2, 3, 3, f64)
    const one = conv(0, 'reflect')
    one.loadStateDict(plain.stateDict())
    const input = randn([1, 2, 3, 3], f64)
    expect(one.forward(input).toArray()).to.deep.equal(plain.forward(input).toArray())
  })

  it('refuse images that the padding reaches across', () => {
    const input = randn([1, 2, 2, 5], f64)
    expect(() => conv(2, 'reflect').forward(input)).to.throw(
      ShapeError,
      'paddingMode=reflect): expected each dimension of the input to be larger than the padding, to be ' +
        'reflected, got 2 with a padding of (2, 2), from shape (1, 2, 2, 5)',
    )
    expect(() => conv(3, 'circular').forward(input)).to.throw(ShapeError, 'to go around')
    conv(2, 'circular').forward(input)
    expect(() => new nn.Conv2d(1, 1, 3, { paddingMode: 'mirror' as 'reflect' })).to.throw(
      ValueError,
      "Conv2d: expected paddingMode to be 'zeros', 'reflect', 'replicate' or 'circular', got 'mirror'",
    )
  })
})
