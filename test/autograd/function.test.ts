import { expect } from 'chai'

import {
  add,
  autograd,
  capture,
  DTypeError,
  exp,
  log,
  mul,
  nn,
  ones,
  randn,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

type Context = autograd.Context

const leaf = (values: number | number[]): Tensor =>
  tensor(values, { dtype: 'float64' }).requiresGrad_()

/** exp(factor x) */
class Exp extends autograd.Function {
  static forward(ctx: Context, x: Tensor, factor: number): Tensor {
    const y = exp(mul(x, factor))
    ctx.save(y)
    ctx.factor = factor
    return y
  }
  static backward(ctx: Context, gradient: Tensor): (Tensor | null)[] {
    return [mul(mul(gradient, ctx.saved[0]!), ctx.factor as number), null]
  }
}

/** What a backward returns, for a function of two tensors. */
function returning(gradients: (gradient: Tensor) => unknown): (a: Tensor, b: Tensor) => Tensor {
  class Odd extends autograd.Function {
    static forward(_ctx: Context, a: Tensor, b: Tensor): Tensor {
      return add(a, b)
    }
    static backward(_ctx: Context, gradient: Tensor): Tensor[] {
      return gradients(gradient) as Tensor[]
    }
  }
  return (a, b) => Odd.apply(a, b)
}

describe('autograd.Function', () => {
  eachBackend(() => {
    it('is an operation with a gradient of its own, with arguments that are no tensors', () => {
      const x = leaf([0, 1])
      const y = Exp.apply(x, 2)
      expect([y.requiresGrad, y.isLeaf]).to.deep.equal([true, false])
      sum(mul(y, 3)).backward()
      const expected = [6, 6 * Math.exp(2)]
      x.grad!.data.forEach((value, i) => {
        expect(value).to.be.closeTo(expected[i]!, 1e-12)
      })
      expect(Exp.apply(x.detach(), 2).requiresGrad).to.equal(false)
    })

    it('may be given one tensor twice, and gives the gradients a sum', () => {
      class Product extends autograd.Function {
        static forward(ctx: Context, a: Tensor, b: Tensor): Tensor {
          ctx.save(a, b)
          return mul(a, b)
        }
        static backward(ctx: Context, g: Tensor): Tensor[] {
          const [a, b] = ctx.saved
          return [mul(g, b!), mul(g, a!)]
        }
      }
      const x = leaf([3, 4])
      sum(Product.apply(x, x)).backward()
      expect(x.grad!.toArray()).to.deep.equal([6, 8])
    })

    it('has several results, of which any may stay unused; integers have no gradient', () => {
      const given: unknown[] = []
      class Parts extends autograd.Function {
        static forward(_ctx: Context, x: Tensor): Tensor[] {
          return [mul(x, 2), mul(x, 3), x.to('int32')]
        }
        static backward(_ctx: Context, ...gradients: (Tensor | null)[]): Tensor {
          given.push(gradients.map((gradient) => gradient?.toArray() ?? null))
          return mul(gradients[0]!, 2).add(mul(gradients[1]!, 3))
        }
      }
      const x = leaf([1, 2])
      const [a, b, c] = Parts.apply(x)
      expect([a!.requiresGrad, b!.requiresGrad, c!.requiresGrad]).to.deep.equal([true, true, false])
      sum(b!).backward()
      expect(given).to.deep.equal([[[0, 0], [1, 1], null]])
      expect(x.grad!.toArray()).to.deep.equal([3, 3])
    })

    it('may return an argument as it is, which stays what it was', () => {
      class Reversed extends autograd.Function {
        static forward(_ctx: Context, x: Tensor): Tensor {
          return x
        }
        static backward(_ctx: Context, g: Tensor): Tensor {
          return mul(g, -1)
        }
      }
      const x = leaf([1, 2])
      const y = Reversed.apply(x)
      expect([y === x, y.buffer === x.buffer, x.isLeaf]).to.deep.equal([false, true, true])
      sum(y).backward()
      expect(x.grad!.toArray()).to.deep.equal([-1, -1])
    })

    it('null is no gradient; nothing is changed where one has the wrong number, shape or dtype', () => {
      const [a, b] = [leaf([1, 2]), leaf([3, 4])]
      const run = (gradients: (gradient: Tensor) => unknown) => () => {
        sum(add(returning(gradients)(a, b), mul(a, 1))).backward()
      }
      run((g) => [null, g])()
      const before = [
        [1, 1],
        [1, 1],
      ]
      expect([a.grad!.toArray(), b.grad!.toArray()]).to.deep.equal(before)
      expect(run((g) => g)).to.throw(ValueError, '2 gradients')
      expect(run((g) => [g, g, g])).to.throw(ValueError, 'Odd.backward')
      expect(run((g) => [g, 1])).to.throw(ValueError, 'by argument 1')
      expect(run((g) => [zeros([3], { dtype: 'float64' }), g])).to.throw(
        ShapeError,
        'by argument 0',
      )
      expect(run((g) => [g, g.to('float32')])).to.throw(DTypeError, 'by argument 1')
      expect(run(() => undefined)).to.throw(ValueError, '2 gradients')
      const failing = run(() => {
        throw new RangeError('mine')
      })
      expect(failing).to.throw(RangeError, 'mine')
      expect([a.grad!.toArray(), b.grad!.toArray()]).to.deep.equal(before)
    })

    it('what it saves is checked for writes, and gone after the pass', () => {
      let ctx: Context | undefined
      class Keeps extends autograd.Function {
        static forward(own: Context, x: Tensor): Tensor {
          own.save(x)
          ctx = own
          return log(x)
        }
        static backward(own: Context, g: Tensor): Tensor {
          return g.div(own.saved[0]!)
        }
      }
      const weight = new nn.Parameter(ones([2]))
      const loss = sum(Keeps.apply(weight))
      nn.init.ones_(weight)
      expect(() => {
        loss.backward()
      }).to.throw(ValueError, 'what Keeps saved')
      const other = sum(Keeps.apply(weight))
      other.backward(null, { retainGraph: true })
      other.backward()
      expect(weight.grad!.toArray()).to.deep.equal([2, 2])
      expect(ctx!.saved).to.deep.equal([])
    })

    it('is captured as it runs', () => {
      const weight = new nn.Parameter(tensor([0.5, -0.25]))
      const body = (): Tensor => {
        weight.zeroGrad()
        const loss = sum(Exp.apply(weight, 3))
        loss.backward()
        return loss
      }
      const eager = [body().item(), weight.grad!.toArray()]
      const step = capture(body)
      expect([step.runSync().item(), weight.grad!.toArray()]).to.deep.equal(eager)
    })
  })

  it('refuses a class without its two methods, and a forward that gives no tensor', () => {
    class Half extends autograd.Function {
      static forward(_ctx: Context, x: Tensor): Tensor {
        return x
      }
    }
    const half = Half as unknown as typeof Exp
    expect(() => half.apply(randn([2]), 1)).to.throw(ValueError, 'Half')
    class Text extends autograd.Function {
      static forward(): Tensor {
        return 'no' as never
      }
      static backward(): null {
        return null
      }
    }
    expect(() => Text.apply()).to.throw(ValueError, 'Text.forward')
    class Late extends autograd.Function {
      static forward(): Tensor {
        return Promise.resolve(1) as never
      }
      static backward(): null {
        return null
      }
    }
    expect(() => Late.apply()).to.throw(ValueError)
    class Saves extends autograd.Function {
      static forward(ctx: Context, x: Tensor): Tensor {
        ctx.save(1 as never)
        return x
      }
      static backward(): null {
        return null
      }
    }
    expect(() => Saves.apply(randn([2]))).to.throw(ValueError, 'what it keeps')
  })
})
