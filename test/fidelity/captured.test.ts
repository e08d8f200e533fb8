import { expect } from 'chai'

import { capture, manualSeed, nn, type Tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { gradients, type InputKind, numbers, seeds } from '../support/formula.js'
import { tensorOf } from '../support/pytorch-fixture.js'

const activations: Readonly<Record<string, () => nn.Module>> = {
  ReLU: () => new nn.ReLU(),
  LeakyReLU: () => new nn.LeakyReLU(),
  Sigmoid: () => new nn.Sigmoid(),
  Tanh: () => new nn.Tanh(),
  SiLU: () => new nn.SiLU(),
  GELU: () => new nn.GELU(),
  Softplus: () => new nn.Softplus(),
}

type Chain = readonly [title: string, make: (middle: nn.Module) => nn.Module, shape: number[]]

/** Where an activation goes into the kernel before it, or its gradient into one after it. */
const chains: readonly Chain[] = [
  [
    'Linear',
    (middle) => new nn.Sequential(new nn.Linear(4, 5), middle, new nn.Linear(5, 2)),
    [3, 4],
  ],
  [
    'Conv2d and MaxPool2d',
    (middle) => new nn.Sequential(new nn.Conv2d(1, 2, 3), middle, new nn.MaxPool2d(2)),
    [2, 1, 6, 6],
  ],
]

describe('captured steps have the special values of eager ones', () => {
  eachBackend(() => {
    for (const [title, make, shape] of chains) {
      for (const [name, activation] of Object.entries(activations)) {
        it(`${title}, ${name}`, () => {
          for (const kind of ['nan', 'inf', '-inf', 'far', 'gradient'] as const) {
            expectSame(() => make(activation()), shape, kind)
          }
        })
      }
    }
  })
})

function expectSame(make: () => nn.Module, shape: readonly number[], kind: InputKind): void {
  manualSeed(3)
  const [eager, recorded] = [make(), make()]
  recorded.loadStateDict(eager.stateDict())
  const pass = (model: nn.Module, x: Tensor, g: Tensor) => {
    model.zeroGrad()
    const output = model.forward(x)
    return { output, gradInput: model.backward(x, g) }
  }
  const x = tensorOf(numbers(shape, seeds.input, kind), shape, 'float32')
  const { shape: outputs } = eager.forward(x)
  const g = tensorOf(gradients(outputs, kind), outputs, 'float32')
  const step = capture((given) => pass(recorded, given.x, given.g), { inputs: { x, g } })
  const [wanted, got] = [pass(eager, x, g), step.runSync()]
  expect(got.output.toArray(), kind).to.deep.equal(wanted.output.toArray())
  expect(got.gradInput.toArray(), kind).to.deep.equal(wanted.gradInput.toArray())
  const gradientsOf = (model: nn.Module) => model.parameters().map(({ grad }) => grad!.toArray())
  expect(gradientsOf(recorded), kind).to.deep.equal(gradientsOf(eager))
}
