import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { nn, tensor, type Tensor } from '../../ts/index.js'

interface Values {
  readonly shape: number[]
  readonly data: number[]
}

interface Fixture {
  readonly modules: readonly {
    readonly name: string
    readonly state: Record<string, Values>
    readonly input: Values
    readonly gradOutput: Values
    readonly output: Values
    readonly gradInput: Values
    readonly gradients: Record<string, Values>
  }[]
  readonly criteria: readonly {
    readonly name: 'mse' | 'crossEntropy'
    readonly options: {
      readonly weight?: Values
      readonly label_smoothing?: number
      readonly ignore_index?: number
      readonly reduction?: nn.ReductionName
    }
    readonly prediction: Values
    readonly target: Values & { readonly integer: boolean }
    readonly loss: Values
    readonly gradient: Values
  }[]
}

const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/nn.json', import.meta.url), 'utf8'),
) as Fixture

const f64 = { dtype: 'float64' } as const
const read = ({ shape, data }: Values): Tensor => tensor(data, f64).reshape(shape)

const makers: Record<string, () => nn.Module> = {
  linear: () => new nn.Linear(4, 3, f64),
  linear3d: () => new nn.Linear(4, 3, f64),
  linear1d: () => new nn.Linear(4, 3, f64),
  conv2d: () => new nn.Conv2d(2, 3, 3, { padding: 1, ...f64 }),
  conv2dUnbatched: () => new nn.Conv2d(2, 3, 3, { padding: 1, ...f64 }),
  conv2dOptions: () =>
    new nn.Conv2d(4, 6, [3, 2], {
      ...{ stride: [2, 1], padding: [0, 2], dilation: [1, 2], groups: 2 },
      ...f64,
    }),
  conv2dSame: () => new nn.Conv2d(1, 2, [4, 3], { padding: 'same', bias: false, ...f64 }),
  conv2dDepthwise: () => new nn.Conv2d(3, 6, 3, { groups: 3, stride: 2, padding: 'valid', ...f64 }),
  relu: () => new nn.ReLU(),
  leakyRelu: () => new nn.LeakyReLU(0.2),
  sigmoid: () => new nn.Sigmoid(),
  tanh: () => new nn.Tanh(),
  silu: () => new nn.SiLU(),
  gelu: () => new nn.GELU(),
  geluTanh: () => new nn.GELU({ approximate: 'tanh' }),
  softplus: () => new nn.Softplus(2),
  softmax: () => new nn.Softmax(),
  softmax0: () => new nn.Softmax(0),
  logSoftmax1: () => new nn.LogSoftmax(1),
  flatten: () => new nn.Flatten(0, 1),
  mlp: () =>
    new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(6, 5, f64),
      new nn.Tanh(),
      new nn.Linear(5, 4, f64),
      new nn.ReLU(),
      new nn.Linear(4, 3, f64),
    ),
}

/**
 * Both sides round some tens of times, on numbers of at most 10 (logits of 2 standard deviations,
 * sums of 6 products): 64 roundings of 2^-53 on each side.
 */
const TOLERANCE = 2 * 64 * 10 * 2 ** -53

function expectValues(what: string, actual: Tensor, expected: Values): void {
  expect(actual.shape, what).to.deep.equal(expected.shape)
  for (const [i, value] of expected.data.entries()) {
    expect(actual.data[i], `${what}[${i}]`).to.be.closeTo(value, TOLERANCE)
  }
}

describe('nn gives what PyTorch gives', () => {
  for (const one of fixture.modules) {
    it(one.name, () => {
      const module = makers[one.name]!()
      module.loadStateDict(
        Object.fromEntries(Object.entries(one.state).map(([key, values]) => [key, read(values)])),
      )
      const input = read(one.input)
      expectValues('output', module.forward(input), one.output)
      expectValues('gradInput', module.backward(input, read(one.gradOutput)), one.gradInput)
      const named = [...module.namedParameters()]
      expect(named.map(([name]) => name)).to.deep.equal(Object.keys(one.gradients))
      for (const [name, parameter] of named) {
        expectValues(name, parameter.grad!, one.gradients[name]!)
      }
    })
  }

  for (const { name, options, prediction, target, loss, gradient } of fixture.criteria) {
    const { weight, ...plain } = options
    const how = JSON.stringify({ ...plain, weight: weight !== undefined })
    it(`${name} ${how} (${prediction.shape.join()}), target (${target.shape.join()})`, () => {
      const { reduction } = options
      const criterion =
        name === 'mse'
          ? new nn.MSELoss({ reduction })
          : new nn.CrossEntropyLoss({
              reduction,
              weight: weight && read(weight),
              labelSmoothing: options.label_smoothing,
              ignoreIndex: options.ignore_index,
            })
      const logits = read(prediction)
      const wanted = target.integer
        ? tensor(target.data, { dtype: 'int32' }).reshape(target.shape)
        : read(target)
      expectValues('loss', criterion.forward(logits, wanted), loss)
      expectValues('gradient', criterion.backward(logits, wanted), gradient)
    })
  }
})
