import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const linearCases: readonly ModuleCase[] = [
  {
    title: 'Linear',
    make: (dtype) => new nn.Linear(5, 4, { dtype }),
    shapes: [
      io([5], [4]),
      io([1, 5], [1, 4]),
      io([7, 5], [7, 4]),
      io([0, 5], [0, 4]),
      io([2, 3, 5], [2, 3, 4]),
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
    shapes: [io([4, 3], [4, 2])],
    repr: 'Linear(3, 2, bias=false)',
    terms: 4,
  },
  {
    title: 'Linear of one unit',
    make: (dtype) => new nn.Linear(1, 1, { dtype }),
    shapes: [io([1, 1])],
    repr: 'Linear(1, 1)',
    terms: 1,
  },
]
