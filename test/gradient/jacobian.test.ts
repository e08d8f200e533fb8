import { expect } from 'chai'

import {
  capture,
  CaptureError,
  DTypeError,
  Generator,
  jacobian,
  manualSeed,
  matmul,
  nn,
  numericalJacobian,
  numericalParameterJacobians,
  ones,
  parameterJacobians,
  rand,
  randn,
  ShapeError,
  tensor,
  type Tensor,
  transpose,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { STEP, tolerance } from '../support/gradcheck.js'
import { differentiable } from '../support/module-cases/index.js'
import { bench, wholeState } from '../train/whole-state.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(31)
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })
const wrong = (value: unknown): never => value as never

function expectClose(actual: Tensor, expected: Tensor, scale: number, what: string): void {
  expect(actual.shape, what).to.deep.equal(expected.shape)
  for (let i = 0; i < expected.length; i++) {
    const size = Math.max(scale, Math.abs(expected.data[i]!))
    if (!(Math.abs(actual.data[i]! - expected.data[i]!) <= tolerance(size))) {
      expect.fail(`${what}[${i}] is ${actual.data[i]}, differences give ${expected.data[i]}`)
    }
  }
}

/** Holds both Jacobians against central differences. */
function expectDifferences(module: nn.Module, x: Tensor, what: string): void {
  const scale = Math.max(1, ...Array.from(module.forward(x).data, Math.abs))
  const eps = STEP
  expectClose(jacobian(module, x), numericalJacobian(module, x, { eps }), scale, what)
  const analytical = parameterJacobians(module, x)
  const numerical = numericalParameterJacobians(module, x, { eps })
  expect(Object.keys(analytical)).to.deep.equal(Object.keys(numerical))
  for (const [name, by] of Object.entries(analytical)) {
    expectClose(by, numerical[name]!, scale, `${what} by ${name}`)
  }
}

/** Adds to each sample the mean of all: samples depend on each other with no sign of it. */
class AddMean extends nn.Module {
  protected override computeOutput(input: Tensor): Tensor {
    return mixed(input)
  }
  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return mixed(gradOutput)
  }
}

/** (I + 1 1ᵀ / n) x, a symmetric matrix */
function mixed(x: Tensor): Tensor {
  const n = x.shape[0]!
  const matrix = zeros([n, n], { dtype: x.dtype })
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) matrix.data[i * n + j] = (i === j ? 1 : 0) + 1 / n
  }
  return matmul(matrix, x)
}

describe('jacobian, parameterJacobians', () => {
  beforeEach(() => {
    generator.manualSeed(31)
    manualSeed(5)
  })

  eachBackend(() => {
    for (const { title, make, shapes } of differentiable) {
      const batched = shapes.filter(([input, output]) => input[0] === output[0] && input.length > 0)
      if (batched.length === 0) continue
      it(`are those of central differences: ${title}`, () => {
        for (const [shape] of batched) {
          expectDifferences(make('float64'), random(...shape), `${title} (${shape.join(', ')})`)
        }
      })
    }

    it('of a Linear are its weight and its input', () => {
      for (const dtype of ['float32', 'float64'] as const) {
        const linear = new nn.Linear(3, 2, { dtype })
        const x = tensor([[1, 2, 3], [-4, 5, 0.5]], { dtype }) // prettier-ignore
        const weight = linear.weight.toArray()
        expect(jacobian(linear, x).toArray()).to.deep.equal([weight, weight])
        expect(jacobian(linear, x).dtype).to.equal(dtype)
        const by = parameterJacobians(linear, x)
        expect(by['weight']!.toArray()).to.deep.equal([
          [[1, 2, 3, 0, 0, 0], [0, 0, 0, 1, 2, 3]],
          [[-4, 5, 0.5, 0, 0, 0], [0, 0, 0, -4, 5, 0.5]],
        ]) // prettier-ignore
        const eye = [[1, 0], [0, 1]] // prettier-ignore
        expect(by['bias']!.toArray()).to.deep.equal([eye, eye])
        expect(by['bias']!.dtype).to.equal(dtype)
      }
    })

    it('of a composition are products', () => {
      const [first, second] = [new nn.Linear(4, 3, f64), new nn.Linear(3, 2, f64)]
      const model = new nn.Sequential(first, new nn.Tanh(), second)
      const x = random(5, 4)
      const inner = new nn.Sequential(first, new nn.Tanh())
      const outer = jacobian(second, inner.forward(x))
      const whole = jacobian(model, x)
      const parts = jacobian(inner, x)
      for (let n = 0; n < 5; n++) {
        const product = matmul(outer.select(0, n), parts.select(0, n))
        // sums of 3 products of numbers below 1
        product.data.forEach((value, i) => {
          expect(whole.select(0, n).data[i]).to.be.closeTo(value, 2 ** -50)
        })
      }
    })

    it('leave out frozen parameters, and give zeros for one that does nothing', () => {
      class Idle extends nn.Linear {
        idle = new nn.Parameter(ones([3], f64))
      }
      const model = new Idle(2, 2, f64)
      model.bias!.requiresGrad = false
      const by = parameterJacobians(model, random(4, 2))
      expect(Object.keys(by)).to.deep.equal(['weight', 'idle'])
      expect(by['idle']!.shape).to.deep.equal([4, 2, 3])
      expect(by['idle']!.data.every((value) => value === 0)).to.equal(true)
      expect(model.bias!.requiresGrad).to.equal(false)
      expect(model.weight.requiresGrad).to.equal(true)
    })

    for (const batch of [1, 2, 3, 4, 5, 8, 9]) {
      it(`see samples that depend on each other: ${batch}`, () => {
        const x = random(batch, 2)
        const expected = Array.from({ length: batch }, () => [
          [1 + 1 / batch, 0],
          [0, 1 + 1 / batch],
        ])
        expect(jacobian(new AddMean(), x).toArray()).to.deep.equal(expected)
      })
    }

    it('draw one mask of a dropout for all passes', () => {
      const mask = new Generator(3)
      const dropout = new nn.Dropout(0.5, { generator: mask })
      const x = random(6, 5)
      const expected = dropout.forward(x)
      mask.manualSeed(3)
      const result = jacobian(dropout, x)
      for (let n = 0; n < 6; n++) {
        for (let i = 0; i < 5; i++) {
          const factor = expected.data[n * 5 + i] === 0 ? 0 : 2
          expect(result.data[(n * 5 + i) * 5 + i]).to.equal(factor)
        }
      }
      expectDifferences(dropout, x, 'Dropout')
    })

    it('take sequences of indices, by the parameters', () => {
      const embedding = new nn.Embedding(4, 2, f64)
      const x = tensor([[0, 3]], { dtype: 'int32' })
      const { weight } = parameterJacobians(embedding, x)
      expect(weight!.shape).to.deep.equal([1, 4, 8])
      expect(weight!.toArray()).to.deep.equal([
        [
          [1, 0, 0, 0, 0, 0, 0, 0],
          [0, 1, 0, 0, 0, 0, 0, 0],
          [0, 0, 0, 0, 0, 0, 1, 0],
          [0, 0, 0, 0, 0, 0, 0, 1],
        ],
      ])
      const numerical = numericalParameterJacobians(embedding, x)['weight']!
      expectClose(weight!, numerical, 1, 'Embedding')
      expect(() => jacobian(embedding, x)).to.throw(DTypeError, 'jacobian: expected x')
    })

    it('take a batch of nothing', () => {
      const model = new nn.Linear(3, 2)
      expect(jacobian(model, zeros([0, 3])).shape).to.deep.equal([0, 2, 3])
      expect(parameterJacobians(model, zeros([0, 3]))['weight']!.shape).to.deep.equal([0, 2, 6])
    })

    it('leave nothing behind', () => {
      const all = bench()
      const { model, batch } = all
      manualSeed(4)
      const before = wholeState(all)
      for (const compute of [
        () => jacobian(model, batch[0]),
        () => parameterJacobians(model, batch[0]),
        () => jacobian(model, rand([32, 4], f64)), // refused half-way
      ]) {
        manualSeed(4)
        try {
          compute()
        } catch (error) {
          expect(error).to.be.instanceOf(DTypeError)
          manualSeed(4)
        }
        expect(wholeState(all)).to.deep.equal(before)
      }
      model.to('float64')
      const x = batch[0].to('float64')
      model.forward(x)
      model.backward(x, ones([32, 2], f64))
      const kept = x.toArray()
      manualSeed(4)
      const double = wholeState(all)
      for (const compute of [
        () => jacobian(model, x),
        () => numericalJacobian(model, x.narrow(0, 0, 3)),
        () => numericalParameterJacobians(model, x.narrow(0, 0, 3)),
      ]) {
        manualSeed(4)
        compute()
        expect(wholeState(all)).to.deep.equal(double)
        expect(x.toArray()).to.deep.equal(kept)
      }
    })
  })

  it('refuse what they cannot do', () => {
    const linear = new nn.Linear(3, 2)
    const all = [jacobian, parameterJacobians, numericalJacobian, numericalParameterJacobians]
    for (const compute of all) {
      expect(() => compute(wrong({}), zeros([1, 3]))).to.throw(ValueError, 'a Module')
      expect(() => compute(linear, wrong([[1, 2, 3]]))).to.throw(ValueError, 'tensor(array)')
      const double = new nn.Linear(3, 2, f64)
      expect(() => compute(double, zeros([3], f64))).to.throw(
        ShapeError,
        'got shapes (3) and (2); a single sample is x.reshape([1, ...x.shape])',
      )
    }
    for (const compute of [numericalJacobian, numericalParameterJacobians]) {
      expect(() => compute(linear, zeros([1, 3]))).to.throw(DTypeError, "module.to('float64')")
      for (const eps of [0, -1, NaN, Infinity]) {
        expect(() => compute(linear, zeros([1, 3]), { eps })).to.throw(ValueError, 'eps')
      }
    }
    for (const compute of all) {
      const inputs = { x: zeros([1, 3]) }
      expect(() => capture(({ x }) => wrong(compute(linear, x)), { inputs })).to.throw(
        CaptureError,
        `${compute.name} cannot be part of a captured step`,
      )
    }
  })

  it('refuse a gradient of another shape', () => {
    class Turned extends nn.Module {
      protected override computeOutput(input: Tensor): Tensor {
        return transpose(input, 0, 1)
      }
      protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
        return gradOutput.reshape([gradOutput.length])
      }
    }
    expect(() => jacobian(new Turned(), random(2, 2))).to.throw(
      ShapeError,
      "the gradient by the input that Turned() returns to be of the input's shape (2, 2), got shape (4)",
    )
  })
})
