import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const convTransposeCases: readonly ModuleCase[] = [
  {
    title: 'ConvTranspose2d',
    make: (dtype) => new nn.ConvTranspose2d(2, 3, 3, { dtype }),
    shapes: [
      io([2, 2, 4, 3], [2, 3, 6, 5]),
      io([0, 2, 4, 3], [0, 3, 6, 5]),
      io([1, 2, 1, 1], [1, 3, 3, 3]),
      io([2, 2, 3], [3, 4, 5]),
    ],
    repr: 'ConvTranspose2d(2, 3, kernelSize=(3, 3), stride=(1, 1))',
    refused: [
      [
        [2, 3, 5, 4],
        'expected input to be shape (N, 2, H, W) or (2, H, W), got shape (2, 3, 5, 4)',
      ],
      [[2, 2, 0, 4], 'an output of at least one element a channel, got shape (2, 2, 0, 4)'],
    ],
    terms: 60,
  },
  {
    title: 'ConvTranspose2d of all options',
    make: (dtype) =>
      new nn.ConvTranspose2d(4, 6, [3, 2], {
        ...{ stride: [2, 3], padding: [1, 0], outputPadding: [1, 2], dilation: [1, 2], groups: 2 },
        ...{ bias: false, dtype },
      }),
    shapes: [io([3, 4, 3, 2], [3, 6, 6, 8])],
    repr:
      'ConvTranspose2d(4, 6, kernelSize=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), ' +
      'outputPadding=(1, 2), groups=2, bias=false)',
    refused: [[[3, 4, 4], 'expected input to be shape (N, 4, H, W)']],
    terms: 50,
  },
  {
    title: 'ConvTranspose2d that cuts off much',
    make: (dtype) => new nn.ConvTranspose2d(1, 1, 4, { padding: 3, dtype }),
    shapes: [io([2, 1, 4, 5], [2, 1, 1, 2])],
    repr: 'ConvTranspose2d(1, 1, kernelSize=(4, 4), stride=(1, 1), padding=(3, 3))',
    refused: [[[2, 1, 4, 3], 'got shape (2, 1, 4, 3), which gives (1, 0)']],
    terms: 30,
  },
  {
    title: 'ConvTranspose1d',
    make: (dtype) =>
      new nn.ConvTranspose1d(4, 2, 4, {
        stride: 2,
        padding: 1,
        outputPadding: 1,
        groups: 2,
        dtype,
      }),
    shapes: [io([2, 4, 5], [2, 2, 11]), io([4, 1], [2, 3]), io([0, 4, 5], [0, 2, 11])],
    repr: 'ConvTranspose1d(4, 2, kernelSize=4, stride=2, padding=1, outputPadding=1, groups=2)',
    refused: [[[1, 2, 5], 'expected input to be shape (N, 4, L) or (4, L), got shape (1, 2, 5)']],
    terms: 24,
  },
]
