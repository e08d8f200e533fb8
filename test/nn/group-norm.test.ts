import { expect } from 'chai'

import { DTypeError, Generator, nn, randn, ValueError, zeros } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const generator = new Generator(13)

describe('nn.GroupNorm and nn.InstanceNorm2d', () => {
  eachBackend(() => {
    it('is layer normalisation with one group', () => {
      const x = randn([3, 4, 5], { generator, dtype: 'float64' })
      const one = new nn.GroupNorm(1, 4, { dtype: 'float64' }).forward(x)
      const layer = new nn.LayerNorm([4, 5], { dtype: 'float64' }).forward(x)
      one.data.forEach((value, i) => expect(value).to.be.closeTo(layer.data[i]!, 1e-14))
    })

    it('of images is a group for each channel, and the same in evaluation', () => {
      const x = randn([3, 4, 5, 2], { generator })
      const norm = new nn.InstanceNorm2d(4)
      const y = norm.forward(x).toArray()
      expect(new nn.GroupNorm(4, 4, { affine: false }).forward(x).toArray()).to.deep.equal(y)
      expect(norm.eval().forward(x).toArray()).to.deep.equal(y)
    })

    it('goes back right after batches of other sizes and with frozen parameters', () => {
      const norm = new nn.GroupNorm(2, 4)
      const pass = (batch: number) => {
        const x = randn([batch, 4, 3], { generator: new Generator(batch) })
        norm.forward(x)
        return norm.backward(x, x).toArray()
      }
      const small = pass(3)
      pass(20)
      expect(pass(3)).to.deep.equal(small)
      norm.requiresGrad_(false)
      norm.zeroGrad()
      expect(pass(3)).to.deep.equal(small)
      expect(norm.weight!.grad).to.equal(null)
      expect(norm.trains()).to.equal(false)
    })

    it('refuses images of one pixel in training', () => {
      const norm = new nn.InstanceNorm2d(2)
      expect(() => norm.forward(zeros([3, 2, 1, 1]))).to.throw(
        ValueError,
        'more than one pixel, so that there is a variance, got shape (3, 2, 1, 1)',
      )
      expect(norm.eval().forward(zeros([3, 2, 1, 1])).shape).to.deep.equal([3, 2, 1, 1])
    })
  })

  it('refuses what makes no sense', () => {
    expect(() => new nn.GroupNorm(3, 4)).to.throw(ValueError, 'a divisor of the 4 channels, got 3')
    expect(() => new nn.GroupNorm(0, 4)).to.throw(ValueError, 'GroupNorm: expected numGroups')
    expect(() => new nn.GroupNorm(2, 4, { eps: -1 })).to.throw(
      ValueError,
      'GroupNorm: expected eps',
    )
    expect(() => new nn.InstanceNorm2d(1.5)).to.throw(ValueError, 'InstanceNorm2d')
    const tracked = { trackRunningStats: true as unknown as false }
    expect(() => new nn.InstanceNorm2d(2, tracked)).to.throw(ValueError, 'nn.BatchNorm2d keeps')
    const other = zeros([2, 4], { dtype: 'float64' })
    expect(() => new nn.GroupNorm(2, 4).forward(other)).to.throw(DTypeError, "to('float32')")
  })

  it('has the names of PyTorch in its state', () => {
    expect(Object.keys(new nn.GroupNorm(2, 4).stateDict())).to.deep.equal(['weight', 'bias'])
    expect(Object.keys(new nn.InstanceNorm2d(4).stateDict())).to.deep.equal([])
  })
})
