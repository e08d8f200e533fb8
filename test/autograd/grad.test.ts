import { expect } from 'chai'

import {
  add,
  autograd,
  DTypeError,
  exp,
  mul,
  nn,
  noGrad,
  ones,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const leaf = (values: number | number[]): Tensor =>
  tensor(values, { dtype: 'float64' }).requiresGrad_()
const arrays = (gradients: readonly (Tensor | null)[]): unknown =>
  gradients.map((gradient) => gradient?.toArray() ?? null)

describe('autograd.grad', () => {
  eachBackend(() => {
    it('returns gradients by leaves and results, null for what is unused, and touches no grad', () => {
      const [x, y, unused] = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])]
      y.grad = ones([2], { dtype: 'float64' })
      const h = mul(x, y)
      h.retainGrad()
      const loss = sum(mul(h, h))
      const gradients = autograd.grad(loss, [x, h, y, unused, x, loss])
      expect(arrays(gradients)).to.deep.equal([[18, 64], [6, 16], [6, 32], null, [18, 64], 1])
      expect([x.grad, h.grad, unused.grad, y.grad.toArray()]).to.deep.equal([
        null,
        null,
        null,
        [1, 1],
      ])
      const buffers = new Set(gradients.map((gradient) => gradient?.buffer))
      expect(buffers.size).to.equal(6)
    })

    it('runs nothing that leads to none of them, and asks for no gradient that nobody wants', () => {
      const wanted: boolean[][] = []
      class Pair extends autograd.Function {
        static forward(ctx: autograd.Context, a: Tensor, b: Tensor): Tensor {
          wanted.push([...ctx.needsInputGrad])
          return add(a, b)
        }
        static backward(_ctx: autograd.Context, g: Tensor): Tensor[] {
          wanted.push([])
          return [g, g]
        }
      }
      const [x, y, z] = [leaf([1]), leaf([2]), leaf([3])]
      const loss = sum(mul(Pair.apply(x, y.detach()), mul(z, z)))
      expect(arrays(autograd.grad(loss, [z]))).to.deep.equal([[18]])
      expect(wanted).to.deep.equal([[true, false]])
    })

    it('takes the gradient by what is no single number, and keeps the graph on request', () => {
      const x = leaf([1, 2])
      const y = mul(x, x)
      const gradOutput = tensor([10, 1], { dtype: 'float64' })
      const options = { gradOutput, retainGraph: true }
      expect(arrays(autograd.grad(y, [x], options))).to.deep.equal([[20, 4]])
      expect(arrays(autograd.grad(y, [x, y], { gradOutput }))).to.deep.equal([
        [20, 4],
        [10, 1],
      ])
      expect(() => autograd.grad(y, [x], { gradOutput })).to.throw(ValueError, 'retainGraph')
    })

    it('takes parameters', () => {
      const weight = new nn.Parameter(ones([2]))
      expect(arrays(autograd.grad(sum(exp(weight)), [weight]))).to.deep.equal([
        [Math.fround(Math.E), Math.fround(Math.E)],
      ])
      expect(weight.grad).to.equal(null)
    })
  })

  it('refuses what requires no gradient, wrong gradients, and gradients of gradients by name', () => {
    const x = leaf([1, 2])
    const y = mul(x, x)
    const plain = tensor([1, 2])
    expect(() => autograd.grad(sum(y), [x, plain])).to.throw(ValueError, 'tensor 1')
    expect(() =>
      autograd.grad(
        noGrad(() => sum(y)),
        [x],
      ),
    ).to.throw(ValueError, 'without history')
    expect(() => autograd.grad(y, [x])).to.throw(ValueError, 'one number')
    expect(() => autograd.grad(y, x as never)).to.throw(ValueError, 'the tensors')
    const of = (gradOutput: Tensor) => () => autograd.grad(y, [x], { gradOutput })
    expect(of(ones([3]))).to.throw(ShapeError, '(3)')
    expect(of(ones([2]))).to.throw(DTypeError, 'float32')
    const twice = { createGraph: true } as never
    expect(() => autograd.grad(sum(y), [x], twice)).to.throw(ValueError, 'gradients of gradients')
    expect(() => {
      sum(y).backward(null, twice)
    }).to.throw(ValueError, 'createGraph')
    expect(arrays(autograd.grad(sum(y), [x]))).to.deep.equal([[2, 4]])
  })
})
