// A module leaves what its backward needs in the call, not in itself: called twice before a backward it
// gives what two calls, each with its backward, give.
import { expect } from 'chai'

import {
  arange,
  capture,
  cat,
  Generator,
  manualSeed,
  nn,
  randn,
  type Tensor,
  ValueError,
} from '../../ts/index.js'
import { gradcheck } from '../support/gradcheck.js'
import { moduleCases } from '../support/module-cases/index.js'
import { eachBackend } from '../support/each-backend.js'

const generator = new Generator(5)
const random = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', generator })
const linear = (inputs: number, outputs: number): nn.Linear =>
  new nn.Linear(inputs, outputs, { dtype: 'float64', generator })

/** A module of a user's own that calls another one with each half of a batch. */
class Halves extends nn.Module {
  constructor(readonly inner: nn.Module) {
    super()
  }

  protected override computeOutput(input: Tensor): Tensor {
    return joined(halves(input).map((half) => this.inner.forward(half)))
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const inputs = halves(input)
    return joined(halves(gradOutput).map((half, i) => this.inner.backward(inputs[i]!, half)))
  }
}

function halves(whole: Tensor): [Tensor, Tensor] {
  const rows = whole.shape[0]! / 2
  return [whole.narrow(0, 0, rows), whole.narrow(0, rows, rows)]
}

function joined(parts: readonly Tensor[]): Tensor {
  const [first, second] = parts as [Tensor, Tensor]
  return cat([first, second])
}

const bits = (tensors: readonly Tensor[]): unknown => tensors.map((tensor) => tensor.toArray())

describe('a module called several times before a backward', () => {
  eachBackend(() => {
    for (const { title, make, shapes } of moduleCases) {
      const found = shapes.find(([shape, output]) => shape.length > 0 && output.length > 0)
      if (found === undefined) continue
      const [[batch, ...sizes], outputShape] = found
      const rows = outputShape[0]!

      it(`${title}: two places of a container`, () => {
        const alone = make('float64')
        const shared = make('float64')
        shared.loadStateDict(alone.stateDict())
        const model = new nn.Split([shared, shared], { dim: 0 })
        const [input, gradOutput] = [
          random(2 * batch!, ...sizes),
          random(2 * rows, ...outputShape.slice(1)),
        ]

        manualSeed(3)
        const whole = model.forward(input)
        const gradInput = model.backward(input, gradOutput)

        manualSeed(3)
        const [inputs, gradOutputs] = [halves(input), halves(gradOutput)]
        const outputs = inputs.map((half) => alone.forward(half))
        manualSeed(3)
        const gradInputs = inputs.map((half, i) => {
          alone.forward(half)
          return alone.backward(half, gradOutputs[i]!)
        })
        expect(bits(halves(gradInput))).to.deep.equal(bits(gradInputs))
        const gradients = (module: nn.Module): Tensor[] =>
          module.parameters().map(({ grad }) => grad!)
        expect(bits(gradients(shared))).to.deep.equal(bits(gradients(alone)))
        if (shared.buffers().length > 0) return // of running statistics, which have moved on
        expect(bits(halves(whole))).to.deep.equal(bits(outputs))
      })
    }

    it('a module of a user’s own finds the calls that it made', () => {
      const inner = new nn.Sequential(
        linear(4, 4),
        new nn.BatchNorm1d(4, { eps: 0.5, dtype: 'float64' }),
      )
      const model = new Halves(inner)
      gradcheck(model, random(6, 4), random(6, 4))
      gradcheck(new nn.Sequential(model, new nn.Tanh(), model), random(6, 4), random(6, 4))
    })

    it('backward passes of calls with one input come in reverse order', () => {
      class Doubled extends nn.Module {
        readonly dropout = new nn.Dropout(0.5)

        protected override computeOutput(input: Tensor): Tensor {
          const first = this.dropout.forward(input)
          return joined([first, this.dropout.forward(input)])
        }

        protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
          const [first, second] = halves(gradOutput)
          const last = this.dropout.backward(input, second)
          return joined([this.dropout.backward(input, first), last])
        }
      }
      const model = new Doubled()
      const input = arange(1, 9).reshape([2, 4]).to('float64')
      const output = model.forward(input)
      // any number of backward passes after one forward
      for (let i = 0; i < 2; i++) {
        expect(model.backward(input, joined([input, input])).toArray()).to.deep.equal(
          output.toArray(),
        )
      }
    })

    it('captured as eager, with a cell in a loop', () => {
      class Loop extends nn.Module {
        readonly cell = new nn.Sequential(linear(4, 4), new nn.Dropout(0.25), new nn.Tanh())
        readonly #states: Tensor[] = []

        protected override computeOutput(input: Tensor): Tensor {
          let state = input
          this.#states.length = 0
          for (let i = 0; i < 5; i++) {
            this.#states.push(state)
            state = this.cell.forward(state)
          }
          return state
        }

        protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
          let grad = gradOutput
          for (const state of this.#states.toReversed()) grad = this.cell.backward(state, grad)
          return grad
        }
      }
      const model = new Loop()
      const [input, gradOutput] = [random(3, 4), random(3, 4)]
      const run = (x: Tensor): Tensor[] => {
        model.zeroGrad()
        model.forward(x)
        const gradInput = model.backward(x, gradOutput)
        return [gradInput, ...model.parameters().map(({ grad }) => grad!)]
      }
      manualSeed(9)
      const eager = bits(run(input))
      const step = capture(({ x }: { x: Tensor }) => run(x), { inputs: { x: input } })
      manualSeed(9)
      expect(bits(step.runSync({ x: input }))).to.deep.equal(eager)
      expect(() => model.backward(input, gradOutput)).to.throw(ValueError, 'forward')
    })

    it('a forward that is refused leaves the last call as it was', () => {
      const norm = new nn.BatchNorm1d(3, { dtype: 'float64' })
      const [input, gradOutput] = [random(4, 3), random(4, 3)]
      norm.forward(input)
      const expected = norm.backward(input, gradOutput)
      expect(() => norm.forward(random(4, 2))).to.throw('shape')
      expect(norm.backward(input, gradOutput).toArray()).to.deep.equal(expected.toArray())
    })
  })
})
