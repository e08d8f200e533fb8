import { expect } from 'chai'

import {
  add,
  autograd,
  capture,
  exp,
  manualSeed,
  matmul,
  mul,
  nn,
  noGrad,
  ones,
  rand,
  randn,
  sum,
  tanh,
  type Tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
const { checkpoint } = autograd

/** Leaves and a function of them in two parts that are run as `part` says. */
function network(): { leaves: Tensor[]; loss: (part: typeof checkpoint) => Tensor } {
  manualSeed(1)
  const [x, w, v] = [
    [2, 3],
    [3, 3],
    [3, 1],
  ].map((shape) => randn(shape, f64).requiresGrad_())
  const weight = new nn.Parameter(randn([3, 3], f64))
  const leaves = [x!, w!, v!, weight]
  return {
    leaves,
    loss(part) {
      const outside = mul(x!, 2)
      const h = part(
        (input: Tensor, factor: number) => {
          const inner = part((y: Tensor) => tanh(matmul(y, weight)), mul(input, factor))
          // Dropout, and what is not among the inputs.
          return mul(add(matmul(inner, w!), outside), rand([2, 3], f64))
        },
        exp(x!),
        0.5,
      )
      const [a, b] = part((y: Tensor) => [matmul(y, v!), mul(y, y)] as const, h)
      return add(sum(a), sum(b))
    },
  }
}

const plain: typeof checkpoint = (fn, ...inputs) => fn(...inputs)

describe('autograd.checkpoint', () => {
  eachBackend(() => {
    it('gives the same loss, gradients and random numbers, bit for bit, nested too', () => {
      const run = (part: typeof checkpoint): unknown => {
        const { leaves, loss } = network()
        manualSeed(7)
        const result = loss(part)
        const afterForward = rand([2]).toArray()
        result.backward()
        const gradients = leaves.map(({ grad }) => grad!.toArray())
        return [result.item(), afterForward, rand([2]).toArray(), gradients]
      }
      expect(run(checkpoint)).to.deep.equal(run(plain))
    })

    it('runs its function again once for a backward pass that needs it', () => {
      const x = randn([2], f64).requiresGrad_()
      let runs = 0
      const h = checkpoint((y: Tensor) => {
        runs++
        return exp(mul(y, y))
      }, x)
      expect([runs, h.requiresGrad]).to.deep.equal([1, true])
      const loss = sum(h)
      autograd.grad(add(loss, sum(mul(x, x))), [loss], { retainGraph: true })
      expect(runs).to.equal(1)
      loss.backward(null, { retainGraph: true })
      loss.backward()
      expect(runs).to.equal(2)
      expect(() => {
        loss.backward()
      }).to.throw(ValueError, 'retainGraph')
      noGrad(() => checkpoint((y: Tensor) => exp(y), x))
    })

    it('keeps nothing of its part', () => {
      const x = ones([4]).requiresGrad_()
      const made: WeakRef<Tensor>[] = []
      const h = checkpoint((y: Tensor) => {
        const inner = exp(y)
        made.push(new WeakRef(inner))
        return mul(inner, inner)
      }, x)
      expect(held(h, made[0]!.deref()!)).to.equal(false)
      expect(held(mul(x, x), x)).to.equal(true)
    })

    it('an operation that is not made again is an error that leaves gradients as they were', () => {
      const x = randn([2], f64).requiresGrad_()
      let first = true
      const loss = sum(
        checkpoint((y: Tensor) => {
          const result = first ? exp(y) : mul(exp(y), 2)
          first = false
          return result
        }, x),
      )
      expect(() => {
        loss.backward()
      }).to.throw(ValueError, 'what it runs again')
      expect(x.grad).to.equal(null)
    })

    it('inputs and parameters must not be written before', () => {
      const weight = new nn.Parameter(ones([2, 2]))
      const x = ones([1, 2])
      for (const changed of [weight, x]) {
        const loss = sum(checkpoint((y: Tensor) => tanh(matmul(y, weight)), x))
        nn.init.ones_(changed)
        expect(() => {
          loss.backward()
        }).to.throw(ValueError, 'what checkpoint saved')
      }
    })

    it('is captured as it runs, with the same numbers again', () => {
      const { leaves, loss } = network()
      const body = (part: typeof checkpoint) => (): Tensor => {
        for (const leaf of leaves) leaf.grad = null
        const result = loss(part)
        result.backward()
        return result
      }
      const steps = [checkpoint, plain].map((part) => capture(body(part)))
      const runs = steps.map((step) => {
        manualSeed(3)
        return [1, 2].map(() => [
          step.runSync().item(),
          ...leaves.map(({ grad }) => grad!.toArray()),
        ])
      })
      expect(runs[0]).to.deep.equal(runs[1])
      expect(runs[0]![0]).to.not.deep.equal(runs[0]![1])
    })
  })

  it('takes no async function', () => {
    expect(() => checkpoint(async () => Promise.resolve(1))).to.throw(ValueError, 'async')
  })
})

/** Whether a result's graph holds memory. */
function held(result: Tensor, tensor: Tensor): boolean {
  const seen = new Set<unknown>()
  const list: unknown[] = [result.history]
  for (const value of list) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (value === tensor.buffer) return true
    list.push(...(Object.values(value) as unknown[]))
  }
  return false
}
