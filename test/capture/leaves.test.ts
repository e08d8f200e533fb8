import { expect } from 'chai'

import {
  add,
  capture,
  CaptureError,
  exp,
  matmul,
  mul,
  nn,
  noGrad,
  randn,
  sum,
  type Tensor,
  tanh,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

/** A leaf that is no parameter, and a loss in which it comes twice. */
function network(): { x: Tensor; w: Tensor; loss: (input: Tensor) => Tensor } {
  const x = tensor([[1, -2, 0.5]]).requiresGrad_()
  const w = tensor([[0.3], [0.2], [-0.7]]).requiresGrad_()
  const loss = (input: Tensor): Tensor => sum(add(tanh(matmul(add(x, input), w)), mul(exp(x), x)))
  return { x, w, loss }
}

describe('a captured step of leaves that are no parameters', () => {
  eachBackend(() => {
    it('gives their gradients as eager at every run, on this thread and on another', async () => {
      const [eager, recorded] = [network(), network()]
      const input = randn([1, 3])
      const step = capture(
        ({ input }) => {
          recorded.x.grad = recorded.w.grad = null
          const loss = recorded.loss(input)
          loss.backward()
          return loss
        },
        { inputs: { input } },
      )
      expect([recorded.x.grad, recorded.w.grad]).to.deep.equal([null, null])
      for (let i = 0; i < 4; i++) {
        const other = randn([1, 3])
        eager.x.grad = eager.w.grad = null
        const loss = eager.loss(other)
        loss.backward()
        const result = i < 2 ? step.runSync({ input: other }) : await step.run({ input: other })
        expect(result.item()).to.equal(loss.item())
        for (const name of ['x', 'w'] as const) {
          expect(recorded[name].grad!.toArray()).to.deep.equal(eager[name].grad!.toArray())
        }
        // What the next run goes on from.
        noGrad(() => {
          for (const { x } of [eager, recorded]) nn.init.constant_(x, i / 2)
        })
      }
    })

    it('adds to a gradient that it does not forget, or is refused', () => {
      const { x, loss } = network()
      const input = tensor([[0, 0, 0]])
      expect(() =>
        capture(() => {
          loss(input).backward()
        }),
      ).to.throw(CaptureError, 'zeroGrad()')
      expect(x.grad).to.equal(null)
      loss(input).backward()
      const once = x.grad!.toArray()
      const step = capture(() => {
        loss(input).backward()
      })
      expect(x.grad!.toArray()).to.deep.equal(once)
      step.runSync({}, { times: 2 })
      const [expected] = once as number[][]
      x.grad!.data.forEach((value, i) => {
        expect(value).to.be.closeTo(3 * expected![i]!, 1e-5)
      })
    })

    it('finds the gradients of another step, which it was recorded with', () => {
      const { x, w, loss } = network()
      const input = tensor([[1, 1, 1]])
      const compute = capture(() => {
        x.grad = w.grad = null
        loss(input).backward()
      })
      const descend = capture(() => {
        const { grad } = x
        if (grad !== null) nn.init.zeros_(grad)
      })
      descend.runSync()
      expect(x.grad).to.equal(null)
      compute.runSync()
      expect(x.grad!.data[0]).not.to.equal(0)
      descend.runSync()
      expect(x.grad!.toArray()).to.deep.equal([[0, 0, 0]])
    })

    /** A step that forgets the gradients by two factors and computes those of their product. */
    function product<A extends Tensor, B extends Tensor>(a: A, b: B) {
      let recordings = 0
      const step = capture(() => {
        recordings++
        a.grad = b.grad = null
        const loss = sum(mul(a, b))
        if (loss.requiresGrad) loss.backward()
        return loss
      })
      recordings = 0
      const gradients = (): unknown => {
        step.runSync()
        return [a.grad?.toArray(), b.grad?.toArray()]
      }
      return { a, b, step, gradients, recordings: () => recordings }
    }

    const leaf = (values: number[]): Tensor => tensor(values).requiresGrad_()
    const parameter = (values: number[]): Tensor => new nn.Parameter(tensor(values))

    for (const [what, make] of Object.entries({ leaf, parameter })) {
      it(`is recorded again when a ${what} is frozen and when it is not any more`, () => {
        const { a, b, gradients, recordings } = product(make([1, 2]), make([3, 4]))
        expect(gradients()).to.deep.equal([[3, 4], [1, 2]]) // prettier-ignore
        a.requiresGrad = false
        expect(gradients()).to.deep.equal([undefined, [1, 2]])
        b.requiresGrad = false
        expect(gradients()).to.deep.equal([undefined, undefined])
        a.requiresGrad = true
        expect(gradients()).to.deep.equal([[3, 4], undefined])
        expect(gradients()).to.deep.equal([[3, 4], undefined])
        expect(recordings()).to.equal(6) // each is two
      })

      it(`is recorded again when a ${what} gets a hook, and when it loses it`, () => {
        const { a, gradients, recordings } = product(make([1, 2]), make([3, 4]))
        const remove = a.registerHook((grad) => mul(grad, 2))
        expect(gradients()).to.deep.equal([[6, 8], [1, 2]]) // prettier-ignore
        const removeOther = a.registerHook((grad) => mul(grad, 5))
        expect(gradients()).to.deep.equal([[30, 40], [1, 2]]) // prettier-ignore
        remove()
        expect(gradients()).to.deep.equal([[15, 20], [1, 2]]) // prettier-ignore
        removeOther()
        expect(gradients()).to.deep.equal([[3, 4], [1, 2]]) // prettier-ignore
        expect(gradients()).to.deep.equal([[3, 4], [1, 2]]) // prettier-ignore
        expect(recordings()).to.equal(8)
      })
    }

    it('is recorded again when what was no leaf becomes one', () => {
      const { a, gradients } = product(tensor([1, 2]), leaf([3, 4]))
      expect(gradients()).to.deep.equal([undefined, [1, 2]])
      a.requiresGrad_()
      expect(gradients()).to.deep.equal([[3, 4], [1, 2]]) // prettier-ignore
    })

    it('is recorded again when the leaf under a view is frozen', () => {
      const w = leaf([1, 2])
      const step = capture(() => {
        w.grad = null
        const loss = sum(mul(w.reshape([2, 1]), w.narrow(0, 0, 1)))
        if (loss.requiresGrad) loss.backward()
      })
      step.runSync()
      expect(w.grad!.toArray()).to.deep.equal([4, 1])
      w.requiresGrad = false
      step.runSync()
      expect(w.grad).to.equal(null)
    })

    it('is refused when a leaf is frozen that its loss needs', () => {
      const w = leaf([1, 2])
      const step = capture(() => {
        w.grad = null
        sum(mul(w, 2)).backward()
      })
      w.requiresGrad = false
      expect(() => {
        step.runSync()
      }).to.throw(ValueError, 'requires a gradient')
      w.requiresGrad = true
      step.runSync()
      expect(w.grad!.toArray()).to.deep.equal([2, 2])
    })

    it('is not recorded again for what it makes and sets itself', () => {
      const w = leaf([1, 2])
      let recordings = 0
      const step = capture(() => {
        recordings++
        w.grad = null
        const scale = zeros([2]).requiresGrad_()
        scale.registerHook((grad) => mul(grad, 2))
        sum(mul(add(scale, 1), w)).backward()
        w.requiresGrad = true
      })
      for (let i = 0; i < 3; i++) step.runSync()
      expect(recordings).to.equal(2)
      expect(w.grad!.toArray()).to.deep.equal([1, 1])
    })
  })
})
