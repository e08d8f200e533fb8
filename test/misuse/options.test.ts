/** Options that a class or a function does not take are refused, and what was likely meant is told. */
import { expect } from 'chai'

import {
  data,
  DTypeError,
  exp,
  Generator,
  metrics,
  nn,
  ones,
  optim,
  rand,
  sum,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { nearest } from '../../ts/nearest.js'
import { flag, type Options, readOptions, required, whole } from '../../ts/options.js'

/** Arguments that the types refuse. */
const wrong = (value: unknown): never => value as never

interface Pooled {
  size: number
  ceilMode?: boolean
}

const table = { size: required(whole(1)), ceilMode: flag(false) } satisfies Options<Pooled>

interface Grown extends Pooled {
  padding?: number
}

/** That they are compiled as they are. */
const compiled = (_table: object): void => undefined
// @ts-expect-error an option of the interface that the table lacks
compiled(table satisfies Options<Grown>)
// @ts-expect-error an option of the table that the interface lacks
compiled({ ...table, padding: whole(0) } satisfies Options<Pooled>)
// @ts-expect-error an option of another type
compiled({ size: flag(true), ceilMode: flag(false) } satisfies Options<Pooled>)

describe('options', () => {
  it('are read with what stands for those left out', () => {
    expect(readOptions('f', table, { size: 2 })).to.deep.equal({ size: 2, ceilMode: false })
    const given = { size: 3, ceilMode: undefined }
    expect(readOptions('f', table, given)).to.deep.equal({ size: 3, ceilMode: false })
    const { ceilMode } = table
    const optional = { ceilMode }
    expect(readOptions('f', optional, null)).to.deep.equal({ ceilMode: false })
    expect(readOptions('f', optional, undefined)).to.deep.equal({ ceilMode: false })
  })

  it('are each read once', () => {
    let reads = 0
    const given = {
      get size() {
        return ++reads
      },
    }
    expect(readOptions('f', table, given).size).to.equal(1)
    expect(reads).to.equal(1)
  })

  it('have no names of what objects inherit', () => {
    expect(() => readOptions('f', table, { size: 1, constructor: 1 })).to.throw('constructor')
    const parsed: unknown = JSON.parse('{ "size": 1, "__proto__": 1 }')
    expect(() => readOptions('f', table, parsed)).to.throw('__proto__')
  })

  const mistakes: readonly (readonly [string, () => unknown])[] = [
    [
      'Conv2d: unknown option kernel_size; the options are stride, padding, dilation, groups, bias, ' +
        'paddingMode, dtype, generator',
      () => new nn.Conv2d(1, 4, 3, wrong({ kernel_size: 3 })),
    ],
    [
      'BatchNorm2d: unknown option track_running_stats; did you mean trackRunningStats?',
      () => new nn.BatchNorm2d(4, wrong({ track_running_stats: false })),
    ],
    [
      'Linear: unknown option bais; did you mean bias?',
      () => new nn.Linear(1, 1, wrong({ bais: 1 })),
    ],
    [
      'MaxPool2d: unknown option ceil_mode; did you mean ceilMode?',
      () => new nn.MaxPool2d(2, wrong({ ceil_mode: true })),
    ],
    [
      'GroupNorm: unknown option constructor; the options are eps, affine, dtype',
      () => new nn.GroupNorm(1, 1, wrong({ constructor: 1 })),
    ],
    ['zeros: unknown option generator', () => zeros([1], wrong({ generator: new Generator(1) }))],
    [
      'Conv2d: expected the options to be an object, got 2; pass { stride: 2 }',
      () => new nn.Conv2d(1, 4, 3, wrong(2)),
    ],
    [
      'Linear: expected the options to be an object, got false; pass { bias: false }',
      () => new nn.Linear(1, 1, wrong(false)),
    ],
    [
      "GELU: expected the options to be an object, got 'tanh'; pass { approximate: 'tanh' }",
      () => new nn.GELU(wrong('tanh')),
    ],
    [
      "Linear: expected bias to be true or false, got 'no'",
      () => new nn.Linear(1, 1, wrong({ bias: 'no' })),
    ],
    [
      'BatchNorm1d: expected affine to be true or false, got 0',
      () => new nn.BatchNorm1d(1, wrong({ affine: 0 })),
    ],
    [
      'AvgPool2d: expected ceilMode to be true or false, got 1',
      () => new nn.AvgPool2d(2, wrong({ ceilMode: 1 })),
    ],
    [
      'CrossEntropyLoss: unknown option label_smoothing; did you mean labelSmoothing?',
      () => new nn.CrossEntropyLoss(wrong({ label_smoothing: 0.1 })),
    ],
    [
      "MSELoss: expected the options to be an object, got 'sum'; pass { reduction: 'sum' }",
      () => new nn.MSELoss(wrong('sum')),
    ],
    [
      'CrossEntropyLoss: expected the options to be an object, got Tensor(3) float32; pass them by name',
      () => new nn.CrossEntropyLoss(wrong(ones([3]))),
    ],
    [
      'DataLoader: unknown option batch_size; did you mean batchSize?',
      () => new data.DataLoader([ones([4])], wrong({ batch_size: 2 })),
    ],
    [
      'DataLoader: expected the options to be an object, got 32; pass { batchSize: 32 }',
      () => new data.DataLoader([ones([4])], wrong(32)),
    ],
    [
      "DataLoader: expected batchSize to be a whole number of at least 1, got '8'",
      () => new data.DataLoader([ones([4])], wrong({ batchSize: '8' })),
    ],
    [
      'randomSplit: expected the options to be an object, got an object; pass { generator: … }',
      () => data.randomSplit([ones([4])], [2, 2], wrong(new Generator(1))),
    ],
    [
      'Accuracy: unknown option treshold; did you mean threshold?',
      () => new metrics.Accuracy(wrong({ treshold: 0 })),
    ],
    [
      'F1: unknown option num_classes; did you mean numClasses?',
      () => new metrics.F1(wrong({ num_classes: 3 })),
    ],
    [
      'sum: expected the options to be an object, got true; pass { keepdim: true }',
      () => sum(ones([2, 2]), 0, wrong(true)),
    ],
    [
      'Adam: expected the options to be an object, got 0.01; pass { lr: 0.01 }',
      () => new optim.Adam([new nn.Parameter(ones([1]))], wrong(0.01)),
    ],
    [
      'AdamW: unknown option weight_decay; did you mean weightDecay?',
      () => new optim.AdamW([new nn.Parameter(ones([1]))], wrong({ weight_decay: 0.1 })),
    ],
    [
      'SGD: parameter group 0: unknown option momentun; did you mean momentum?',
      () => new optim.SGD([wrong({ params: [new nn.Parameter(ones([1]))], momentun: 0.9 })]),
    ],
    [
      'StepLR: expected the options to be an object, got 30; pass { stepSize: 30 }',
      () => new optim.StepLR(new optim.SGD([new nn.Parameter(ones([1]))]), wrong(30)),
    ],
    [
      'ReLU: expected the arguments to be none, got 1, among them true; options are passed by name',
      () => Reflect.construct(nn.ReLU, [true]) as unknown,
    ],
    [
      'Conv2d: expected the arguments to be 4 at most, got 5, among them 1',
      () => Reflect.construct(nn.Conv2d, [1, 4, 3, {}, 1]) as unknown,
    ],
    [
      'exp: expected the arguments to be 1 at most, got 2, among them 2',
      () => Reflect.apply(exp, undefined, [ones([1]), 2]) as unknown,
    ],
    ['rand: expected generator to be a Generator', () => rand([1], wrong({ generator: 42 }))],
  ]
  for (const [message, make] of mistakes) {
    it(message, () => {
      expect(make).to.throw(ValueError, message)
    })
  }

  it('of a dtype that nothing uses', () => {
    const options = wrong({ affine: false, dtype: 'float16' })
    expect(() => new nn.GroupNorm(1, 1, options)).to.throw(DTypeError, "'float16'")
    expect(() => new nn.Linear(1, 1, wrong({ dtype: 'int32' }))).to.throw(DTypeError, 'float32 or')
  })

  it('let functions be mapped over lists, and undefined be passed on', () => {
    expect([ones([1]), ones([2])].map(exp).map(({ length }) => length)).to.deep.equal([1, 2])
    expect(() => Reflect.construct(nn.ReLU, [undefined]) as unknown).to.not.throw()
    expect(() => Reflect.apply(exp, undefined, [ones([1]), 0, [ones([1])]]) as unknown).to.throw(
      ValueError,
    )
  })

  it('change nothing when they are refused', () => {
    const parameter = new nn.Parameter(ones([2, 2]))
    expect(() => nn.init.uniform_(parameter, 5, 6, wrong({ seed: 1 }))).to.throw(ValueError)
    expect(() => nn.init.kaimingUniform_(parameter, wrong({ mode: 'fan_in' }))).to.throw(ValueError)
    expect(parameter.toArray()).to.deep.equal([
      [1, 1],
      [1, 1],
    ])
    expect(() => new nn.Linear(2, 2).loadStateDict({}, wrong({ strct: false }))).to.throw(
      ValueError,
      'did you mean strict?',
    )
  })
})

describe('the nearest name', () => {
  const known = ['lr', 'batchSize', 'labelSmoothing', 'weightDecay', 'dropLast', 'ceilMode']
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['batch_size', 'batchSize'],
    ['BatchSize', 'batchSize'],
    ['label_smoothing', 'labelSmoothing'],
    ['weight_deacy', 'weightDecay'],
    ['droplast', 'dropLast'],
    ['ceilMod', 'ceilMode'],
    ['lrr', 'lr'],
    ['momentum', undefined],
    ['x', undefined],
    ['', undefined],
    ['x'.repeat(1e6), undefined],
  ]
  for (const [name, expected] of cases) {
    it(`of ${name.slice(0, 20)} is ${expected}`, () => {
      expect(nearest(name, known)).to.equal(expected)
    })
  }
})
