// Containers of modules side by side write `forward` alone: what is computed inside lies in memory of the
// call, which is one node of the graph.
import { expect } from 'chai'

import {
  add,
  autograd,
  Generator,
  mul,
  nn,
  noGrad,
  ones,
  randn,
  square,
  sum,
  tanh,
  type Tensor,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
let generator = new Generator(7)
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })
const linear = (from: number, to: number): nn.Linear =>
  new nn.Linear(from, to, { ...f64, generator })

/** Containers for 4 columns. */
const kinds: Record<string, () => nn.Module> = {
  Residual: () => new nn.Residual(new nn.Sequential(linear(4, 4), new nn.Tanh())),
  Parallel: () => new nn.Parallel([linear(4, 4), new nn.PReLU(1, f64), linear(4, 4)]),
  Concat: () => new nn.Concat([linear(4, 2), linear(4, 2)]),
  Split: () => new nn.Split([linear(2, 2), new nn.ELU()]),
  AdditiveCoupling: () => new nn.AdditiveCoupling(new nn.Sequential(linear(2, 2), new nn.Tanh())),
  'one in a Sequential': () =>
    new nn.Sequential(linear(4, 4), new nn.Residual(new nn.PReLU(1, f64)), linear(4, 4)),
}

function gradients(model: nn.Module): number[] {
  return model.parameters().flatMap(({ grad }) => [...grad!.data])
}

const close = (found: readonly number[], expected: readonly number[]): void => {
  expect(found.length).to.equal(expected.length)
  found.forEach((value, i) => {
    expect(value).to.be.closeTo(expected[i]!, 1e-12)
  })
}

describe('containers in the graph', () => {
  eachBackend(() => {
    beforeEach(() => {
      generator = new Generator(7)
    })

    for (const [title, make] of Object.entries(kinds)) {
      it(`${title}: calls that wait for their backward, in training and evaluation mode`, () => {
        const model = make()
        const [a, b] = [random(3, 4), random(3, 4)]
        const alone = (x: Tensor): number[] => {
          model.zeroGrad()
          sum(square(model.forward(x))).backward()
          return gradients(model)
        }
        const [first, second] = [alone(a), alone(b)]
        const expected = first.map((value, i) => value + second[i]!)
        for (const mode of [true, false, true]) {
          model.train(mode)
          for (let step = 0; step < 3; step++) {
            model.zeroGrad()
            const [one, other] = [model.forward(a), model.forward(b)]
            noGrad(() => model.forward(random(5, 4)))
            add(sum(square(one)), sum(square(other))).backward()
            close(gradients(model), expected)
          }
        }
      })

      it(`${title}: a backward by hand, and checkpoint`, () => {
        const model = make()
        const x = random(3, 4)
        const leaf = x.clone().requiresGrad_()
        sum(square(model.forward(leaf))).backward()
        const expected = gradients(model)
        for (let step = 0; step < 3; step++) {
          model.zeroGrad()
          const output = model.forward(x)
          const gradient = model.backward(x, mul(output.detach(), 2))
          close(gradients(model), expected)
          close([...gradient.data], [...leaf.grad!.data])
        }
        expect(x.requiresGrad).to.equal(false)
        model.zeroGrad()
        sum(square(autograd.checkpoint((h) => model.forward(h), x))).backward()
        close(gradients(model), expected)
      })

      it(`${title}: what it gives stays as it is`, () => {
        const model = make()
        const kept = [true, false].flatMap((isGraph) =>
          Array.from({ length: 3 }, () => {
            const x = random(3, 4)
            const output = isGraph ? model.forward(x) : noGrad(() => model.forward(x))
            expect(output.requiresGrad).to.equal(isGraph)
            if (isGraph) sum(output).backward()
            return { output, values: output.toArray() }
          }),
        )
        for (const { output, values } of kept) expect(output.toArray()).to.deep.equal(values)
      })
    }

    it('compute in the same memory at every step', () => {
      const [inner, after] = [linear(4, 4), new nn.Tanh()]
      const residual = new nn.Residual(new nn.Sequential(inner, after))
      const x = random(3, 4)
      const seen = new Set<Tensor | null>()
      for (let step = 0; step < 4; step++) {
        sum(residual.forward(x)).backward()
        seen.add(inner.output).add(after.output)
      }
      expect(seen.size).to.equal(2)
    })

    it('have gradients where a backward by hand runs them again', () => {
      class Again extends nn.Module {
        constructor(readonly inner: nn.Module) {
          super()
        }

        override computeOutput(input: Tensor): Tensor {
          return this.inner.forward(input)
        }

        override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
          this.inner.forward(input)
          return this.inner.backward(input, gradOutput)
        }
      }
      class Free extends nn.Module {
        readonly inner = linear(4, 4)

        override forward(x: Tensor): Tensor {
          return tanh(this.inner.forward(x))
        }
      }
      for (const inner of [new nn.Residual(linear(4, 4)), new Free()]) {
        const x = random(3, 4)
        sum(square(inner.forward(x))).backward()
        const expected = gradients(inner)
        inner.zeroGrad()
        sum(square(new Again(inner).forward(x))).backward()
        close(gradients(inner), expected)
      }
    })

    it('may be derived from, by a forward or by hooks', () => {
      class Twice extends nn.Residual {
        override forward(x: Tensor): Tensor {
          return super.forward(super.forward(x))
        }
      }
      class Negated extends nn.Residual {
        override computeOutput(x: Tensor): Tensor {
          return mul(x, -1)
        }

        override computeGradInput(_x: Tensor, gradOutput: Tensor): Tensor {
          return mul(gradOutput, -1)
        }
      }
      const x = random(2, 4)
      const inner = new nn.Tanh()
      const once = add(tanh(x), x)
      expect(new Twice(inner).forward(x).toArray()).to.deep.equal(add(tanh(once), once).toArray())
      const negated = new Negated(inner)
      expect(negated.forward(x).toArray()).to.deep.equal(mul(x, -1).toArray())
      const gradient = negated.backward(x, ones([2, 4], f64))
      expect(gradient.toArray()).to.deep.equal(mul(ones([2, 4], f64), -1).toArray())
    })

    it('invert with gradients', () => {
      const coupling = new nn.AdditiveCoupling(linear(2, 2))
      const y = random(3, 4).requiresGrad_()
      const x = coupling.inverse(y)
      sum(square(coupling.forward(x))).backward()
      close(
        [...y.grad!.data],
        [...y.data].map((value) => 2 * value),
      )
    })
  })
})
