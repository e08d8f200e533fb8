import { expect } from 'chai'

import {
  add,
  autograd,
  capture,
  data,
  fit,
  Generator,
  gradcheck,
  jacobian,
  matmul,
  mean,
  mul,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  sanityCheck,
  square,
  sub,
  sum,
  summary,
  tanh,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
let generator = new Generator(3)
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })

/** A block written freely. */
class Block extends nn.Module {
  readonly first: nn.Linear
  readonly second: nn.Linear
  readonly scale = new nn.Parameter(ones([4], f64))

  constructor() {
    super()
    this.first = new nn.Linear(4, 4, { ...f64, generator })
    this.second = new nn.Linear(4, 4, { ...f64, generator })
  }

  override forward(x: Tensor): Tensor {
    const h = tanh(this.first.forward(x))
    return add(mul(this.second.forward(h), this.scale), x)
  }
}

/** The same by layers. */
class Scale extends nn.Module {
  constructor(readonly scale: nn.Parameter) {
    super()
  }

  override computeOutput(input: Tensor): Tensor {
    return mul(input, this.scale)
  }

  override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return mul(gradOutput, this.scale)
  }

  override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    this.scale.addGrad(sum(mul(input, gradOutput), 0))
  }
}

function layered(block: Block): nn.Module {
  const { first, second, scale } = block
  return new nn.Residual(new nn.Sequential(first, new nn.Tanh(), second, new Scale(scale)))
}

function gradients(model: nn.Module): unknown {
  return model.parameters().map(({ grad }) => grad?.toArray() ?? null)
}

const close = (a: unknown, b: unknown): void => {
  const flat = (value: unknown): number[] => (value as number[][]).flat(3)
  expect(flat(a).length).to.equal(flat(b).length)
  flat(a).forEach((value, i) => {
    expect(value).to.be.closeTo(flat(b)[i]!, 1e-12)
  })
}

const mul2 = (values: unknown): unknown =>
  (values as number[][]).flat(3).map((value) => [2 * value])

describe('modules and criteria in the graph', () => {
  eachBackend(() => {
    beforeEach(() => {
      generator = new Generator(3)
    })

    it('have the gradients of a backward by hand', () => {
      const block = new Block()
      const model = layered(block)
      const criterion = new nn.MSELoss()
      const x = random(3, 4)
      const y = random(3, 4)
      const loss = criterion.forward(model.forward(x), y)
      const gradInput = model.backward(x, criterion.backward(model.output!, y))
      const expected = gradients(block)
      block.zeroGrad()
      const leaf = x.clone().requiresGrad_()
      const free = criterion.forward(block.forward(leaf), y)
      expect(free.item()).to.equal(loss.item())
      free.backward()
      close(gradients(block), expected)
      close(leaf.grad!.toArray(), gradInput.toArray())

      block.zeroGrad()
      block.forward(x)
      close(block.backward(x, criterion.backward(block.output!, y)).toArray(), gradInput.toArray())
      close(gradients(block), expected)
      expect(x.requiresGrad).to.equal(false)

      block.zeroGrad()
      criterion.forward(model.forward(x), y).backward()
      close(gradients(block), expected)
    })

    it('stand in containers, and containers in them', () => {
      const inner = new Block()
      const model = new nn.Sequential(
        new nn.Linear(4, 4, { ...f64, generator }),
        inner,
        new nn.Residual(inner),
        new nn.Linear(4, 2, { ...f64, generator }),
      )
      gradcheck(model, random(3, 4))
      gradcheck(inner, random(2, 4))
      expect(jacobian(inner, random(1, 4)).shape).to.deep.equal([1, 4, 4])
    })

    it('answer for every call: shared weights, and a layer in a loop', () => {
      const net = new nn.Sequential(
        new nn.Linear(3, 5, { ...f64, generator }),
        new nn.BatchNorm1d(5, f64),
        new nn.Tanh(),
        new nn.Linear(5, 2, { ...f64, generator }),
      )
      const [a, b] = [random(4, 3), random(4, 3)]
      const distance = (): Tensor => mean(square(sub(net.forward(a), net.forward(b))))
      const parameter = net.parameters()[0]!
      distance().backward()
      const { grad } = parameter
      const h = 1e-6
      for (let i = 0; i < parameter.length; i++) {
        const value = parameter.data[i]!
        parameter.data[i] = value + h
        const above = noGrad(distance).item()
        parameter.data[i] = value - h
        const below = noGrad(distance).item()
        parameter.data[i] = value
        expect(grad!.data[i]).to.be.closeTo((above - below) / (2 * h), 1e-8)
      }
      // in the steady state the passes are used again
      for (let i = 0; i < 3; i++) {
        net.zeroGrad()
        distance().backward()
        close([grad!.toArray()], [parameter.grad!.toArray()])
      }

      const cell = new nn.Linear(3, 3, { ...f64, generator })
      let state = a
      for (let t = 0; t < 4; t++) state = tanh(cell.forward(state))
      sum(state).backward()
      expect(cell.weight.grad).not.to.equal(null)
    })

    it('wait for their backward whatever else is run meanwhile', () => {
      const model = new nn.Sequential(
        new nn.Linear(4, 4, { ...f64, generator }),
        new nn.Tanh(),
        new nn.Linear(4, 1, { ...f64, generator }),
      )
      const x = random(3, 4)
      sum(model.forward(x)).backward()
      const expected = gradients(model)
      model.zeroGrad()
      const waiting = sum(model.forward(x))
      sum(model.forward(random(3, 4))).backward()
      noGrad(() => model.forward(random(5, 4)))
      model.forward(random(7, 4))
      model.zeroGrad()
      waiting.backward()
      close(gradients(model), expected)
      expect(() => {
        waiting.backward()
      }).to.throw(ValueError, 'second time')
    })

    it('in evaluation mode are run again where another call took their storage over', () => {
      const net = new nn.Sequential(
        new nn.Linear(3, 5, { ...f64, generator }),
        new nn.BatchNorm1d(5, f64),
        new nn.Dropout(0.5, { generator }),
        new nn.Linear(5, 2, { ...f64, generator }),
      )
      const [a, b] = [random(4, 3), random(4, 3)]
      const distance = (): Tensor => sum(mul(net.forward(a), net.forward(b)))
      net.forward(a)
      net.eval()
      distance().backward()
      const expected = net.parameters().map(({ grad }) => grad!.toArray())
      const [own] = autograd.grad(distance(), [net.parameters()[0]!])
      expect(own!.toArray()).to.deep.equal(expected[0])
      net.zeroGrad()
      const [fa, fb] = [noGrad(() => net.forward(a)), noGrad(() => net.forward(b))]
      sum(mul(net.forward(a), fb)).backward()
      sum(mul(fa, net.forward(b))).backward()
      close(gradients(net), expected)

      const refused = (model: nn.Module, message: string): void => {
        const waiting = model.eval().forward(a)
        model.forward(b)
        model.train().forward(b)
        expect(() => {
          sum(waiting).backward()
        }).to.throw(ValueError, message)
      }
      refused(net, 'written since') // the statistics
      const linear = new nn.Linear(3, 5, { ...f64, generator })
      refused(new nn.Sequential(linear, new nn.Dropout(0.5, { generator })), 'training mode')
    })

    it('keep their storage as long as the graph is retained', () => {
      const model = new nn.Sequential(new nn.Linear(4, 4, { ...f64, generator }), new nn.Tanh())
      const loss = sum(model.forward(random(3, 4)))
      loss.backward(null, { retainGraph: true })
      const expected = gradients(model)
      model.forward(random(3, 4))
      model.zeroGrad()
      loss.backward()
      expect(gradients(model)).to.deep.equal(expected)
    })

    it('refuse weights that were changed in between', () => {
      const model = new nn.Sequential(
        new nn.Linear(4, 4, { ...f64, generator }),
        new nn.Linear(4, 1, { ...f64, generator }),
      )
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const loss = sum(model.forward(random(3, 4)))
      sum(model.forward(random(3, 4))).backward()
      optimizer.step()
      expect(() => {
        loss.backward()
      }).to.throw(ValueError, 'written since')
    })

    it('are trained by fit and captured as eagerly, bit for bit', async () => {
      const train = async (how: 'eager' | 'fit' | 'capture'): Promise<unknown> => {
        generator = new Generator(5)
        const model = new Block()
        const criterion = new nn.MSELoss()
        const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
        const x = random(8, 4)
        const y = random(8, 4)
        const step = (): Tensor => {
          optimizer.zeroGrad()
          const loss = criterion.forward(model.forward(x), y)
          loss.backward()
          optimizer.step()
          return loss
        }
        if (how === 'eager') for (let i = 0; i < 5; i++) step()
        if (how === 'capture') {
          const captured = capture(step)
          for (let i = 0; i < 5; i++) await captured.run()
        }
        if (how === 'fit') {
          const loader = new data.DataLoader(new data.TensorDataset([x, y]), { batchSize: 8 })
          await fit(model, loader, { criterion, optimizer, epochs: 5 })
        }
        return model.parameters().map((parameter) => parameter.toArray())
      }
      const eager = await train('eager')
      expect(await train('capture')).to.deep.equal(eager)
      expect(await train('fit')).to.deep.equal(eager)
    })

    it('are run again by checkpoint, which frees what they keep', () => {
      const net = new nn.Sequential(
        new nn.Linear(4, 4, { ...f64, generator }),
        new nn.Dropout(0.5, { generator }),
        new nn.Tanh(),
      )
      const block = new Block()
      const x = random(3, 4).requiresGrad_()
      const state = generator.getState()
      const run = (part: (x: Tensor) => Tensor): unknown => {
        generator.setState(state)
        block.zeroGrad()
        net.zeroGrad()
        x.grad = null
        sum(mul(part(part(x)), x)).backward()
        return [gradients(net), gradients(block), x.grad!.toArray()]
      }
      const part = (h: Tensor): Tensor => block.forward(net.forward(h))
      const expected = run(part)
      expect(run((h) => autograd.checkpoint(part, h))).to.deep.equal(expected)
      expect(run((h) => autograd.checkpoint(part, h))).to.deep.equal(expected)
    })

    it('autograd.grad leaves what parameters hold alone', () => {
      const net = new nn.Sequential(
        new nn.Linear(4, 4, { ...f64, generator }),
        new nn.Linear(4, 1, { ...f64, generator }),
      )
      const x = random(3, 4).requiresGrad_()
      sum(net.forward(x)).backward()
      const before = gradients(net)
      const [first, last] = net.parameters()
      const [byX, byWeight] = autograd.grad(sum(net.forward(x)), [x, first!])
      expect(byX!.toArray()).to.deep.equal(x.grad!.toArray())
      expect(byWeight!.toArray()).to.deep.equal(first!.grad!.toArray())
      expect(gradients(net)).to.deep.equal(before)
      expect(last!.requiresGrad).to.equal(true)
    })

    it('a backward that fails adds nothing to parameters', () => {
      const net = new nn.Sequential(new nn.Linear(4, 4, { ...f64, generator }))
      const x = random(3, 4).requiresGrad_()
      sum(net.forward(x)).backward()
      const before = gradients(net)
      const h = mul(x, 2)
      h.registerHook(() => {
        throw new Error('on purpose')
      })
      expect(() => {
        sum(net.forward(h)).backward()
      }).to.throw('on purpose')
      expect(gradients(net)).to.deep.equal(before)
      sum(net.forward(x)).backward()
      close(gradients(net), mul2(before))
    })

    it('take several inputs and give several outputs', () => {
      class Two extends nn.Module {
        readonly weight = new nn.Parameter(random(3, 3))

        override forward(a: Tensor, b: Tensor): Tensor {
          return add(matmul(a, this.weight), b)
        }
      }
      class Parts extends nn.Module<[x: Tensor], { sum: Tensor; product: Tensor }> {
        override computeOutput(x: Tensor): { sum: Tensor; product: Tensor } {
          return { sum: add(x, 1), product: mul(x, 3) }
        }

        override computeGradInput(
          _x: Tensor,
          grad: { sum: Tensor | null; product: Tensor | null },
        ): Tensor {
          return add(grad.sum ?? 0, mul(grad.product!, 3))
        }
      }
      const two = new Two()
      const a = random(2, 3).requiresGrad_()
      const b = random(2, 3)
      sum(two.forward(a, b)).backward()
      expect(a.grad).not.to.equal(null)
      expect(b.grad).to.equal(null)

      const x = random(2, 3).requiresGrad_()
      const { sum: s, product } = new Parts().forward(x)
      add(sum(s), mul(sum(product), 2)).backward()
      expect(x.grad!.toArray()).to.deep.equal([
        [7, 7, 7],
        [7, 7, 7],
      ])
      x.grad = null
      sum(new Parts().forward(x).product).backward()
      expect(x.grad!.toArray()).to.deep.equal([
        [3, 3, 3],
        [3, 3, 3],
      ])
    })

    it('criteria: weights of losses, no reduction, and a target that requires a gradient', () => {
      const x = random(3, 4).requiresGrad_()
      const y = random(3, 4).requiresGrad_()
      const weights = random(3)
      const labels = tensor([0, 3, 1], { dtype: 'int32' })
      const each = new nn.CrossEntropyLoss({ reduction: 'none' })
      sum(mul(each.forward(x, labels), weights)).backward()
      const expected = x.grad!
      x.grad = null
      weights.data.forEach((weight, i) => {
        const sample = x.narrow(0, i, 1)
        const label = labels.narrow(0, i, 1)
        mul(new nn.CrossEntropyLoss().forward(sample, label), weight).backward()
      })
      close(x.grad!.toArray(), expected.toArray())

      x.grad = null
      new nn.MSELoss().forward(x, y).backward()
      close(y.grad!.toArray(), mul(x.grad!, -1).toArray())
      expect(() => new nn.BCEWithLogitsLoss().forward(x, y)).to.throw(ValueError, 'detach()')
    })

    it('criteria of one’s own are functions of tensors', () => {
      class Relative extends nn.Criterion {
        override forward(prediction: Tensor, target: Tensor): Tensor {
          return mean(square(sub(prediction, target)))
        }
      }
      const criterion = new Relative()
      const mse = new nn.MSELoss()
      const [x, y] = [random(3, 2), random(3, 2)]
      expect(criterion.forward(x, y).item()).to.be.closeTo(mse.forward(x, y).item(), 1e-14)
      close(criterion.backward(x, y).toArray(), mse.backward(x, y).toArray())
      const leaf = x.clone().requiresGrad_()
      criterion.forward(leaf, y).backward()
      close(leaf.grad!.toArray(), mse.backward(x, y).toArray())
    })

    it('say what is wrong: no forward, a backward inside of noGrad, a wrong shape', () => {
      class Nothing extends nn.Module {}
      expect(() => new Nothing().forward(random(2, 2))).to.throw(ValueError, 'to have forward')
      const block = new Block()
      const x = random(2, 4)
      noGrad(() => block.forward(x))
      expect(() => block.backward(x, x)).to.throw(ValueError, 'noGrad')
      expect(() => new nn.Sequential(block).forward(random(2, 3))).to.throw(
        'Sequential.0.first Linear(4, 4)',
      )
    })

    it('with a backward of their own are not differentiated behind their back', () => {
      class Reverse extends nn.Module {
        override forward(x: Tensor): Tensor {
          return mul(x, 1)
        }

        override backward(_x: Tensor, grad: Tensor): Tensor {
          return mul(grad, -1)
        }
      }
      const x = random(2, 2).requiresGrad_()
      sum(new Reverse().forward(x)).backward()
      expect(x.grad!.toArray()).to.deep.equal([
        [-1, -1],
        [-1, -1],
      ])
    })

    it('are what summary, sanityCheck and state dicts take', async () => {
      const block = new Block()
      expect(Object.keys(block.stateDict())).to.deep.equal([
        'scale',
        'first.weight',
        'first.bias',
        'second.weight',
        'second.bias',
      ])
      expect(summary(block, [2, 4]).toString()).to.contain('Linear')
      const batch = [random(8, 4), random(8, 4)]
      const report = await sanityCheck(block, batch, { criterion: new nn.MSELoss() })
      expect(report.toString()).to.contain('gradients reach every parameter')
    })
  })
})
