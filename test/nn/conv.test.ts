import { expect } from 'chai'

import { Generator, manualSeed, nn, randn, type Tensor, ValueError } from '../../ts/index.js'
import { inner } from '../support/gradcheck.js'

const f64 = { dtype: 'float64' } as const
const largest = ({ data }: Tensor): number => Math.max(...Array.from(data, Math.abs))

describe('nn: Conv1d, ConvTranspose1d, ConvTranspose2d', () => {
  beforeEach(() => manualSeed(11))

  it('Conv1d is Conv2d of one row, to the bit', () => {
    const settings = { ...{ stride: 2, padding: 3, dilation: 2, groups: 2 }, ...f64 }
    const line = new nn.Conv1d(4, 6, 3, settings)
    const image = new nn.Conv2d(4, 6, [1, 3], {
      ...settings,
      ...{ stride: [1, 2], padding: [0, 3], dilation: [1, 2] },
    })
    image.weight.data.set(line.weight.data)
    image.bias!.data.set(line.bias!.data)
    const input = randn([3, 4, 17], f64)
    const row = input.reshape([3, 4, 1, 17])
    const output = line.forward(input)
    expect(Array.from(image.forward(row).data)).to.deep.equal(Array.from(output.data))
    const gradOutput = randn(output.shape, f64)
    const gradRow = gradOutput.reshape(image.output!.shape)
    expect(Array.from(image.backward(row, gradRow).data)).to.deep.equal(
      Array.from(line.backward(input, gradOutput).data),
    )
    expect(Array.from(image.weight.grad!.data)).to.deep.equal(Array.from(line.weight.grad!.data))
    expect(Array.from(image.bias!.grad!.data)).to.deep.equal(Array.from(line.bias!.grad!.data))
  })

  it('a transposed convolution is the adjoint of the convolution with its weight', () => {
    const options = { ...{ stride: 3, padding: 1, dilation: 2, groups: 2 }, bias: false, ...f64 }
    const down = new nn.Conv2d(4, 6, [3, 2], options)
    const x = randn([2, 4, 11, 13], f64)
    const y = randn(down.forward(x).shape, f64)
    // 11 comes back as (3 - 1) 3 - 2 + 4 + 1 = 9, and 13 as (5 - 1) 3 - 2 + 2 + 1 = 13
    const up = new nn.ConvTranspose2d(6, 4, [3, 2], { ...options, outputPadding: [2, 0] })
    up.weight.data.set(down.weight.data)
    const there = up.forward(y)
    expect(there.shape).to.deep.equal(x.shape)
    // sums of 600 products of numbers below 20
    expect(inner(there, x)).to.be.closeTo(inner(down.output!, y), 2 * 600 * 600 * 20 * 2 ** -53)
  })

  for (const [title, make, shape, fan] of [
    [
      'Conv1d',
      (generator: Generator) => new nn.Conv1d(4, 64, 5, { groups: 2, generator }),
      [64, 2, 5],
      10,
    ],
    [
      'ConvTranspose1d',
      (generator: Generator) => new nn.ConvTranspose1d(64, 4, 5, { groups: 2, generator }),
      [64, 2, 5],
      10,
    ],
    [
      'ConvTranspose2d',
      (generator: Generator) => new nn.ConvTranspose2d(16, 32, [3, 2], { groups: 8, generator }),
      [16, 4, 3, 2],
      24,
    ],
  ] as const) {
    it(`${title} draws weight and bias within 1 / sqrt(${fan})`, () => {
      const { weight, bias } = make(new Generator(3))
      expect(weight.shape).to.deep.equal(shape)
      const bound = 1 / Math.sqrt(fan)
      expect(largest(weight)).to.be.within(0.95 * bound, bound)
      expect(largest(bias!)).to.be.within(0.3 * bound, bound)
      expect(make(new Generator(3)).weight.toArray()).to.deep.equal(weight.toArray())
    })
  }

  it('has its settings as properties', () => {
    const line = new nn.Conv1d(2, 4, 3, { stride: 2, padding: 1, dilation: 2, groups: 2 })
    expect(line).to.include({ inChannels: 2, outChannels: 4, groups: 2 })
    expect(line).to.include({ kernelSize: 3, stride: 2, padding: 1, dilation: 2 })
    expect(new nn.Conv1d(2, 4, 3, { padding: 'same' }).padding).to.equal('same')
    const up = new nn.ConvTranspose2d(2, 4, 3, { stride: [2, 3], outputPadding: 1 })
    expect(up.outputPadding).to.deep.equal([1, 1])
    expect(up.stride).to.deep.equal([2, 3])
    expect(new nn.ConvTranspose1d(2, 4, 3, { stride: 2, outputPadding: 1 })).to.include({
      ...{ kernelSize: 3, stride: 2, padding: 0, outputPadding: 1, dilation: 1 },
    })
  })

  for (const [message, make] of [
    ['Conv1d: expected groups to be', () => new nn.Conv1d(4, 6, 3, { groups: 4 })],
    ['Conv1d: expected kernelSize to be a whole number', () => new nn.Conv1d(3, 1, 0)],
    [
      'Conv1d: expected kernelSize to be a whole number of at least 1, got [3, 3]',
      () => new nn.Conv1d(3, 1, [3, 3] as unknown as number),
    ],
    ['Conv1d: expected padding to be', () => new nn.Conv1d(3, 1, 3, { padding: -1 })],
    [
      `Conv1d: expected padding to be a whole number of at least 0, 'valid' or 'same', got 'full'`,
      () => new nn.Conv1d(3, 1, 3, { padding: 'full' as 'same' }),
    ],
    [
      'ConvTranspose1d: expected stride to be',
      () => new nn.ConvTranspose1d(3, 1, 3, { stride: 0 }),
    ],
    [
      'ConvTranspose2d: expected groups to be a divisor of inChannels (4) and outChannels (6), got 4',
      () => new nn.ConvTranspose2d(4, 6, 3, { groups: 4 }),
    ],
    [
      'ConvTranspose2d: expected padding to be',
      () => new nn.ConvTranspose2d(4, 6, 3, { padding: 'same' as unknown as number }),
    ],
    [
      'ConvTranspose2d: expected outputPadding to be smaller than the stride (2, 1) or the dilation (1, 1), got (1, 1)',
      () => new nn.ConvTranspose2d(4, 6, 3, { stride: [2, 1], outputPadding: 1 }),
    ],
    [
      'ConvTranspose1d: expected outputPadding to be smaller than the stride 2 or the dilation 1, got 2',
      () => new nn.ConvTranspose1d(4, 6, 3, { stride: 2, outputPadding: 2 }),
    ],
    [
      "ConvTranspose2d: expected paddingMode to be 'zeros', the only one of a transposed convolution, got 'reflect'",
      () => new nn.ConvTranspose2d(4, 6, 3, { paddingMode: 'reflect' as 'zeros' }),
    ],
  ] as const) {
    it(`refuses: ${message}`, () => {
      expect(make).to.throw(ValueError, message)
    })
  }
})
