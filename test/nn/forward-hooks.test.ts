import { expect } from 'chai'

import {
  add,
  capture,
  CaptureError,
  Generator,
  gradcheck,
  mul,
  nn,
  noGrad,
  optim,
  randn,
  square,
  sum,
  tanh,
  type Tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
let generator = new Generator(3)
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })
const linear = (from: number, to: number): nn.Linear =>
  new nn.Linear(from, to, { ...f64, generator })

/** What a hook puts in the place of an output. */
const instead = (output: Tensor): Tensor => tanh(mul(output, 2))

class Hooked extends nn.Module {
  constructor(readonly inner: nn.Linear) {
    super()
  }

  override forward(x: Tensor): Tensor {
    return instead(this.inner.forward(square(x)))
  }
}

const bits = (tensors: readonly (Tensor | null)[]): unknown =>
  tensors.map((tensor) => tensor?.toArray() ?? null)

describe('forward hooks', () => {
  eachBackend(() => {
    beforeEach(() => {
      generator = new Generator(3)
    })

    it('see every forward, its inputs and its output, until they are removed', () => {
      const layer = linear(3, 2)
      const x = random(4, 3)
      const seen: string[] = []
      const first = layer.registerForwardPreHook((module, inputs) => {
        expect(module).to.equal(layer)
        expect(inputs.map((input) => input.shape)).to.deep.equal([[4, 3]])
        seen.push('before')
        return undefined
      })
      const second = layer.registerForwardHook((_module, inputs, output) => {
        seen.push(`after ${inputs.length}, ${output.shape.join('x')}`)
        return null
      })
      const plain = linear(3, 2)
      plain.loadStateDict(layer.stateDict())
      const y = layer.forward(x)
      expect(y.toArray()).to.deep.equal(plain.forward(x).toArray())
      expect(seen).to.deep.equal(['before', 'after 1, 4x2'])
      sum(square(y)).backward()
      sum(square(plain.forward(x))).backward()
      const grads = (one: nn.Linear): unknown => bits([one.weight.grad, one.bias!.grad])
      expect(grads(layer)).to.deep.equal(grads(plain))

      first()
      layer.forward(x)
      expect(seen.at(-1)).to.equal('after 1, 4x2')
      expect(seen).to.have.length(3)
      second()
      second()
      layer.zeroGrad()
      plain.zeroGrad()
      const g = random(4, 2)
      layer.forward(x)
      plain.forward(x)
      expect(layer.backward(x, g).toArray()).to.deep.equal(plain.backward(x, g).toArray())
      expect(grads(layer)).to.deep.equal(grads(plain))
      expect(seen).to.have.length(3)
      expect(Object.keys(layer)).to.deep.equal(Object.keys(plain))
    })

    it('replace inputs and outputs, with their gradients: by the graph, by hand and in containers', () => {
      const layer = linear(3, 3)
      const free = new Hooked(linear(3, 3))
      free.inner.loadStateDict(layer.stateDict())
      const removePre = layer.registerForwardPreHook((_module, [input]) => square(input!))
      const remove = layer.registerForwardHook((_module, _inputs, output) => instead(output))
      const x = random(4, 3)
      const [a, b] = [x.clone().requiresGrad_(), x.clone().requiresGrad_()]
      sum(square(layer.forward(a))).backward()
      sum(square(free.forward(b))).backward()
      const grads = (): unknown => [
        bits(layer.parameters().map((p) => p.grad)),
        bits(free.parameters().map((p) => p.grad)),
      ]
      const same = (): void => {
        const [left, right] = grads() as unknown[]
        expect(left).to.deep.equal(right)
      }
      expect(a.grad!.toArray()).to.deep.equal(b.grad!.toArray())
      same()

      const g = random(4, 3)
      for (let i = 0; i < 3; i++) {
        layer.zeroGrad()
        free.zeroGrad()
        expect(layer.forward(x).toArray()).to.deep.equal(free.forward(x).toArray())
        expect(layer.output!.toArray()).to.deep.equal(free.output!.toArray())
        for (let j = 0; j < 2; j++)
          expect(layer.backward(x, g).toArray()).to.deep.equal(free.backward(x, g).toArray())
        same()
      }

      const container = (middle: nn.Module): nn.Module =>
        new nn.Sequential(new nn.Tanh(), new nn.Residual(middle), new nn.Tanh())
      const [left, right] = [container(layer), container(free)]
      for (let i = 0; i < 3; i++) {
        left.zeroGrad()
        right.zeroGrad()
        expect(left.forward(x).toArray()).to.deep.equal(right.forward(x).toArray())
        expect(left.backward(x, g).toArray()).to.deep.equal(right.backward(x, g).toArray())
        same()
        left.zeroGrad()
        right.zeroGrad()
        sum(mul(left.forward(x), g)).backward()
        sum(mul(right.forward(x), g)).backward()
        same()
      }
      gradcheck(left, random(2, 3))
      left.eval()
      right.eval()
      left.zeroGrad()
      right.zeroGrad()
      const waiting = sum(mul(left.forward(x), g))
      noGrad(() => left.forward(random(5, 3)))
      left.forward(random(7, 3))
      waiting.backward()
      sum(mul(right.forward(x), g)).backward()
      same()

      removePre()
      remove()
      const plain = linear(3, 3)
      plain.loadStateDict(layer.stateDict())
      layer.zeroGrad()
      left.forward(x)
      const other = container(plain)
      other.forward(x)
      expect(left.backward(x, g).toArray()).to.deep.equal(other.backward(x, g).toArray())
    })

    it('stand around containers and modules of several inputs and outputs', () => {
      class Two extends nn.Module<[a: Tensor, b: Tensor], { sum: Tensor; product: Tensor }> {
        override forward(a: Tensor, b: Tensor): { sum: Tensor; product: Tensor } {
          return { sum: add(a, b), product: mul(a, b) }
        }
      }
      const two = new Two()
      two.registerForwardPreHook((_module, [a, b]) => [b, a])
      two.registerForwardHook((_module, _inputs, output) => ({
        ...output,
        sum: mul(output.sum, 3),
      }))
      const [a, b] = [random(2, 2).requiresGrad_(), random(2, 2)]
      const { sum: s, product } = two.forward(a, b)
      expect(s.toArray()).to.deep.equal(mul(add(b, a), 3).toArray())
      add(sum(s), sum(product)).backward()
      expect(a.grad!.toArray()).to.deep.equal(add(b, 3).toArray())

      const sequential = new nn.Sequential(linear(2, 2), new nn.Tanh())
      sequential.registerForwardHook((_module, _inputs, output) => mul(output, 2))
      gradcheck(sequential, random(3, 2))
    })

    it('are part of captured steps, which are captured anew when one comes or goes', async () => {
      const train = async (captures: boolean): Promise<unknown> => {
        generator = new Generator(5)
        const layer = linear(4, 4)
        const model = new nn.Sequential(layer, new nn.Tanh(), linear(4, 1))
        const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
        const x = random(8, 4)
        const step = (): Tensor => {
          optimizer.zeroGrad()
          const loss = sum(square(model.forward(x)))
          loss.backward()
          optimizer.step()
          return loss
        }
        const captured = captures ? capture(step) : null
        const losses: number[] = []
        const run = async (): Promise<void> => {
          for (let i = 0; i < 3; i++) losses.push(((await captured?.run()) ?? step()).item())
        }
        await run()
        const remove = layer.registerForwardHook((_module, _inputs, output) => instead(output))
        await run()
        const another = layer.registerForwardPreHook((_module, [input]) => square(input!))
        await run()
        remove()
        another()
        await run()
        return [losses, bits(model.parameters())]
      }
      expect(await train(true)).to.deep.equal(await train(false))
    })

    it('that read numbers are refused while a step is captured', () => {
      const layer = linear(2, 2)
      const x = random(2, 2)
      layer.registerForwardHook((_module, _inputs, output) => {
        output.toArray()
        return undefined
      })
      layer.forward(x)
      expect(() => capture(() => layer.forward(x)).runSync()).to.throw(CaptureError)
    })

    it('are refused unless they are functions and return tensors', () => {
      const layer = linear(2, 2)
      const x = random(2, 2)
      expect(() => layer.registerForwardHook(3 as never)).to.throw(ValueError, 'a function')
      expect(() => layer.registerForwardPreHook(null as never)).to.throw(ValueError, 'a function')
      const remove = layer.registerForwardHook(() => 3 as never)
      expect(() => layer.forward(x)).to.throw(ValueError, 'Linear')
      remove()
      const other = layer.registerForwardPreHook(() => [] as never)
      expect(() => layer.forward(x)).to.throw(ValueError, 'before forward')
      other()
      const failing = layer.registerForwardHook(() => {
        throw new Error('on purpose')
      })
      expect(() => layer.forward(x)).to.throw('on purpose')
      failing()
      layer.forward(x)
      expect(layer.backward(x, x).shape).to.deep.equal([2, 2])
    })
  })
})
