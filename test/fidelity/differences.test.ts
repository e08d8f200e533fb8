import { expect } from 'chai'

import {
  chunk,
  DTypeError,
  fromTypedArray,
  nn,
  ones,
  optim,
  ShapeError,
  split,
  tensor,
  transpose,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const int32 = { dtype: 'int32' } as const
const nan = { eps: NaN }

/** The rows of docs/pytorch-differences.md that results of PyTorch cannot show. */
describe('differences from PyTorch, as the page has them', () => {
  eachBackend(() => {
    it('backward belongs to the last forward', () => {
      const layer = new nn.ReLU()
      const [first, second] = [ones([2]), ones([2])]
      layer.forward(first)
      layer.forward(second)
      expect(() => layer.backward(first, ones([2]))).to.throw(ValueError, 'last forward')
      expect(layer.backward(second, ones([2])).toArray()).to.deep.equal([1, 1])
    })

    it('gradients are null until there is one', () => {
      const layer = new nn.Linear(2, 1)
      const input = ones([3, 2])
      expect(layer.weight.grad).to.equal(null)
      layer.backward(input, layer.forward(input))
      expect(layer.weight.grad).not.to.equal(null)
      layer.zeroGrad()
      expect(layer.weight.grad).to.equal(null)
    })

    it('other shapes and parts along dimension 0 share memory, other parts and orders copy', () => {
      const source = tensor([
        [1, 2],
        [3, 4],
      ])
      const copies = [transpose(source, 0, 1), ...chunk(source, 2, 1), source.narrow(1, 0, 2)]
      const row = split(source, 1)[0]!
      const views = [source.select(0, 0), source.narrow(0, 0, 1), source.reshape([4]), row]
      source.data[0] = 9
      for (const view of views) expect(view.data[0]).to.equal(9)
      expect(copies.map((copy) => Array.from(copy.data))).to.deep.equal([
        [1, 3, 2, 4],
        [1, 3],
        [2, 4],
        [1, 2, 3, 4],
      ])
    })

    it('labels are int32 or uint8, (N) or (N, 1), in range', () => {
      const logits = tensor([
        [1, 2, 3],
        [3, 1, 2],
      ])
      for (const criterion of [new nn.CrossEntropyLoss(), new nn.NLLLoss()]) {
        const losses = [
          tensor([2, 1], int32),
          tensor([[2], [1]], int32),
          fromTypedArray(new Uint8Array([2, 1])),
        ].map((labels) => criterion.forward(logits, labels).item())
        expect(new Set(losses).size).to.equal(1)
        expect(() => criterion.forward(logits, tensor([2, 1]))).to.throw(DTypeError, 'int32')
        expect(() => criterion.forward(logits, tensor([2, 3], int32))).to.throw(ValueError, '3')
        expect(() => criterion.forward(logits, tensor([-1, 0], int32))).to.throw(ValueError, '-1')
      }
    })

    it('a target is not broadcast and no dtype is promoted', () => {
      const criterion = new nn.MSELoss()
      expect(() => criterion.forward(ones([3, 1]), ones([3]))).to.throw(ShapeError, 'reshape')
      const wide = ones([3], { dtype: 'float64' })
      expect(() => criterion.forward(ones([3]), wide)).to.throw(DTypeError, "to('float32')")
      expect(() => new nn.Linear(3, 1).forward(wide)).to.throw(DTypeError, "to('float32')")
    })

    it('a MaxPool keeps its indices', () => {
      const pool = new nn.MaxPool1d(2)
      pool.forward(tensor([[[1, 3, 5, 4]]]))
      expect(pool.indices!.toArray()).to.deep.equal([[[1, 2]]])
    })

    it('an index of Embedding is in range', () => {
      const embedding = new nn.Embedding(3, 2)
      expect(() => embedding.forward(tensor([3], int32))).to.throw(ValueError, '3')
      expect(() => embedding.forward(tensor([-1], int32))).to.throw(ValueError, '-1')
    })

    it('a state dict that does not fit changes nothing', () => {
      const model = new nn.Linear(2, 1)
      const before = model.weight.toArray()
      const state = { weight: ones([1, 2]), bias: ones([2]) }
      expect(() => model.loadStateDict(state)).to.throw(ShapeError, 'bias')
      expect(model.weight.toArray()).to.deep.equal(before)
    })

    it('Dropout2d drops channels of (N, C, L)', () => {
      const output = new nn.Dropout2d(0.5).forward(ones([8, 16, 3]))
      const channels = output.reshape([128, 3]).toArray() as number[][]
      for (const channel of channels) expect(new Set(channel).size).to.equal(1)
      expect(new Set(channels.flat())).to.deep.equal(new Set([0, 2]))
    })

    it('clipGradNorm_ returns the norm in float64', () => {
      const parameter = new nn.Parameter(zeros([2]))
      parameter.grad = tensor([3, 4])
      const norm = nn.utils.clipGradNorm_([parameter], 1)
      expect([norm.dtype, norm.shape, norm.item()]).to.deep.equal(['float64', [], 5])
    })

    it('Adam without its corrections: the first step is lr (1 - β₁) / √(1 - β₂)', () => {
      const parameter = new nn.Parameter(zeros([1], { dtype: 'float64' }))
      parameter.grad = tensor([3], { dtype: 'float64' })
      const options = { lr: 1, betas: [0.5, 0.75], eps: 0, biasCorrection: false } as const
      const optimizer = new optim.Adam([parameter], options)
      optimizer.step()
      expect(parameter.item()).to.equal(-1)
      expect(optimizer.stateDict().param_groups[0]).to.include({ bias_correction: false })
    })
  })

  it('the dtype of numbers is float32', () => {
    expect(tensor([1]).dtype).to.equal('float32')
    expect(tensor([1], int32).dtype).to.equal('int32')
    expect(tensor(new Int32Array(1)).dtype).to.equal('int32')
  })

  it('options that are NaN are refused', () => {
    const parameters = [new nn.Parameter(zeros([1]))]
    for (const make of [
      () => new nn.Dropout(NaN),
      () => new nn.BatchNorm1d(1, nan),
      () => new nn.LayerNorm(1, nan),
      () => new nn.CrossEntropyLoss({ labelSmoothing: NaN }),
      () => new nn.HuberLoss({ delta: NaN }),
      () => new optim.SGD(parameters, { lr: NaN }),
      () => new optim.Adam(parameters, nan),
    ]) {
      expect(make).to.throw(ValueError)
    }
  })

  it('defaults and options', () => {
    expect([new nn.Softmax().dim, new nn.LogSoftmax().dim]).to.deep.equal([-1, -1])
    const sgd = new optim.SGD([new nn.Parameter(zeros([1]))])
    expect(sgd.paramGroups[0]!.lr).to.equal(1e-3)
    const tracking = { trackRunningStats: true } as unknown as { trackRunningStats: false }
    expect(() => new nn.InstanceNorm2d(1, tracking)).to.throw(ValueError, 'BatchNorm2d')
    expect(new nn.BatchNorm1d(1).numBatchesTracked!.dtype).to.equal('int32')
  })
})
