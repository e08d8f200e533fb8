import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const conv1dCases: readonly ModuleCase[] = [
  {
    title: 'Conv1d',
    make: (dtype) => new nn.Conv1d(2, 3, 3, { padding: 1, dtype }),
    shapes: [
      io([2, 2, 7], [2, 3, 7]),
      io([0, 2, 7], [0, 3, 7]),
      io([1, 2, 1], [1, 3, 1]),
      io([2, 5], [3, 5]),
    ],
    repr: 'Conv1d(2, 3, kernelSize=3, stride=1, padding=1)',
    refused: [
      [[2, 3, 5], 'expected input to be shape (N, 2, L) or (2, L), got shape (2, 3, 5)'],
      [[1, 5, 2], 'channels come before length here'],
      [[40], 'reshape it to (N, channels, length)'],
      [[1, 2, 4, 2], 'got shape (1, 2, 4, 2)'],
    ],
    terms: 14,
  },
  {
    title: 'Conv1d of all options',
    make: (dtype) =>
      new nn.Conv1d(4, 6, 2, {
        ...{ stride: 3, padding: 1, dilation: 2, groups: 2 },
        bias: false,
        dtype,
      }),
    shapes: [io([3, 4, 11], [3, 6, 4])],
    repr: 'Conv1d(4, 6, kernelSize=2, stride=3, padding=1, dilation=2, groups=2, bias=false)',
    refused: [
      [
        [1, 4, 0],
        'the padded input to be at least as large as the kernel, which covers 3, got 2 from shape (1, 4, 0)',
      ],
    ],
    terms: 12,
  },
  {
    title: 'Conv1d that keeps the size, of an even kernel',
    make: (dtype) => new nn.Conv1d(1, 2, 4, { padding: 'same', dtype }),
    shapes: [io([2, 1, 6], [2, 2, 6])],
    repr: 'Conv1d(1, 2, kernelSize=4, stride=1, padding=same)',
    terms: 12,
  },
]
