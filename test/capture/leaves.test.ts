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
  })
})
