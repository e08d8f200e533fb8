import { expect } from 'chai'

import {
  add,
  autograd,
  manualSeed,
  nn,
  noGrad,
  NotFiniteError,
  optim,
  randn,
  sum,
  type Tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

class Block extends nn.Module {
  readonly linear = new nn.Linear(4, 4)
  readonly norm = new nn.BatchNorm1d(4)
  readonly drop = new nn.Dropout(0.5)
  readonly act = new nn.Tanh()
  override forward(x: Tensor): Tensor {
    const h = this.drop.forward(this.act.forward(this.norm.forward(this.linear.forward(x))))
    return add(h, x)
  }
}

/** Two blocks, the first of which is called twice. */
function network(): { model: nn.Module[]; x: Tensor; loss: (part: Part) => Tensor } {
  manualSeed(2)
  const [first, second] = [new Block().to('float64'), new Block().to('float64')]
  const x = randn([5, 4], { dtype: 'float64' })
  const criterion = new nn.MSELoss()
  const target = randn([5, 4], { dtype: 'float64' })
  return {
    model: [first, second],
    x,
    loss(part) {
      const once = part((y: Tensor) => first.forward(y), x)
      const h = part((y: Tensor) => second.forward(first.forward(y)), once)
      return criterion.forward(h, target)
    },
  }
}

type Part = typeof autograd.checkpoint
const plain: Part = (fn, ...inputs) => fn(...inputs)

const parametersOf = (model: readonly nn.Module[]): nn.Parameter[] =>
  model.flatMap((module) => [...module.parameters()])

/** Shares that are added up in another order are rounded in another way. */
function expectNear(actual: readonly Tensor[], expected: readonly Tensor[]): void {
  actual.forEach((tensor, i) => {
    tensor.data.forEach((value, k) => {
      expect(value, `element ${k} of ${i}`).to.be.closeTo(expected[i]!.data[k]!, 1e-13)
    })
  })
}

describe('modules and the functions of autograd', () => {
  eachBackend(() => {
    it('a checkpoint has the gradients and the dropout of what it stands for', () => {
      const run = (part: Part): Tensor[] => {
        const { model, loss } = network()
        const result = loss(part)
        result.backward()
        return [result, ...parametersOf(model).map(({ grad }) => grad!)]
      }
      expectNear(run(autograd.checkpoint), run(plain))
    })

    it('autograd.grad gives gradients by parameters and inputs, and leaves theirs alone', () => {
      const [eager, apart] = [network(), network()]
      eager.x.requiresGrad = apart.x.requiresGrad = true
      const seed = (): void => void manualSeed(9)
      seed()
      eager.loss(plain).backward()
      seed()
      const loss = apart.loss(plain)
      const parameters = parametersOf(apart.model)
      const gradients = autograd.grad(loss, [apart.x, ...parameters])
      const expected = [eager.x, ...parametersOf(eager.model)].map(({ grad }) => grad!)
      expectNear(
        gradients.map((gradient) => gradient!),
        expected,
      )
      expect([apart.x, ...parameters].map(({ grad }) => grad)).to.deep.equal(
        gradients.map(() => null),
      )
    })

    it('a step of the optimizer between forward and backward is refused', () => {
      const { model, loss } = network()
      loss(plain).backward()
      const optimizer = new optim.SGD(parametersOf(model), { lr: 0.1 })
      for (const part of [plain, autograd.checkpoint]) {
        const late = loss(part)
        optimizer.step()
        const before = parametersOf(model).map(({ grad }) => grad!.toArray())
        expect(() => {
          late.backward()
        }).to.throw(ValueError, 'written since')
        expect(parametersOf(model).map(({ grad }) => grad!.toArray())).to.deep.equal(before)
      }
    })

    it('detectAnomaly names the layer that gives NaN', () => {
      const [layer, root] = [new nn.Linear(2, 2), randn([3, 2])]
      noGrad(() => nn.init.constant_(layer.weight, NaN))
      expect(() => {
        autograd.detectAnomaly(() => {
          sum(layer.forward(root)).backward()
        })
      }).to.throw(NotFiniteError, /made by Linear/)
    })
  })
})
