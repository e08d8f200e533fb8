import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const flattenCases: readonly ModuleCase[] = [
  {
    title: 'Flatten',
    make: () => new nn.Flatten(),
    shapes: [io([2, 3, 4], [2, 12]), io([2, 3]), io([0, 3, 4], [0, 12])],
    repr: 'Flatten()',
    refused: [[[4], 'Flatten(): expected dim']],
    terms: 1,
    anyDType: true,
  },
  {
    title: 'Flatten of the first two',
    make: () => new nn.Flatten(0, 1),
    shapes: [io([2, 3, 4], [6, 4])],
    repr: 'Flatten(0, 1)',
    terms: 1,
    anyDType: true,
  },
  {
    title: 'Unflatten',
    make: () => new nn.Unflatten(1, [2, -1]),
    shapes: [io([3, 8], [3, 2, 4]), io([0, 6, 5], [0, 2, 3, 5])],
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
    shapes: [io([6], [1, 2, 3]), io([2, 6], [2, 1, 2, 3])],
    repr: 'Unflatten(-1, (1, 2, 3))',
    refused: [[[2, 5], 'the product of (1, 2, 3)']],
    terms: 1,
    anyDType: true,
  },
]
