import { expect } from 'chai'
import { inspect } from 'node:util'

import {
  arange,
  argmax,
  add,
  autograd,
  DTypeError,
  enableGrad,
  exp,
  full,
  isGradEnabled,
  mul,
  nn,
  noGrad,
  ones,
  onesLike,
  rand,
  randn,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  ValueError,
  zeros,
  zerosLike,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const requiresGrad = { requiresGrad: true } as const
const leaf = (values: number | number[]): Tensor =>
  tensor(values, { dtype: 'float64', ...requiresGrad })

describe('tensors that require a gradient', () => {
  eachBackend(() => {
    it('are made by an option of what makes tensors', () => {
      const like = ones([2])
      const made = [
        tensor([1, 2], requiresGrad),
        zeros([2], requiresGrad),
        ones([2], requiresGrad),
        full([2], 3, requiresGrad),
        arange(2, requiresGrad),
        arange(1, 3, { step: 0.5, ...requiresGrad }),
        zerosLike(like, requiresGrad),
        onesLike(like, { dtype: 'float64', ...requiresGrad }),
        rand([2], requiresGrad),
        randn([2], requiresGrad),
      ]
      for (const x of made) {
        expect([x.requiresGrad, x.isLeaf, x.grad]).to.deep.equal([true, true, null])
        sum(mul(x, 2)).backward()
        expect(x.grad!.toArray()).to.deep.equal(Array(x.length).fill(2))
      }
      expect(zeros([2]).requiresGrad).to.equal(false)
      expect(() => zeros([2], { dtype: 'int32', ...requiresGrad })).to.throw(DTypeError, 'int32')
      expect(() => rand([2], { requiresGrad: 1 as never })).to.throw(ValueError, 'requiresGrad')
    })

    it('make results that do, but not what has no gradient', () => {
      const x = leaf([1, 2])
      expect(mul(x, 2).requiresGrad).to.equal(true)
      expect(argmax(x).requiresGrad).to.equal(false)
      expect(x.to('int32').requiresGrad).to.equal(false)
      expect(mul(tensor([1, 2]), 2).requiresGrad).to.equal(false)
      x.requiresGrad = false
      expect(mul(x, 2).requiresGrad).to.equal(false)
    })

    it('get a gradient by themselves: 1, or what is given', () => {
      const x = leaf([3])
      x.backward()
      x.backward(tensor([5], { dtype: 'float64' }))
      expect(x.grad!.toArray()).to.deep.equal([6])
      const y = leaf([1, 2])
      expect(() => {
        mul(y, 2).backward(ones([3], { dtype: 'float64' }))
      }).to.throw(ShapeError, '(3)')
      expect(() => {
        mul(y, 2).backward(ones([2]))
      }).to.throw(DTypeError, 'float32')
      const given = tensor([1, 10], { dtype: 'float64' })
      y.backward(given)
      expect([y.grad!.toArray(), y.grad!.buffer === given.buffer]).to.deep.equal([[1, 10], false])
    })

    it('used with factor 0 get zeros; what is not reached stays null', () => {
      const [x, y, z] = [leaf([1, 2]), leaf([1, 2]), leaf([1, 2])]
      exp(z)
      sum(add(mul(x, 0), y)).backward()
      expect([x.grad!.toArray(), z.grad]).to.deep.equal([[0, 0], null])
    })

    it('share no gradient, also where one and the same goes to both', () => {
      const [x, y] = [leaf([1, 2]), leaf([3, 4])]
      const h = add(x, y)
      h.retainGrad()
      sum(h).backward()
      expect(new Set([x, y, h].map((t) => t.grad!.buffer)).size).to.equal(3)
      sum(mul(x, 5)).backward()
      expect([x, y, h].map((t) => t.grad!.toArray())).to.deep.equal([
        [6, 6],
        [1, 1],
        [1, 1],
      ])
    })

    it('a part that two losses share is freed by the first', () => {
      const x = leaf([1, 2])
      const h = mul(x, x)
      const [first, second] = [sum(h), sum(exp(h))]
      first.backward()
      expect(() => {
        second.backward()
      }).to.throw(ValueError, 'what mul saved was freed')
      expect(x.grad!.toArray()).to.deep.equal([2, 4])
      const again = mul(x, x)
      sum(again).backward(null, { retainGraph: true })
      sum(add(again, 1)).backward()
      expect(x.grad!.toArray()).to.deep.equal([6, 12])
    })

    it('a branch that does not reach the loss is not run and holds nothing back', () => {
      let runs = 0
      class Counted extends autograd.Function {
        static forward(_ctx: autograd.Context, x: Tensor): Tensor {
          return mul(x, 2)
        }
        static backward(_ctx: autograd.Context, g: Tensor): Tensor {
          runs++
          return mul(g, 2)
        }
      }
      const x = leaf([1, 2])
      const h = mul(x, 3)
      Counted.apply(h)
      const used = Counted.apply(h)
      sum(add(used, used)).backward()
      expect([runs, x.grad!.toArray()]).to.deep.equal([1, [12, 12]])
    })

    it('detach() is the same memory without history, and counts as that for writes', () => {
      const x = leaf([1, 2])
      const y = mul(x, 2)
      const d = y.detach()
      expect([d.requiresGrad, d.isLeaf, d.buffer === y.buffer]).to.deep.equal([false, true, true])
      sum(add(mul(d, 3), x)).backward()
      expect(x.grad!.toArray()).to.deep.equal([1, 1])
      const loss = sum(exp(y))
      const squared = sum(mul(y, y))
      nn.init.zeros_(d)
      loss.backward(null, { retainGraph: true })
      expect(() => {
        squared.backward()
      }).to.throw(ValueError, 'what mul saved')
    })

    it('show nothing of their graph', () => {
      const loss = sum(mul(leaf([1, 2]), 3))
      expect(inspect(loss)).to.equal('Tensor() float64 9')
      expect(inspect(loss, { showHidden: true })).to.not.include('node')
    })
  })

  it('modes nest, and end with their function', () => {
    const seen: boolean[] = []
    const see = (): void => void seen.push(isGradEnabled())
    noGrad(() => {
      see()
      enableGrad(() => {
        see()
        noGrad(see)
        see()
      })
      see()
    })
    see()
    expect(seen).to.deep.equal([false, true, false, true, false, true])
    expect(() => enableGrad(() => ({ then: () => undefined }))).to.throw(ValueError, 'async')
  })
})
