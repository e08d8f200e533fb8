import { nn } from '../../../ts/index.js'
import { elementwise, io, type ModuleCase } from './module-case.js'

export const dropoutCases: readonly ModuleCase[] = [
  {
    title: 'Dropout of nothing',
    make: () => new nn.Dropout(0),
    shapes: elementwise,
    repr: 'Dropout(p=0)',
    terms: 1,
  },
  {
    title: 'Dropout1d of everything',
    make: () => new nn.Dropout1d(1),
    shapes: [io([2, 3, 4]), io([2, 3])],
    repr: 'Dropout1d(p=1)',
    refused: [[[3], 'Dropout1d(p=1): expected input to be shape (N, C, L) or (C, L)']],
    terms: 1,
  },
  {
    title: 'Dropout2d of everything',
    make: () => new nn.Dropout2d(1),
    shapes: [io([2, 3, 4, 5]), io([2, 3, 4])],
    repr: 'Dropout2d(p=1)',
    refused: [[[3, 4], 'Dropout2d(p=1): expected input to be shape (N, C, H, W) or (N, C, L)']],
    terms: 1,
  },
]
