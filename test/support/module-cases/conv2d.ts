import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const conv2dCases: readonly ModuleCase[] = [
  {
    title: 'Conv2d',
    make: (dtype) => new nn.Conv2d(2, 3, 3, { padding: 1, dtype }),
    shapes: [
      io([2, 2, 5, 4], [2, 3, 5, 4]),
      io([0, 2, 5, 4], [0, 3, 5, 4]),
      io([2, 1, 1], [3, 1, 1]),
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
    shapes: [io([3, 4, 7, 3], [3, 6, 3, 5])],
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
    shapes: [io([2, 1, 4, 6], [2, 2, 4, 6])],
    repr: 'Conv2d(1, 2, kernelSize=(4, 3), stride=(1, 1), padding=same)',
    terms: 50,
  },
  {
    title: 'Conv2d of stride 2 that halves the size',
    make: (dtype) => new nn.Conv2d(1, 1, 3, { padding: 'same', stride: 2, dtype }),
    shapes: [io([2, 1, 7, 6], [2, 1, 4, 3])],
    repr: 'Conv2d(1, 1, kernelSize=(3, 3), stride=(2, 2), padding=same)',
    terms: 25,
  },
  {
    title: 'Conv2d depthwise',
    make: (dtype) => new nn.Conv2d(3, 3, 3, { groups: 3, padding: 'valid', dtype }),
    shapes: [io([2, 3, 5, 5], [2, 3, 3, 3])],
    repr: 'Conv2d(3, 3, kernelSize=(3, 3), stride=(1, 1), padding=valid, groups=3)',
    terms: 20,
  },
]
