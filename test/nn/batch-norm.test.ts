import { expect } from 'chai'

import {
  DTypeError,
  Generator,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(11)

describe('nn.BatchNorm1d and nn.BatchNorm2d', () => {
  eachBackend(() => {
    it('tracks PyTorch names in its state', () => {
      const state = new nn.BatchNorm2d(4).stateDict()
      expect(Object.keys(state)).to.deep.equal([
        'weight',
        'bias',
        'running_mean',
        'running_var',
        'num_batches_tracked',
      ])
      expect(state['num_batches_tracked']!.shape).to.deep.equal([])
      expect(state['num_batches_tracked']!.dtype).to.equal('int32')
      expect(state['running_var']!.toArray()).to.deep.equal([1, 1, 1, 1])
      expect(Object.keys(new nn.BatchNorm1d(2, { affine: false }).stateDict())).to.have.length(3)
      const plain = new nn.BatchNorm1d(2, { trackRunningStats: false })
      expect(Object.keys(plain.stateDict())).to.deep.equal(['weight', 'bias'])
      expect(plain.runningMean).to.equal(null)
    })

    it('moves the running statistics in training and uses them in evaluation', () => {
      const norm = new nn.BatchNorm1d(1, { momentum: 0.25, ...f64 })
      const x = tensor([[1], [3]], f64)
      norm.forward(x)
      expect(norm.runningMean!.item()).to.equal(0.5)
      expect(norm.runningVar!.item()).to.equal(0.75 + 0.25 * 2)
      expect(norm.numBatchesTracked!.item()).to.equal(1)
      norm.eval()
      const y = norm.forward(tensor([[3]], f64))
      expect(y.item()).to.be.closeTo(2.5 / Math.sqrt(1.25 + 1e-5), 1e-15)
      expect(norm.numBatchesTracked!.item()).to.equal(1)
      norm.resetParameters()
      expect([norm.runningMean!.item(), norm.runningVar!.item()]).to.deep.equal([0, 1])
      expect(norm.numBatchesTracked!.item()).to.equal(0)
    })

    it('averages over all batches with momentum null', () => {
      const norm = new nn.BatchNorm1d(1, { momentum: null, ...f64 })
      for (const value of [1, 5, 12]) norm.forward(tensor([[value - 1], [value + 1]], f64))
      expect(norm.runningMean!.item()).to.be.closeTo(6, 1e-14)
      expect(norm.runningVar!.item()).to.be.closeTo(2, 1e-14)
    })

    it('refuses one value a feature in training, and leaves everything as it was', () => {
      const norm = new nn.BatchNorm1d(3)
      const x = randn([4, 3], { generator })
      const g = randn([4, 3], { generator })
      norm.forward(x)
      const expected = norm.backward(x, g).toArray()
      norm.forward(x)
      const mean = norm.runningMean!.toArray()
      expect(() => norm.forward(zeros([1, 3]))).to.throw(
        ValueError,
        'BatchNorm1d(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true): expected ' +
          'input to be of more than one value a feature, so that there is a variance, got shape (1, 3)',
      )
      expect(norm.runningMean!.toArray()).to.deep.equal(mean)
      expect(norm.numBatchesTracked!.item()).to.equal(2)
      expect(norm.backward(x, g).toArray()).to.deep.equal(expected)
      expect(() => new nn.BatchNorm2d(2).forward(zeros([1, 2, 1, 1]))).to.throw(
        ValueError,
        'eval()',
      )
      const untracked = new nn.BatchNorm1d(2, { trackRunningStats: false }).eval()
      expect(() => untracked.forward(zeros([1, 2]))).to.throw(ValueError, 'trackRunningStats')
      expect(norm.eval().forward(zeros([1, 3])).shape).to.deep.equal([1, 3])
    })

    it('names the layer within a network', () => {
      const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3))
      expect(() => model.forward(zeros([1, 2]))).to.throw(ValueError, /^Sequential\.1 BatchNorm1d/)
    })

    it('leaves the state alone for a batch of nothing', () => {
      const norm = new nn.BatchNorm1d(2)
      norm.forward(zeros([0, 2]))
      expect(norm.numBatchesTracked!.item()).to.equal(0)
      expect(norm.runningVar!.toArray()).to.deep.equal([1, 1])
    })

    it('has the gradient by the input whatever is frozen', () => {
      const x = randn([6, 3, 2, 2], { generator, ...f64 })
      const g = randn([6, 3, 2, 2], { generator, ...f64 })
      const norm = new nn.BatchNorm2d(3, f64)
      norm.forward(x)
      const expected = norm.backward(x, g).toArray()
      const gradient = norm.weight!.grad!.toArray()
      norm.bias!.requiresGrad = false
      norm.zeroGrad()
      expect(norm.backward(x, g).toArray()).to.deep.equal(expected)
      expect(norm.bias!.grad).to.equal(null)
      expect(norm.weight!.grad!.toArray()).to.deep.equal(gradient)
      norm.weight!.requiresGrad = false
      expect(norm.backward(x, g).toArray()).to.deep.equal(expected)
      expect(norm.trains()).to.equal(false)
      const plain = new nn.BatchNorm2d(3, { affine: false, ...f64 })
      plain.forward(x)
      expect(plain.backward(x, g).toArray()).to.deep.equal(expected)
    })

    it('keeps its dtype apart from the count of batches', () => {
      const norm = new nn.BatchNorm1d(2)
      norm.forward(randn([4, 2], { generator }))
      norm.to('float64')
      expect(norm.runningMean!.dtype).to.equal('float64')
      expect(norm.numBatchesTracked!.dtype).to.equal('int32')
      expect(() => norm.forward(zeros([4, 2]))).to.throw(DTypeError, "use input.to('float64')")
      norm.forward(randn([4, 2], { generator, ...f64 }))
      expect(norm.numBatchesTracked!.item()).to.equal(2)
    })

    it('trains within a network, in place of intermediate memory', () => {
      generator.manualSeed(1)
      const model = new nn.Sequential(
        new nn.Linear(4, 8, { generator }),
        new nn.BatchNorm1d(8),
        new nn.ReLU(),
        new nn.Linear(8, 1, { generator }),
      )
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const criterion = new nn.MSELoss()
      const x = randn([64, 4], { generator })
      const y = zeros([64, 1])
      for (let i = 0; i < 64; i++) y.data[i] = x.data[4 * i]! * 3 + 5
      const losses: number[] = []
      for (let step = 0; step < 60; step++) {
        optimizer.zeroGrad()
        const prediction: Tensor = model.forward(x)
        losses.push(criterion.forward(prediction, y).item())
        model.backward(x, criterion.backward(prediction, y))
        optimizer.step()
      }
      expect(losses.at(-1)!).to.be.below(losses[0]! / 50)
    })
  })

  it('is turned over to all ranks with the rest of a model, in place', () => {
    const own = new nn.BatchNorm2d(3)
    const deep = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3), new nn.ReLU())
    const model = new nn.Sequential(own, new nn.Flatten(), deep)
    expect(own.sync).to.equal(false)
    expect(nn.utils.convertSyncBatchNorm(model)).to.equal(model)
    expect([own.sync, (deep.modules()[2] as nn.BatchNorm1d).sync]).to.deep.equal([true, true])
    const alone = nn.utils.convertSyncBatchNorm(new nn.BatchNorm1d(2))
    expect(alone.sync).to.equal(true)
    expect(nn.utils.convertSyncBatchNorm(new nn.Linear(1, 1))).to.be.instanceOf(nn.Linear)
    expect(() => nn.utils.convertSyncBatchNorm([own] as never)).to.throw(
      ValueError,
      'convertSyncBatchNorm: expected the model to be a Module',
    )
  })

  it('is the ordinary layer with sync in a process of its own, to the same bits', () => {
    const x = randn([5, 3], { generator })
    const g = randn([5, 3], { generator })
    const [plain, sync] = [false, true].map((sync) => {
      const layer = new nn.BatchNorm1d(3, { sync })
      const y = layer.forward(x)
      const gradients = [layer.backward(x, g), layer.weight!.grad!, layer.bias!.grad!]
      return [y, ...gradients, ...layer.buffers()].map((tensor) => tensor.toArray())
    })
    expect(sync).to.deep.equal(plain)
    expect(() => new nn.BatchNorm1d(3, { sync: true }).forward(zeros([1, 3]))).to.throw(ValueError)
  })

  it('refuses arguments that make no sense', () => {
    expect(() => new nn.BatchNorm1d(0)).to.throw(ValueError, 'BatchNorm1d: expected numFeatures')
    expect(() => new nn.BatchNorm2d(1.5)).to.throw(ValueError, 'BatchNorm2d: expected numFeatures')
    expect(() => new nn.BatchNorm1d(2, { eps: -1 })).to.throw(ValueError, 'eps')
    expect(() => new nn.BatchNorm1d(2, { momentum: 2 })).to.throw(ValueError, 'momentum')
  })
})
