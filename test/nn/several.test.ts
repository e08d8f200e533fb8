// Modules and criteria of several inputs and outputs, written by hand.
import { expect } from 'chai'

import {
  add,
  callbacks,
  capture,
  data,
  DTypeError,
  fit,
  mul,
  neg,
  nn,
  NotFiniteError,
  optim,
  randn,
  ShapeError,
  sub,
  sum,
  summary,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { watchFinite } from '../../ts/train/callbacks/nan-watchdog.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const

/** a b w, with a number w that is trained. */
class Product extends nn.Module<[a: Tensor, b: Tensor]> {
  readonly w = new nn.Parameter(tensor([3], f64))

  protected override computeOutput(a: Tensor, b: Tensor): Tensor {
    return mul(mul(a, b), this.w)
  }

  protected override computeGradInput(a: Tensor, b: Tensor, gradOutput: Tensor): [Tensor, Tensor] {
    const scaled = mul(gradOutput, this.w)
    return [mul(scaled, b), mul(scaled, a)]
  }

  protected override updateGradParameters(a: Tensor, b: Tensor, gradOutput: Tensor): void {
    this.w.addGrad(sum(mul(gradOutput, mul(a, b))).reshape([1]))
  }
}

/** The sum and the difference, by name. */
class Both extends nn.Module<[a: Tensor, b: Tensor], { sum: Tensor; difference: Tensor }> {
  protected override computeOutput(a: Tensor, b: Tensor) {
    return { sum: add(a, b), difference: sub(a, b) }
  }

  protected override computeGradInput(
    a: Tensor,
    b: Tensor,
    { sum: first, difference }: { sum: Tensor | null; difference: Tensor | null },
  ): [Tensor, Tensor] {
    const zero = sub(a, a)
    const [s, d] = [first ?? zero, difference ?? sub(b, b)]
    return [add(s, d), sub(s, d)]
  }
}

/** a² b by the same module at two places. */
class Twice extends nn.Module<[a: Tensor, b: Tensor]> {
  readonly product = new Product()
  #inner: Tensor | null = null

  protected override computeOutput(a: Tensor, b: Tensor): Tensor {
    this.#inner = this.product.forward(a, b)
    return this.product.forward(a, this.#inner)
  }

  protected override computeGradInput(a: Tensor, b: Tensor, gradOutput: Tensor): [Tensor, Tensor] {
    const [first, byInner] = this.product.backward(a, this.#inner!, gradOutput) as [Tensor, Tensor]
    const [second, byB] = this.product.backward(a, b, byInner) as [Tensor, Tensor]
    return [add(first, second), byB]
  }
}

class Distances extends nn.Criterion<
  [anchor: Tensor, near: Tensor, far: Tensor],
  [Tensor, Tensor, Tensor]
> {
  protected override computeOutput(anchor: Tensor, near: Tensor, far: Tensor): Tensor {
    return sum(mul(anchor, sub(near, far)))
  }

  protected override computeGradInput(
    anchor: Tensor,
    near: Tensor,
    far: Tensor,
  ): [Tensor, Tensor, Tensor] {
    return [sub(near, far), anchor, neg(anchor)]
  }
}

describe('modules and criteria of several inputs and outputs', () => {
  eachBackend(() => {
    const a = tensor([1, 2], f64)
    const b = tensor([5, 7], f64)
    const g = tensor([1, 10], f64)

    it('pass all inputs to the hooks and give a gradient for each', () => {
      const product = new Product()
      expect(product.forward(a, b).toArray()).to.deep.equal([15, 42])
      const [byA, byB] = product.backward(a, b, g)
      expect([byA!.toArray(), byB!.toArray()]).to.deep.equal([
        [15, 210],
        [3, 60],
      ])
      expect(product.w.grad!.toArray()).to.deep.equal([145])
      product.backwardParameters(a, b, g)
      expect(product.w.grad!.toArray()).to.deep.equal([290])
    })

    it('give several outputs, and take their gradients in the same form', () => {
      const both = new Both()
      const { sum: total, difference } = both.forward(a, b)
      expect([total.toArray(), difference.toArray()]).to.deep.equal([
        [6, 9],
        [-4, -5],
      ])
      expect(both.output!.sum).to.equal(total)
      const [byA, byB] = both.backward(a, b, { sum: g, difference: null })
      expect([byA!.toArray(), byB!.toArray()]).to.deep.equal([
        [1, 10],
        [1, 10],
      ])
    })

    it('stand at several places of another module', () => {
      const twice = new Twice()
      expect(twice.forward(a, b).toArray()).to.deep.equal([45, 252])
      const [byA, byB] = twice.backward(a, b, g)
      expect(byA!.toArray()).to.deep.equal([90, 2520])
      expect(byB!.toArray()).to.deep.equal([9, 360])
    })

    it('refuse other inputs, and gradients of another form', () => {
      const product = new Product()
      const both = new Both()
      product.forward(a, b)
      both.forward(a, b)
      const wrong = (value: unknown): never => value as never
      expect(() => product.backward(b, a, g)).to.throw(ValueError, 'forward')
      expect(() => product.backward(a, a, g)).to.throw(ValueError, 'forward')
      expect(() => product.forward(a, wrong([1]))).to.throw(ValueError, 'input 1')
      expect(() => both.backward(a, b, wrong(g))).to.throw(ValueError, 'sum, difference')
      expect(() => both.backward(a, b, wrong({ sum: g }))).to.throw(ValueError, 'sum, difference')
      const odd = tensor([1], f64)
      expect(() => both.backward(a, b, { sum: odd, difference: g })).to.throw(
        ShapeError,
        'gradOutput.sum',
      )
      const narrow = tensor([1, 2])
      expect(() => both.backward(a, b, { sum: g, difference: narrow })).to.throw(
        DTypeError,
        'gradOutput.difference',
      )
    })

    it('compute captured what they compute eagerly', () => {
      const product = new Product()
      const x = randn([2], f64)
      const run = (first: Tensor, second: Tensor): Tensor[] => {
        product.zeroGrad()
        product.forward(first, second)
        const [byA, byB] = product.backward(first, second, g)
        return [byA!, byB!, product.w.grad!]
      }
      const eager = run(x, b).map((result) => result.toArray())
      const step = capture(
        ({ first, second }: { first: Tensor; second: Tensor }) => run(first, second),
        {
          inputs: { first: x, second: b },
        },
      )
      expect(step.runSync({ first: x, second: b }).map((result) => result.toArray())).to.deep.equal(
        eager,
      )
    })

    it('get all inputs while a model is watched, summed up or trained', async () => {
      class Square extends nn.Module {
        readonly product = new Product()

        protected override computeOutput(x: Tensor): Tensor {
          return this.product.forward(x, x)
        }

        protected override computeGradInput(x: Tensor, gradOutput: Tensor): Tensor {
          const [first, second] = this.product.backward(x, x, gradOutput)
          return add(first!, second!)
        }
      }
      const model = new Square()
      expect(summary(model, [2], { dtype: 'float64' }).rows[1]!.outputShape).to.deep.equal([2])
      const loader = new data.DataLoader([a, mul(a, a)], { batchSize: 2 })
      await fit(model, loader, {
        criterion: new nn.MSELoss(),
        optimizer: new optim.SGD(model.parameters(), { lr: 0.01 }),
        epochs: 100,
        callbacks: [new callbacks.NanWatchdog()],
      })
      expect(model.product.w.item()).to.be.closeTo(1, 1e-6) // each epoch leaves 1 - 0.01 · 2 · 8.5 of what is missing
      const stop = watchFinite(model, () => 'here')
      try {
        expect(() => model.forward(tensor([NaN, 1], f64))).to.throw(
          NotFiniteError,
          'the output of product Product() is not finite, and so is its input',
        )
      } finally {
        stop()
      }
    })

    it('a criterion gives a gradient for each input', () => {
      const criterion = new Distances()
      expect(criterion.forward(a, b, g).item()).to.equal(1 * 4 + 2 * -3)
      const gradients = criterion.backward(a, b, g)
      expect(gradients.map((gradient) => gradient.toArray())).to.deep.equal([
        [4, -3],
        [1, 2],
        [-1, -2],
      ])
      expect(() => criterion.forward(a, b, null as never)).to.throw(ValueError, 'input 2')
    })
  })
})
