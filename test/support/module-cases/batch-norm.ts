import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const batchNormCases: readonly ModuleCase[] = [
  {
    title: 'BatchNorm1d',
    make: (dtype) => new nn.BatchNorm1d(3, { dtype }),
    shapes: [io([5, 3]), io([4, 3, 2]), io([1, 3, 4]), io([0, 3])],
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
    shapes: [io([1, 3]), io([4, 3, 2])],
    repr: 'BatchNorm1d(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)',
    evaluating: true,
    terms: 8,
  },
  {
    title: 'BatchNorm2d',
    make: (dtype) => new nn.BatchNorm2d(2, { eps: 0.01, momentum: null, dtype }),
    shapes: [io([3, 2, 2, 3]), io([1, 2, 3, 1]), io([2, 2, 0, 3])],
    repr: 'BatchNorm2d(2, eps=0.01, momentum=null, affine=true, trackRunningStats=true)',
    refused: [
      [[3, 2, 4], 'expected input to be shape (batch, 2, height, width), got shape (3, 2, 4)'],
      [[3, 4, 4, 2], 'got shape (3, 4, 4, 2)'],
    ],
    terms: 72,
  },
  {
    title: 'BatchNorm2d by the samples of all ranks, in a process of its own',
    make: (dtype) => new nn.BatchNorm2d(2, { sync: true, dtype }),
    shapes: [io([3, 2, 2, 2])],
    repr: 'BatchNorm2d(2, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true, sync=true)',
    terms: 48,
  },
  {
    title: 'BatchNorm2d without affine and running statistics',
    make: () => new nn.BatchNorm2d(2, { affine: false, trackRunningStats: false }),
    shapes: [io([3, 2, 2, 2])],
    repr: 'BatchNorm2d(2, eps=0.00001, momentum=0.1, affine=false, trackRunningStats=false)',
    terms: 48,
  },
]
