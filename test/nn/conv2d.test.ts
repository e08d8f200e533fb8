import { expect } from 'chai'

import { Generator, nn, ones, randn, ValueError } from '../../ts/index.js'

describe('nn: Conv2d, its settings', () => {
  it('draws weight and bias within 1 / sqrt(fan in), from its generator', () => {
    const make = () => new nn.Conv2d(4, 8, 5, { groups: 2, generator: new Generator(3) })
    const { weight, bias } = make()
    expect(weight.shape).to.deep.equal([8, 2, 5, 5])
    expect(bias!.shape).to.deep.equal([8])
    const bound = 1 / Math.sqrt(2 * 5 * 5)
    const largest = Math.max(...Array.from(weight.data, Math.abs))
    expect(largest).to.be.within(0.9 * bound, bound)
    expect(Math.max(...Array.from(bias!.data, Math.abs))).to.be.at.most(bound)
    expect(make().weight.toArray()).to.deep.equal(weight.toArray())
  })

  it('takes another size at any time', () => {
    const conv = new nn.Conv2d(1, 1, 3, { padding: 1, bias: false })
    conv.weight.data.fill(1)
    expect(conv.forward(ones([1, 1, 2, 2])).toArray()).to.deep.equal([[[[4, 4], [4, 4]]]]) // prettier-ignore
    expect(conv.forward(ones([2, 1, 1, 3])).toArray()).to.deep.equal([[[[2, 3, 2]]], [[[2, 3, 2]]]])
    expect(conv.forward(ones([1, 1, 1])).toArray()).to.deep.equal([[[1]]])
  })

  it("'same' with a stride gives every stride-th result of stride 1", () => {
    // padding 'same' puts the odd row and column of an even kernel after the image for both strides
    for (const kernel of [3, 4, [2, 5]] as const) {
      const dense = new nn.Conv2d(2, 3, kernel, { padding: 'same', dtype: 'float64' })
      const strided = new nn.Conv2d(2, 3, kernel, {
        ...{ padding: 'same', stride: [2, 3], dtype: 'float64' },
      })
      strided.loadStateDict(dense.stateDict())
      const input = randn([2, 2, 7, 8], { dtype: 'float64' })
      const all = dense.forward(input)
      expect(all.shape).to.deep.equal([2, 3, 7, 8])
      const some = strided.forward(input)
      expect(some.shape).to.deep.equal([2, 3, 4, 3])
      for (const [at, value] of some.data.entries()) {
        const [plane, i, j] = [Math.floor(at / 12), Math.floor(at / 3) % 4, at % 3]
        // 50 products of numbers below 4
        expect(value).to.be.closeTo(
          all.data[plane * 56 + 2 * i * 8 + 3 * j]!,
          50 * 50 * 16 * 2 ** -53,
        )
      }
    }
  })

  for (const [what, make] of [
    ['groups', () => new nn.Conv2d(4, 6, 3, { groups: 4 })],
    ['groups', () => new nn.Conv2d(4, 6, 3, { groups: 0 })],
    ['inChannels', () => new nn.Conv2d(0, 6, 3)],
    ['outChannels', () => new nn.Conv2d(3, 1.5, 3)],
    ['kernelSize', () => new nn.Conv2d(3, 1, 0)],
    ['kernelSize', () => new nn.Conv2d(3, 1, [3] as unknown as [number, number])],
    ['stride', () => new nn.Conv2d(3, 1, 3, { stride: 0 })],
    ['dilation', () => new nn.Conv2d(3, 1, 3, { dilation: [1, -1] })],
    ['padding', () => new nn.Conv2d(3, 1, 3, { padding: -1 })],
    ['padding', () => new nn.Conv2d(3, 1, 3, { padding: 'full' as 'same' })],
  ] as const) {
    it(`refuses ${what}: ${String(make).slice(21)}`, () => {
      expect(make).to.throw(ValueError, `Conv2d: expected ${what} to be`)
    })
  }
})
