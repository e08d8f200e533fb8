import { expect } from 'chai'

import { capture, nn, optim, Tensor } from '../../ts/index.js'
import { kernels } from '../../ts/kernels/backend.js'
import { gradientBuckets } from '../../ts/train/gradient-buckets.js'
import { empty } from '../../ts/tensor/tensor.js'
import { eachBackend } from '../support/each-backend.js'

/** Of each bucket the parameters that have their gradients in it, by their place in the model. */
function contents(model: nn.Module): number[][] {
  const parameters = model.parameters()
  return gradientBuckets(parameters).map(({ buffer, byteOffset, length }) =>
    parameters.flatMap(({ grad }, i) => {
      if (grad?.buffer !== buffer || grad.byteOffset < byteOffset) return []
      const end = grad.byteOffset + grad.length * 4
      return end <= byteOffset + length * 4 ? [i] : []
    }),
  )
}

function step(model: nn.Module, optimizer: optim.SGD | null, x: Tensor): Tensor {
  model.zeroGrad()
  const criterion = new nn.MSELoss()
  const prediction = model.forward(x)
  const target = empty(prediction.shape)
  const loss = criterion.forward(prediction, target)
  model.backwardParameters(x, criterion.backward(prediction, target))
  for (const bucket of gradientBuckets(model.parameters())) {
    kernels().allReduce({ x: bucket, n: bucket.length })
  }
  optimizer?.step()
  return loss
}

describe('gradients in buckets', () => {
  eachBackend(() => {
    it('the last ones first, cut where one is full, over what lies between two of them', () => {
      const model = new nn.Sequential(
        new nn.Linear(5, 200),
        new nn.Linear(200, 201),
        new nn.Linear(201, 3),
      )
      const x = empty([2, 5])
      step(model, null, x)
      // Each in memory of its own.
      expect(contents(model)).to.deep.equal([[2], [5], [4], [3], [1], [0]])
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      for (const parameter of model.parameters()) parameter.grad = null
      step(model, optimizer, x)
      expect(contents(model)).to.deep.equal([
        [2, 3, 4, 5],
        [0, 1],
      ])
      expect(gradientBuckets(model.parameters()).map(({ length }) => length)).to.deep.equal([
        40208 + 208 + 608 + 3,
        1000 + 8 + 200,
      ])
    })

    it('those of two groups of an optimizer apart, and without those that are not there', () => {
      const model = new nn.Sequential(new nn.Linear(4, 20), new nn.Linear(20, 2))
      const [weight, bias, ...others] = model.parameters()
      const groups = [{ params: [weight!, others[0]!] }, { params: [bias!, others[1]!] }]
      const optimizer = new optim.SGD(groups, { lr: 0.1 })
      step(model, optimizer, empty([3, 4]))
      expect(contents(model)).to.deep.equal([
        [1, 3],
        [0, 2],
      ])
      others[0]!.grad = null
      expect(contents(model)).to.deep.equal([[1, 3], [0]])
    })

    it('captured, begin when they are there and are waited for before the optimizer', () => {
      const model = new nn.Sequential(new nn.Linear(5, 200), new nn.Linear(200, 201))
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const x = empty([2, 5])
      const captured = capture(() => step(model, optimizer, x))
      const run = captured.describe().split(/^run: .*$/m)[1]!
      const names = Array.from(run.matchAll(/^ *\d+ +(\w+)/gm), ([, name]) => name)
      const backward = names.slice(names.indexOf('pointwiseLossGradient') + 1)
      expect(backward).to.deep.equal([
        'matmul',
        'reduce',
        'allReduceStart',
        'matmul',
        'matmul',
        'reduce',
        'allReduceStart',
        'allReduceWait',
        'allReduceWait',
        'updateStep',
        'copy',
      ])
      captured.runSync()
    })
  })
})
