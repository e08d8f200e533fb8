import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const pool2dCases: readonly ModuleCase[] = [
  {
    title: 'MaxPool2d',
    make: () => new nn.MaxPool2d(2),
    shapes: [
      io([2, 3, 6, 9], [2, 3, 3, 4]),
      io([3, 6, 9], [3, 3, 4]),
      io([0, 3, 6, 9], [0, 3, 3, 4]),
    ],
    repr: 'MaxPool2d(kernelSize=2, stride=2, padding=0, dilation=1, ceilMode=false)',
    refused: [[[4, 6], 'expected input to be shape (N, C, H, W) or (C, H, W), got shape (4, 6)']],
    terms: 16,
  },
  {
    title: 'AvgPool2d',
    make: () => new nn.AvgPool2d(3, { stride: 2, padding: 1 }),
    shapes: [
      io([2, 3, 6, 9], [2, 3, 3, 5]),
      io([3, 6, 9], [3, 3, 5]),
      io([0, 3, 6, 9], [0, 3, 3, 5]),
    ],
    repr: 'AvgPool2d(kernelSize=3, stride=2, padding=1)',
    refused: [[[4, 6], 'expected input to be shape (N, C, H, W) or (C, H, W), got shape (4, 6)']],
    terms: 16,
  },
  {
    title: 'AdaptiveAvgPool2d',
    make: () => new nn.AdaptiveAvgPool2d([2, 3]),
    shapes: [
      io([2, 3, 5, 7], [2, 3, 2, 3]),
      io([3, 5, 7], [3, 2, 3]),
      io([0, 3, 5, 7], [0, 3, 2, 3]),
    ],
    repr: 'AdaptiveAvgPool2d((2, 3))',
    refused: [[[4, 6], 'expected input to be shape (N, C, H, W) or (C, H, W), got shape (4, 6)']],
    terms: 16,
  },
]
