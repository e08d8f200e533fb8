import { expect } from 'chai'

import {
  add,
  enableGrad,
  exp,
  mul,
  ones,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
const leaf = (values: number | number[]): Tensor => tensor(values, f64).requiresGrad_()

describe('hooks of tensors', () => {
  eachBackend(() => {
    it('of a leaf see the sum once, replace it, and go when taken back', () => {
      const x = leaf([1, 2])
      const seen: unknown[] = []
      const remove = x.registerHook((grad) => {
        seen.push(grad.toArray())
        return mul(grad, 10)
      })
      const run = (): void => {
        sum(add(mul(x, 2), x)).backward()
      }
      run()
      expect([seen, x.grad!.toArray()]).to.deep.equal([[[3, 3]], [30, 30]])
      remove()
      run()
      expect([seen.length, x.grad!.toArray()]).to.deep.equal([1, [33, 33]])
    })

    it('are called in their order, each with what the one before has left', () => {
      const x = leaf([1])
      x.registerHook((grad) => add(grad, 1))
      x.registerHook(() => null)
      x.registerHook((grad) => mul(grad, 5))
      sum(x).backward()
      expect(x.grad!.toArray()).to.deep.equal([10])
    })

    it('what one returns becomes nobody else’s', () => {
      const x = leaf([1, 2])
      const own = ones([2], f64)
      x.registerHook(() => own)
      sum(x).backward()
      sum(x).backward()
      expect([own.toArray(), x.grad!.toArray()]).to.deep.equal([
        [1, 1],
        [2, 2],
      ])
    })

    it('that throw or return another shape leave every gradient as it was', () => {
      const [x, y] = [leaf([1, 2]), leaf([3, 4])]
      const forward = (hook: (grad: Tensor) => Tensor): Tensor => {
        const h = mul(x, y)
        h.retainGrad()
        kept.push(h)
        const k = exp(h)
        k.registerHook((grad) => mul(grad, 1))
        h.registerHook(hook)
        return sum(add(k, mul(y, 2)))
      }
      const kept: Tensor[] = []
      forward((grad) => grad).backward()
      const before = [x, y, kept[0]!].map((t) => t.grad!.toArray())
      const failing = forward(() => {
        throw new Error('no')
      })
      expect(() => {
        failing.backward()
      }).to.throw('no')
      const odd = forward(() => ones([3], f64))
      expect(() => {
        odd.backward()
      }).to.throw(ShapeError, 'what the hook returns')
      expect(() => {
        failing.backward()
      }).to.throw(ValueError, 'retainGraph')
      expect([x, y, kept[0]!].map((t) => t.grad!.toArray())).to.deep.equal(before)
      expect([kept[1]!.grad, kept[2]!.grad]).to.deep.equal([null, null])
      forward((grad) => grad).backward()
      expect(x.grad!.data[0]).to.equal(2 * (before[0] as number[])[0]!)
    })

    it('may run a backward of their own, but not of the graph that calls them', () => {
      const x = leaf([3])
      const h = mul(x, x)
      const loss = sum(h)
      h.registerHook(() => {
        enableGrad(() => sum(mul(x, 100))).backward()
        expect(() => {
          loss.backward(null, { retainGraph: true })
        }).to.throw(ValueError, 'pass at work')
        return null
      })
      loss.backward()
      expect(x.grad!.toArray()).to.deep.equal([106])
    })
  })
})
