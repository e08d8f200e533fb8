import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const groupNormCases: readonly ModuleCase[] = [
  {
    title: 'GroupNorm',
    make: (dtype) => new nn.GroupNorm(2, 4, { dtype }),
    shapes: [io([3, 4, 2]), io([2, 4, 2, 3]), io([0, 4, 2])],
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
    shapes: [io([2, 4])],
    repr: 'GroupNorm(2, 4, eps=1, affine=true)',
    terms: 48,
  },
]
