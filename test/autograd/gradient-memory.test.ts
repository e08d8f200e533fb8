/** Gradients lie in memory that a pass uses again, but not those that somebody gets to see. */
import { expect } from 'chai'

import { autograd, Generator, mul, nn, ones, randn, sum, type Tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

// Large ones have an ArrayBuffer each.
const SHAPE = [8, 32]
const generator = new Generator(1)
const leaf = (): Tensor => randn(SHAPE, { generator }).requiresGrad_()

describe('memory of gradients', () => {
  eachBackend(() => {
    let model: nn.Module
    beforeEach(() => {
      const linear = (): nn.Module => new nn.Linear(32, 32, { generator })
      model = new nn.Sequential(linear(), new nn.Tanh(), linear())
    })
    const disturb = (): void => {
      for (let i = 0; i < 3; i++) sum(mul(model.forward(leaf()), 7)).backward()
    }
    const staysAs = (kept: Tensor): void => {
      const before = kept.toArray()
      disturb()
      expect(kept.toArray()).to.deep.equal(before)
    }

    it('that of a leaf before modules, or of a result that retains it, is its own', () => {
      const x = leaf()
      const h = model.forward(x)
      h.retainGrad()
      sum(mul(model.forward(h), 2)).backward()
      staysAs(x.grad!)
      staysAs(h.grad!)
      const [byX] = autograd.grad(sum(model.forward(x)), [x])
      staysAs(byX!)
      model.forward(x)
      staysAs(model.backward(x, ones(SHAPE)))
    })

    it('that which a hook has seen is its own', () => {
      const x = leaf()
      const seen: Tensor[] = []
      const see = (gradient: Tensor): undefined => {
        seen.push(gradient)
      }
      x.registerHook(see)
      sum(mul(model.forward(x), 2)).backward()
      const h = model.forward(leaf())
      h.registerHook(see)
      sum(mul(model.forward(h), 2)).backward()
      expect(seen).to.have.length(2)
      seen.forEach(staysAs)
    })

    it('that of two leaves is never the same, and adds up in neither of them twice', () => {
      const [a, b] = [leaf(), leaf()]
      const w = randn(SHAPE, { generator })
      for (let i = 0; i < 2; i++) sum(mul(a.add(b), w)).backward()
      expect(a.grad!.buffer).not.to.equal(b.grad!.buffer)
      expect(a.grad!.toArray()).to.deep.equal(mul(w, 2).toArray())
      expect(b.grad!.toArray()).to.deep.equal(mul(w, 2).toArray())
      a.grad = null
      const seed = randn(SHAPE, { generator })
      const before = seed.toArray()
      a.add(mul(a, 3)).add(a).backward(seed)
      a.add(0).backward(seed)
      expect(seed.toArray()).to.deep.equal(before)
    })

    it('a shared input adds up what its uses give, in any order', () => {
      const x = leaf()
      const h = mul(x, 1)
      const [u, v] = [randn(SHAPE, { generator }), randn(SHAPE, { generator })]
      sum(mul(h, u).add(h).add(mul(h, v))).backward()
      const expected = u.add(1).add(v)
      x.grad!.data.forEach((value, i) => {
        expect(value).to.be.closeTo(expected.data[i]!, 1e-5)
      })
    })
  })
})
