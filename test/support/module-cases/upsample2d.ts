import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const upsample2dCases: readonly ModuleCase[] = [
  {
    title: 'Upsample',
    make: () => new nn.Upsample({ scaleFactor: 2 }),
    shapes: [
      io([2, 3, 4, 5], [2, 3, 8, 10]),
      io([2, 3, 5], [2, 3, 10]),
      io([0, 3, 4, 5], [0, 3, 8, 10]),
    ],
    repr: 'Upsample(scaleFactor=2, mode=nearest)',
    refused: [[[4, 6], 'expected input to be shape (N, C, H, W) or (N, C, L), got shape (4, 6)']],
    terms: 8,
  },
  {
    title: 'Upsample by bilinear interpolation',
    make: () => new nn.Upsample({ size: [6, 7], mode: 'bilinear' }),
    shapes: [io([2, 3, 4, 5], [2, 3, 6, 7])],
    repr: 'Upsample(size=(6, 7), mode=bilinear)',
    refused: [[[2, 4, 6], 'expected input to be shape (N, C, H, W), got shape (2, 4, 6)']],
    terms: 48,
  },
]
