import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const quadraticCases: readonly ModuleCase[] = [
  {
    title: 'Quadratic',
    make: (dtype) => new nn.Quadratic(5, 4, { dtype }),
    shapes: [
      io([5], [4]),
      io([1, 5], [1, 4]),
      io([7, 5], [7, 4]),
      io([0, 5], [0, 4]),
      io([2, 3, 5], [2, 3, 4]),
    ],
    repr: 'Quadratic(5, 4)',
    refused: [[[3, 6], 'Quadratic(5, 4): expected input to be shape (…, 5), got shape (3, 6)']],
    terms: 7,
  },
  {
    title: 'Quadratic with a linear term',
    make: (dtype) => new nn.Quadratic(4, 4, { b: -1.5, dtype }),
    shapes: [io([6, 4]), io([1, 4])],
    repr: 'Quadratic(4, 4, b=-1.5)',
    terms: 8,
  },
  {
    title: 'Quadratic without bias',
    make: (dtype) => new nn.Quadratic(1, 1, { b: 2, bias: false, dtype }),
    shapes: [io([3, 1])],
    repr: 'Quadratic(1, 1, b=2, bias=false)',
    terms: 4,
  },
]
