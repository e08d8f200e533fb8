import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const pool1dCases: readonly ModuleCase[] = [
  {
    title: 'MaxPool1d',
    make: () => new nn.MaxPool1d(3, { stride: 2, padding: 1 }),
    shapes: [io([2, 3, 9], [2, 3, 5]), io([3, 9], [3, 5]), io([0, 3, 9], [0, 3, 5])],
    repr: 'MaxPool1d(kernelSize=3, stride=2, padding=1, dilation=1, ceilMode=false)',
    refused: [[[4], 'expected input to be shape (N, C, L) or (C, L), got shape (4)']],
    terms: 8,
  },
  {
    title: 'AvgPool1d',
    make: () => new nn.AvgPool1d(3, { stride: 2, padding: 1 }),
    shapes: [io([2, 3, 9], [2, 3, 5]), io([3, 9], [3, 5]), io([0, 3, 9], [0, 3, 5])],
    repr: 'AvgPool1d(kernelSize=3, stride=2, padding=1)',
    refused: [[[4], 'expected input to be shape (N, C, L) or (C, L), got shape (4)']],
    terms: 8,
  },
  {
    title: 'AdaptiveAvgPool1d',
    make: () => new nn.AdaptiveAvgPool1d(3),
    shapes: [io([2, 3, 7], [2, 3, 3]), io([3, 7], [3, 3]), io([0, 3, 7], [0, 3, 3])],
    repr: 'AdaptiveAvgPool1d(3)',
    refused: [[[4], 'expected input to be shape (N, C, L) or (C, L), got shape (4)']],
    terms: 8,
  },
]
