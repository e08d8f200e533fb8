import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

const image = 'expected input to be shape (N, C, H, W) or (C, H, W), got shape (4, 6)'
const sequence = 'expected input to be shape (N, C, L) or (C, L), got shape (4)'

export const padCases: readonly ModuleCase[] = [
  {
    title: 'ZeroPad2d',
    make: () => new nn.ZeroPad2d([1, 2, 0, -1]),
    shapes: [
      io([2, 3, 4, 5], [2, 3, 3, 8]),
      io([3, 4, 5], [3, 3, 8]),
      io([0, 3, 1, 0], [0, 3, 0, 3]),
    ],
    repr: 'ZeroPad2d((1, 2, 0, -1))',
    refused: [
      [[4, 6], image],
      [[2, 3, 0, 4], 'at least as large as what is cut off, got 0 with a padding of (0, -1)'],
    ],
    terms: 1,
  },
  {
    title: 'ZeroPad1d',
    make: () => new nn.ZeroPad1d(1),
    shapes: [io([2, 3, 4], [2, 3, 6]), io([3, 4], [3, 6])],
    repr: 'ZeroPad1d((1, 1))',
    refused: [[[4], sequence]],
    terms: 1,
  },
  {
    title: 'ConstantPad2d',
    make: () => new nn.ConstantPad2d(1, 0.5),
    shapes: [io([2, 3, 4, 5], [2, 3, 6, 7])],
    repr: 'ConstantPad2d(padding=(1, 1, 1, 1), value=0.5)',
    refused: [[[4, 6], image]],
    terms: 1,
  },
  {
    title: 'ConstantPad1d',
    make: () => new nn.ConstantPad1d([0, 2], -1),
    shapes: [io([2, 3, 4], [2, 3, 6])],
    repr: 'ConstantPad1d(padding=(0, 2), value=-1)',
    terms: 1,
  },
  {
    title: 'ReflectionPad2d',
    make: () => new nn.ReflectionPad2d([1, 2, 3, 0]),
    shapes: [io([2, 3, 4, 3], [2, 3, 7, 6]), io([0, 3, 4, 3], [0, 3, 7, 6])],
    repr: 'ReflectionPad2d((1, 2, 3, 0))',
    refused: [
      [[4, 6], image],
      [
        [1, 2, 4, 2],
        'larger than the padding, to be reflected, got 2 with a padding of (1, 2), from shape (1, 2, 4, 2)',
      ],
    ],
    terms: 4,
  },
  {
    title: 'ReflectionPad1d',
    make: () => new nn.ReflectionPad1d(2),
    shapes: [io([2, 3, 4], [2, 3, 8])],
    repr: 'ReflectionPad1d((2, 2))',
    refused: [[[2, 3, 2], 'to be reflected']],
    terms: 3,
  },
  {
    title: 'ReplicationPad2d',
    make: () => new nn.ReplicationPad2d(2),
    shapes: [io([2, 3, 4, 3], [2, 3, 8, 7]), io([1, 1, 1], [1, 5, 5])],
    repr: 'ReplicationPad2d((2, 2, 2, 2))',
    refused: [[[1, 2, 4, 0], 'of at least one element, to be replicated, got 0']],
    terms: 25,
  },
  {
    title: 'ReplicationPad1d',
    make: () => new nn.ReplicationPad1d([3, 1]),
    shapes: [io([2, 3, 2], [2, 3, 6])],
    repr: 'ReplicationPad1d((3, 1))',
    terms: 4,
  },
  {
    title: 'CircularPad2d',
    make: () => new nn.CircularPad2d([2, 1, 0, 3]),
    shapes: [io([2, 3, 3, 2], [2, 3, 6, 5])],
    repr: 'CircularPad2d((2, 1, 0, 3))',
    refused: [
      [[4, 6], image],
      [
        [1, 2, 2, 4],
        'at least as large as the padding, to go around, got 2 with a padding of (0, 3)',
      ],
    ],
    terms: 9,
  },
  {
    title: 'CircularPad1d',
    make: () => new nn.CircularPad1d(3),
    shapes: [io([2, 3, 3], [2, 3, 9])],
    repr: 'CircularPad1d((3, 3))',
    terms: 3,
  },
  {
    title: 'Conv2d that reflects',
    make: (dtype) =>
      new nn.Conv2d(2, 3, 3, { ...{ padding: [1, 2], stride: 2 }, paddingMode: 'reflect', dtype }),
    shapes: [
      io([2, 2, 5, 4], [2, 3, 3, 3]),
      io([2, 2, 3], [3, 1, 3]),
      io([0, 2, 5, 4], [0, 3, 3, 3]),
    ],
    repr: 'Conv2d(2, 3, kernelSize=(3, 3), stride=(2, 2), padding=(1, 2), paddingMode=reflect)',
    refused: [[[1, 2, 1, 4], 'larger than the padding, to be reflected, got 1']],
    terms: 80,
  },
  {
    title: 'Conv2d that replicates, without bias',
    make: (dtype) =>
      new nn.Conv2d(2, 2, [2, 4], {
        ...{ padding: 'same', groups: 2, bias: false, paddingMode: 'replicate', dtype },
      }),
    shapes: [io([2, 2, 4, 5])],
    repr:
      'Conv2d(2, 2, kernelSize=(2, 4), stride=(1, 1), padding=same, groups=2, bias=false, ' +
      'paddingMode=replicate)',
    terms: 80,
  },
  {
    title: 'Conv1d that goes around',
    make: (dtype) => new nn.Conv1d(1, 2, 3, { padding: 2, paddingMode: 'circular', dtype }),
    shapes: [io([2, 1, 6], [2, 2, 8]), io([1, 2], [2, 4])],
    repr: 'Conv1d(1, 2, kernelSize=3, stride=1, padding=2, paddingMode=circular)',
    refused: [[[1, 1, 1], 'to go around, got 1 with a padding of (2, 2), from shape (1, 1, 1)']],
    terms: 30,
  },
]
