import { expect } from 'chai'

import {
  abs,
  add,
  argmax,
  autograd,
  div,
  DTypeError,
  exp,
  gt,
  Generator,
  gradcheck,
  GradcheckError,
  type GradcheckReport,
  manualSeed,
  matmul,
  mul,
  noGrad,
  ones,
  rand,
  randn,
  ShapeError,
  split,
  sum,
  tanh,
  tensor,
  type Tensor,
  ValueError,
  where,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(23)
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })

/** a b, whose gradient by b is wrong in its last element. */
class Wrong extends autograd.Function {
  static forward(ctx: autograd.Context, a: Tensor, b: Tensor): Tensor {
    ctx.save(a, b)
    return mul(a, b)
  }
  static backward(ctx: autograd.Context, g: Tensor): Tensor[] {
    const [a, b] = ctx.saved
    const byB = mul(g, a!)
    byB.data[byB.length - 1]! += 1e-3
    return [mul(g, b!), byB]
  }
}

function failureOf(body: () => unknown): GradcheckReport {
  try {
    body()
  } catch (error) {
    if (error instanceof GradcheckError) return error.report
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('gradcheck of a function of tensors', () => {
  eachBackend(() => {
    it('compares the gradients by all inputs, of one output and of several', () => {
      const broadcast = gradcheck((a, b) => div(a, exp(b)), [random(3), random(2, 3)])
      expect(Object.keys(broadcast.variables)).to.deep.equal(['input 0', 'input 1'])
      expect(broadcast.compared).to.equal(6 * (3 + 6) + 3 + 6)
      const parts = gradcheck((x) => split(tanh(x), [1, 3], 1), random(2, 4))
      expect([parts.ok, parts.compared]).to.deep.equal([true, 8 * 8 + 8])
      expect(gradcheck((x) => sum(matmul(x, x)), random(3, 3)).ok).to.equal(true)
    })

    it('names the function, the input and the element of what is wrong', () => {
      const product = (a: Tensor, b: Tensor): Tensor => Wrong.apply(a, b)
      const report = failureOf(() => gradcheck(product, [random(2, 2), random(2, 2)]))
      expect(report.worst).to.deep.include({ variable: 'input 1', index: [1, 1], sides: null })
      expect(report.variables['input 0']!.excess).to.be.at.most(1)
      expect(report.toString()).to.match(/derivatives of product do not agree.*by input 1\[1, 1\]/)
      const parts = (x: Tensor): Tensor[] => [exp(x), Wrong.apply(ones([2], f64), x)]
      const several = failureOf(() => gradcheck(parts, random(2)))
      expect(several.variables['input']!.index).to.deep.equal([1])
      expect(several.toString()).to.match(/output\[[01], [01]\] by input\[1\]/)
    })

    it('says where the function is not smooth', () => {
      const x = tensor([1.5, 0, -2], f64)
      const relu = (x: Tensor): Tensor => where(gt(x, 0), x, 0)
      const report = failureOf(() => gradcheck(relu, x))
      expect(report.worst).to.deep.include({ index: [1], analytical: 0, sides: [0, 1] })
      expect(report.failed).to.equal(2)
      expect(report.toString()).to.include(
        'not smooth there: its slopes are 0 to the left and 1 to the right',
      )
    })

    it('compares those by inputs that require a gradient, where some do', () => {
      const [a, b] = [random(2).requiresGrad_(), random(2)]
      const report = gradcheck((a, b) => mul(a, b.detach()), [a, b])
      expect(Object.keys(report.variables)).to.deep.equal(['input 0'])
      expect([a.grad, a.requiresGrad, b.requiresGrad]).to.deep.equal([null, true, false])
      expect(() => gradcheck((a, b) => mul(a, b.detach()), [random(2), random(2)])).to.throw(
        GradcheckError,
        'by input 1',
      )
    })

    it('draws the same each time, changes no input and no generator', () => {
      manualSeed(5)
      const x = random(2, 2)
      const before = x.toArray()
      expect(gradcheck((x) => mul(x, rand([2, 2], f64)), x).ok).to.equal(true)
      const next = rand([1]).item()
      manualSeed(5)
      expect([rand([1]).item(), x.toArray()]).to.deep.equal([next, before])
    })

    it('takes the weights of the outputs, and a mode that is off', () => {
      const gradOutput = tensor([1, 2], f64)
      const report = noGrad(() => gradcheck((x) => mul(x, x), random(2), { gradOutput }))
      expect([report.ok, report.compared]).to.deep.equal([true, 2])
    })
  })

  it('tells kinks from wrong gradients of smooth functions', () => {
    class Flat extends autograd.Function {
      static forward(_ctx: autograd.Context, x: Tensor): Tensor {
        return abs(x)
      }
      static backward(_ctx: autograd.Context, g: Tensor): Tensor {
        return g
      }
    }
    for (const at of [0, 4e-7, -3e-7]) {
      const report = failureOf(() => gradcheck((x) => Flat.apply(x), tensor([at], f64)))
      expect(report.worst!.sides, `at ${at}`).to.not.equal(null)
      expect(report.toString()).to.include('it is not smooth there')
    }
    const away = failureOf(() => gradcheck((x) => Flat.apply(x), tensor([-0.1], f64)))
    expect(away.worst!.sides).to.equal(null)
    const steep = (x: Tensor): Tensor => Wrong.apply(ones([1], f64), exp(mul(x, 5)))
    expect(failureOf(() => gradcheck(steep, tensor([2], f64), { rtol: 0 })).worst!.sides).to.equal(
      null,
    )
  })

  it('refuses what it cannot compare', () => {
    const x = random(2)
    expect(() => gradcheck((x) => exp(x), ones([2]))).to.throw(DTypeError, 'input')
    expect(() => gradcheck((x) => exp(x).to('float32'), x)).to.throw(DTypeError, 'the output')
    expect(() => gradcheck((x) => exp(x.detach()), x)).to.throw(ValueError, 'without history')
    expect(() => gradcheck((x) => argmax(x), x)).to.throw(DTypeError, 'the output')
    expect(() => gradcheck((() => 1) as never, x)).to.throw(ValueError, 'what the function returns')
    expect(() => gradcheck((x) => x, 3 as never)).to.throw(ValueError, 'the inputs')
    expect(() => gradcheck(3 as never, x)).to.throw(ValueError)
    const gradOutput = ones([3], f64)
    expect(() => gradcheck((x) => exp(x), x, { gradOutput })).to.throw(ShapeError, 'gradOutput')
    const pair = (x: Tensor): Tensor[] => [exp(x), add(x, 1)]
    expect(() => gradcheck(pair, x, { gradOutput: ones([2], f64) })).to.throw(
      ValueError,
      'one output',
    )
  })
})
