import { nn, tensor } from '../../ts/index.js'
import {
  expectModule,
  expectValues,
  float64,
  type ModuleFixture,
  readFixture,
  type Values,
} from '../support/pytorch-fixture.js'

interface Fixture {
  readonly modules: readonly (ModuleFixture & { readonly name: string })[]
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

const fixture = readFixture('nn') as Fixture

const f64 = { dtype: 'float64' } as const

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

describe('nn gives what PyTorch gives', () => {
  for (const one of fixture.modules) {
    it(one.name, () => {
      expectModule(makers[one.name]!(), one, TOLERANCE)
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
              weight: weight && float64(weight),
              labelSmoothing: options.label_smoothing,
              ignoreIndex: options.ignore_index,
            })
      const logits = float64(prediction)
      const wanted = target.integer
        ? tensor(target.data, { dtype: 'int32' }).reshape(target.shape)
        : float64(target)
      expectValues('loss', criterion.forward(logits, wanted), loss, TOLERANCE)
      expectValues('gradient', criterion.backward(logits, wanted), gradient, TOLERANCE)
    })
  }
})
