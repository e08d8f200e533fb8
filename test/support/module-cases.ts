import { type FloatDType, nn, type Shape } from '../../ts/index.js'

/** A module and what it can be given; every test of modules in general runs over all of them. */
export interface ModuleCase {
  readonly title: string
  readonly make: (dtype: FloatDType) => nn.Module
  /** Pairs of an input shape and the shape of its output. */
  readonly shapes: readonly (readonly [Shape, Shape])[]
  /** What toString gives. */
  readonly repr: string
  /** Shapes that are refused, with what the message must contain. */
  readonly refused?: readonly (readonly [Shape, string])[]
  /** Largest number of products that one result sums up; 1 for elementwise modules. */
  readonly terms: number
  /** Is made in evaluation mode. */
  readonly evaluating?: boolean
  /** Takes any dtype. */
  readonly anyDType?: boolean
}

const elementwise: ModuleCase['shapes'] = [
  [[], []],
  [[1], [1]],
  [
    [3, 5],
    [3, 5],
  ],
  [
    [0, 5],
    [0, 5],
  ],
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
]

function activation(title: string, make: () => nn.Module, repr: string): ModuleCase {
  return { title, make, shapes: elementwise, repr, terms: 1 }
}

export const moduleCases: readonly ModuleCase[] = [
  {
    title: 'Linear',
    make: (dtype) => new nn.Linear(5, 4, { dtype }),
    shapes: [
      [[5], [4]],
      [
        [1, 5],
        [1, 4],
      ],
      [
        [7, 5],
        [7, 4],
      ],
      [
        [0, 5],
        [0, 4],
      ],
      [
        [2, 3, 5],
        [2, 3, 4],
      ],
    ],
    repr: 'Linear(5, 4)',
    refused: [
      [[3, 6], 'Linear(5, 4): expected input to be shape (…, 5), got shape (3, 6)'],
      [[3, 1, 1], 'got shape (3, 1, 1)'],
      [[], 'got shape ()'],
    ],
    terms: 7,
  },
  {
    title: 'Linear without bias',
    make: (dtype) => new nn.Linear(3, 2, { bias: false, dtype }),
    shapes: [
      [
        [4, 3],
        [4, 2],
      ],
    ],
    repr: 'Linear(3, 2, bias=false)',
    terms: 4,
  },
  {
    title: 'Linear of one unit',
    make: (dtype) => new nn.Linear(1, 1, { dtype }),
    shapes: [
      [
        [1, 1],
        [1, 1],
      ],
    ],
    repr: 'Linear(1, 1)',
    terms: 1,
  },
  {
    title: 'Conv2d',
    make: (dtype) => new nn.Conv2d(2, 3, 3, { padding: 1, dtype }),
    shapes: [
      [
        [2, 2, 5, 4],
        [2, 3, 5, 4],
      ],
      [
        [0, 2, 5, 4],
        [0, 3, 5, 4],
      ],
      [
        [2, 1, 1],
        [3, 1, 1],
      ],
    ],
    repr: 'Conv2d(2, 3, kernelSize=(3, 3), stride=(1, 1), padding=(1, 1))',
    refused: [
      [
        [2, 3, 5, 4],
        'expected input to be shape (N, 2, H, W) or (2, H, W), got shape (2, 3, 5, 4)',
      ],
      [[1, 5, 4, 2], 'channels come before height and width'],
      [[7, 40], 'reshape it to (N, channels, height, width)'],
    ],
    terms: 40,
  },
  {
    title: 'Conv2d of all options',
    make: (dtype) =>
      new nn.Conv2d(4, 6, [3, 2], {
        stride: [2, 1],
        padding: [0, 2],
        dilation: [1, 2],
        groups: 2,
        bias: false,
        dtype,
      }),
    shapes: [
      [
        [3, 4, 7, 3],
        [3, 6, 3, 5],
      ],
    ],
    repr: 'Conv2d(4, 6, kernelSize=(3, 2), stride=(2, 1), padding=(0, 2), dilation=(1, 2), groups=2, bias=false)',
    refused: [
      [
        [1, 4, 2, 3],
        'the padded input to be at least as large as the kernel, which covers (3, 3), got (2, 7) from shape (1, 4, 2, 3)',
      ],
    ],
    terms: 45,
  },
  {
    title: 'Conv2d that keeps the size',
    make: (dtype) => new nn.Conv2d(1, 2, [4, 3], { padding: 'same', dtype }),
    shapes: [
      [
        [2, 1, 4, 6],
        [2, 2, 4, 6],
      ],
    ],
    repr: 'Conv2d(1, 2, kernelSize=(4, 3), stride=(1, 1), padding=same)',
    terms: 50,
  },
  {
    title: 'Conv2d of stride 2 that halves the size',
    make: (dtype) => new nn.Conv2d(1, 1, 3, { padding: 'same', stride: 2, dtype }),
    shapes: [
      [
        [2, 1, 7, 6],
        [2, 1, 4, 3],
      ],
    ],
    repr: 'Conv2d(1, 1, kernelSize=(3, 3), stride=(2, 2), padding=same)',
    terms: 25,
  },
  {
    title: 'Conv2d depthwise',
    make: (dtype) => new nn.Conv2d(3, 3, 3, { groups: 3, padding: 'valid', dtype }),
    shapes: [
      [
        [2, 3, 5, 5],
        [2, 3, 3, 3],
      ],
    ],
    repr: 'Conv2d(3, 3, kernelSize=(3, 3), stride=(1, 1), padding=valid, groups=3)',
    terms: 20,
  },
  activation('ReLU', () => new nn.ReLU(), 'ReLU()'),
  activation('LeakyReLU', () => new nn.LeakyReLU(), 'LeakyReLU(0.01)'),
  activation('LeakyReLU of slope 0.2', () => new nn.LeakyReLU(0.2), 'LeakyReLU(0.2)'),
  activation('Sigmoid', () => new nn.Sigmoid(), 'Sigmoid()'),
  activation('Tanh', () => new nn.Tanh(), 'Tanh()'),
  activation('Swish', () => new nn.Swish(), 'Swish()'),
  activation('Swish of beta 1.5', () => new nn.Swish(1.5), 'Swish(1.5)'),
  activation('SiLU', () => new nn.SiLU(), 'SiLU()'),
  activation('GELU', () => new nn.GELU(), 'GELU()'),
  activation('GELU by tanh', () => new nn.GELU({ approximate: 'tanh' }), 'GELU(approximate=tanh)'),
  activation('Softplus', () => new nn.Softplus(), 'Softplus()'),
  activation('Softplus of beta 2', () => new nn.Softplus(2), 'Softplus(2)'),
  {
    title: 'Softmax',
    make: () => new nn.Softmax(),
    shapes: elementwise.slice(1),
    repr: 'Softmax(dim=-1)',
    refused: [[[], 'Softmax(dim=-1): expected dim']],
    terms: 5,
  },
  {
    title: 'Softmax along 0',
    make: () => new nn.Softmax(0),
    shapes: elementwise.slice(1),
    repr: 'Softmax(dim=0)',
    terms: 5,
  },
  {
    title: 'LogSoftmax along 1',
    make: () => new nn.LogSoftmax(1),
    shapes: elementwise.slice(2),
    repr: 'LogSoftmax(dim=1)',
    refused: [[[4], 'from -1 to 0 for shape (4)']],
    terms: 5,
  },
  {
    title: 'BatchNorm1d',
    make: (dtype) => new nn.BatchNorm1d(3, { dtype }),
    shapes: [
      [
        [5, 3],
        [5, 3],
      ],
      [
        [4, 3, 2],
        [4, 3, 2],
      ],
      [
        [1, 3, 4],
        [1, 3, 4],
      ],
      [
        [0, 3],
        [0, 3],
      ],
    ],
    repr: 'BatchNorm1d(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)',
    refused: [
      [[5, 4], 'expected input to be shape (batch, 3) or (batch, 3, length), got shape (5, 4)'],
      [[3], 'got shape (3)'],
      [[2, 3, 4, 4], 'got shape (2, 3, 4, 4)'],
    ],
    // a result goes through sums of up to 8 values, four times over
    terms: 32,
  },
  {
    title: 'BatchNorm1d in evaluation',
    make: (dtype) => new nn.BatchNorm1d(3, { dtype }).eval(),
    shapes: [
      [
        [1, 3],
        [1, 3],
      ],
      [
        [4, 3, 2],
        [4, 3, 2],
      ],
    ],
    repr: 'BatchNorm1d(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)',
    evaluating: true,
    terms: 8,
  },
  {
    title: 'BatchNorm2d',
    make: (dtype) => new nn.BatchNorm2d(2, { eps: 0.01, momentum: null, dtype }),
    shapes: [
      [
        [3, 2, 2, 3],
        [3, 2, 2, 3],
      ],
      [
        [1, 2, 3, 1],
        [1, 2, 3, 1],
      ],
      [
        [2, 2, 0, 3],
        [2, 2, 0, 3],
      ],
    ],
    repr: 'BatchNorm2d(2, eps=0.01, momentum=null, affine=true, trackRunningStats=true)',
    refused: [
      [[3, 2, 4], 'expected input to be shape (batch, 2, height, width), got shape (3, 2, 4)'],
      [[3, 4, 4, 2], 'got shape (3, 4, 4, 2)'],
    ],
    terms: 72,
  },
  {
    title: 'BatchNorm2d without affine and running statistics',
    make: () => new nn.BatchNorm2d(2, { affine: false, trackRunningStats: false }),
    shapes: [
      [
        [3, 2, 2, 2],
        [3, 2, 2, 2],
      ],
    ],
    repr: 'BatchNorm2d(2, eps=0.00001, momentum=0.1, affine=false, trackRunningStats=false)',
    terms: 48,
  },
  {
    title: 'LayerNorm',
    make: (dtype) => new nn.LayerNorm(5, { dtype }),
    shapes: [
      [
        [3, 5],
        [3, 5],
      ],
      [[5], [5]],
      [
        [2, 3, 5],
        [2, 3, 5],
      ],
      [
        [0, 5],
        [0, 5],
      ],
    ],
    repr: 'LayerNorm((5), eps=0.00001, elementwiseAffine=true)',
    refused: [
      [[5, 4], 'expected input to be shape (…, 5), got shape (5, 4)'],
      [[], 'got shape ()'],
    ],
    // a result goes through sums of 5 or 6 values, four times over
    terms: 24,
  },
  {
    title: 'LayerNorm of two dimensions, without bias',
    make: (dtype) => new nn.LayerNorm([2, 3], { eps: 0.01, bias: false, dtype }),
    shapes: [
      [
        [4, 2, 3],
        [4, 2, 3],
      ],
    ],
    repr: 'LayerNorm((2, 3), eps=0.01, elementwiseAffine=true, bias=false)',
    refused: [[[4, 3, 2], 'shape (…, 2, 3)']],
    terms: 24,
  },
  {
    title: 'LayerNorm without affine',
    make: () => new nn.LayerNorm(4, { elementwiseAffine: false }),
    shapes: [
      [
        [3, 4],
        [3, 4],
      ],
    ],
    repr: 'LayerNorm((4), eps=0.00001, elementwiseAffine=false)',
    terms: 16,
  },
  {
    title: 'GroupNorm',
    make: (dtype) => new nn.GroupNorm(2, 4, { dtype }),
    shapes: [
      [
        [3, 4, 2],
        [3, 4, 2],
      ],
      [
        [2, 4, 2, 3],
        [2, 4, 2, 3],
      ],
      [
        [0, 4, 2],
        [0, 4, 2],
      ],
    ],
    repr: 'GroupNorm(2, 4, eps=0.00001, affine=true)',
    refused: [
      [[3, 2, 4], 'expected input to be shape (batch, 4, …), got shape (3, 2, 4)'],
      [[4], 'got shape (4)'],
    ],
    // a result goes through sums of up to 12 values, four times over
    terms: 48,
  },
  {
    title: 'GroupNorm of two values a group',
    // Of two values in a group, the third derivative is about eps^-1.5 where they come
    // close: with an eps of 1 the bound of the central differences holds wherever they lie.
    make: (dtype) => new nn.GroupNorm(2, 4, { eps: 1, dtype }),
    shapes: [
      [
        [2, 4],
        [2, 4],
      ],
    ],
    repr: 'GroupNorm(2, 4, eps=1, affine=true)',
    terms: 48,
  },
  {
    title: 'InstanceNorm2d',
    make: (dtype) => new nn.InstanceNorm2d(2, { affine: true, eps: 0.01, dtype }),
    shapes: [
      [
        [3, 2, 2, 3],
        [3, 2, 2, 3],
      ],
    ],
    repr: 'InstanceNorm2d(2, eps=0.01, affine=true)',
    refused: [[[2, 6], 'expected input to be shape (batch, 2, height, width), got shape (2, 6)']],
    terms: 24,
  },
  {
    title: 'InstanceNorm2d without affine',
    make: () => new nn.InstanceNorm2d(2),
    shapes: [
      [
        [3, 2, 2, 3],
        [3, 2, 2, 3],
      ],
    ],
    repr: 'InstanceNorm2d(2, eps=0.00001, affine=false)',
    terms: 24,
  },
  {
    title: 'Flatten',
    make: () => new nn.Flatten(),
    shapes: [
      [
        [2, 3, 4],
        [2, 12],
      ],
      [
        [2, 3],
        [2, 3],
      ],
      [
        [0, 3, 4],
        [0, 12],
      ],
    ],
    repr: 'Flatten()',
    refused: [[[4], 'Flatten(): expected dim']],
    terms: 1,
    anyDType: true,
  },
  {
    title: 'Flatten of the first two',
    make: () => new nn.Flatten(0, 1),
    shapes: [
      [
        [2, 3, 4],
        [6, 4],
      ],
    ],
    repr: 'Flatten(0, 1)',
    terms: 1,
    anyDType: true,
  },
  {
    title: 'Dropout of nothing',
    make: () => new nn.Dropout(0),
    shapes: elementwise,
    repr: 'Dropout(p=0)',
    terms: 1,
  },
  {
    title: 'Dropout2d of everything',
    make: () => new nn.Dropout2d(1),
    shapes: [
      [
        [2, 3, 4, 5],
        [2, 3, 4, 5],
      ],
      [
        [2, 3, 4],
        [2, 3, 4],
      ],
    ],
    repr: 'Dropout2d(p=1)',
    refused: [[[3, 4], 'Dropout2d(p=1): expected input to be shape (N, C, H, W) or (N, C, L)']],
    terms: 1,
  },
  {
    title: 'Unflatten',
    make: () => new nn.Unflatten(1, [2, -1]),
    shapes: [
      [
        [3, 8],
        [3, 2, 4],
      ],
      [
        [0, 6, 5],
        [0, 2, 3, 5],
      ],
    ],
    repr: 'Unflatten(1, (2, -1))',
    refused: [
      [
        [3, 7],
        'Unflatten(1, (2, -1)): expected size 1 of the input to be the product of (2, -1), got 7 in shape (3, 7)',
      ],
      [[3], 'Unflatten(1, (2, -1)): expected dim'],
    ],
    terms: 1,
    anyDType: true,
  },
  {
    title: 'Unflatten of the last one',
    make: () => new nn.Unflatten(-1, [1, 2, 3]),
    shapes: [
      [[6], [1, 2, 3]],
      [
        [2, 6],
        [2, 1, 2, 3],
      ],
    ],
    repr: 'Unflatten(-1, (1, 2, 3))',
    refused: [[[2, 5], 'the product of (1, 2, 3)']],
    terms: 1,
    anyDType: true,
  },
  {
    title: 'MaxPool2d',
    make: () => new nn.MaxPool2d(2),
    shapes: [
      [
        [2, 3, 6, 9],
        [2, 3, 3, 4],
      ],
      [
        [3, 6, 9],
        [3, 3, 4],
      ],
      [
        [0, 3, 6, 9],
        [0, 3, 3, 4],
      ],
    ],
    repr: 'MaxPool2d(kernelSize=2, stride=2, padding=0, dilation=1, ceilMode=false)',
    refused: [[[4, 6], 'expected input to be shape (N, C, H, W) or (C, H, W), got shape (4, 6)']],
    terms: 16,
  },
  {
    title: 'AvgPool2d',
    make: () => new nn.AvgPool2d(3, { stride: 2, padding: 1 }),
    shapes: [
      [
        [2, 3, 6, 9],
        [2, 3, 3, 5],
      ],
      [
        [3, 6, 9],
        [3, 3, 5],
      ],
      [
        [0, 3, 6, 9],
        [0, 3, 3, 5],
      ],
    ],
    repr: 'AvgPool2d(kernelSize=3, stride=2, padding=1)',
    refused: [[[4, 6], 'expected input to be shape (N, C, H, W) or (C, H, W), got shape (4, 6)']],
    terms: 16,
  },
  {
    title: 'AdaptiveAvgPool2d',
    make: () => new nn.AdaptiveAvgPool2d([2, 3]),
    shapes: [
      [
        [2, 3, 5, 7],
        [2, 3, 2, 3],
      ],
      [
        [3, 5, 7],
        [3, 2, 3],
      ],
      [
        [0, 3, 5, 7],
        [0, 3, 2, 3],
      ],
    ],
    repr: 'AdaptiveAvgPool2d((2, 3))',
    refused: [[[4, 6], 'expected input to be shape (N, C, H, W) or (C, H, W), got shape (4, 6)']],
    terms: 16,
  },
  {
    title: 'MaxPool1d',
    make: () => new nn.MaxPool1d(3, { stride: 2, padding: 1 }),
    shapes: [
      [
        [2, 3, 9],
        [2, 3, 5],
      ],
      [
        [3, 9],
        [3, 5],
      ],
      [
        [0, 3, 9],
        [0, 3, 5],
      ],
    ],
    repr: 'MaxPool1d(kernelSize=3, stride=2, padding=1, dilation=1, ceilMode=false)',
    refused: [[[4], 'expected input to be shape (N, C, L) or (C, L), got shape (4)']],
    terms: 8,
  },
  {
    title: 'AvgPool1d',
    make: () => new nn.AvgPool1d(3, { stride: 2, padding: 1 }),
    shapes: [
      [
        [2, 3, 9],
        [2, 3, 5],
      ],
      [
        [3, 9],
        [3, 5],
      ],
      [
        [0, 3, 9],
        [0, 3, 5],
      ],
    ],
    repr: 'AvgPool1d(kernelSize=3, stride=2, padding=1)',
    refused: [[[4], 'expected input to be shape (N, C, L) or (C, L), got shape (4)']],
    terms: 8,
  },
  {
    title: 'AdaptiveAvgPool1d',
    make: () => new nn.AdaptiveAvgPool1d(3),
    shapes: [
      [
        [2, 3, 7],
        [2, 3, 3],
      ],
      [
        [3, 7],
        [3, 3],
      ],
      [
        [0, 3, 7],
        [0, 3, 3],
      ],
    ],
    repr: 'AdaptiveAvgPool1d(3)',
    refused: [[[4], 'expected input to be shape (N, C, L) or (C, L), got shape (4)']],
    terms: 8,
  },
  {
    title: 'Identity',
    make: () => new nn.Identity(),
    shapes: elementwise,
    repr: 'Identity()',
    terms: 1,
    anyDType: true,
  },
  {
    title: 'Sequential',
    make: (dtype) =>
      new nn.Sequential(
        new nn.Flatten(),
        new nn.Linear(6, 5, { dtype }),
        new nn.Tanh(),
        new nn.Sequential({ inner: new nn.Linear(5, 4, { dtype }), act: new nn.Softplus() }),
        new nn.Linear(4, 3, { dtype }),
        new nn.LogSoftmax(),
      ),
    shapes: [
      [
        [4, 2, 3],
        [4, 3],
      ],
      [
        [1, 6],
        [1, 3],
      ],
      [
        [0, 6],
        [0, 3],
      ],
    ],
    repr: `Sequential(
  (0): Flatten()
  (1): Linear(6, 5)
  (2): Tanh()
  (3): Sequential(
    (inner): Linear(5, 4)
    (act): Softplus()
  )
  (4): Linear(4, 3)
  (5): LogSoftmax(dim=-1)
)`,
    refused: [
      [[4, 7], 'Sequential.1 Linear(6, 5): expected input to be shape (…, 6), got shape (4, 7)'],
    ],
    terms: 30,
  },
]
