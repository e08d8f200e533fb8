import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const instanceNormCases: readonly ModuleCase[] = [
  {
    title: 'InstanceNorm2d',
    make: (dtype) => new nn.InstanceNorm2d(2, { affine: true, eps: 0.01, dtype }),
    shapes: [io([3, 2, 2, 3])],
    repr: 'InstanceNorm2d(2, eps=0.01, affine=true)',
    refused: [[[2, 6], 'expected input to be shape (batch, 2, height, width), got shape (2, 6)']],
    terms: 24,
  },
  {
    title: 'InstanceNorm2d without affine',
    make: () => new nn.InstanceNorm2d(2),
    shapes: [io([3, 2, 2, 3])],
    repr: 'InstanceNorm2d(2, eps=0.00001, affine=false)',
    terms: 24,
  },
]
