import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

/** Modules that are written by a `forward` of functions. */
export const composedCases: readonly ModuleCase[] = [
  {
    title: 'RMSNorm',
    make: (dtype) => new nn.RMSNorm([3, 4], { dtype }),
    shapes: [io([2, 3, 4]), io([0, 3, 4]), io([3, 4])],
    repr: 'RMSNorm((3, 4), eps=null, elementwiseAffine=true)',
    refused: [[[3, 5], 'shape (…, 3, 4), got shape (3, 5)']],
    terms: 12,
  },
  {
    title: 'RMSNorm without a weight',
    make: (dtype) => new nn.RMSNorm(4, { eps: 0.1, elementwiseAffine: false, dtype }),
    shapes: [io([5, 4])],
    repr: 'RMSNorm((4), eps=0.1, elementwiseAffine=false)',
    terms: 4,
  },
  {
    title: 'PixelShuffle',
    make: () => new nn.PixelShuffle(2),
    shapes: [
      io([2, 8, 3, 2], [2, 2, 6, 4]),
      io([4, 1, 3], [1, 2, 6]),
      io([0, 4, 1, 1], [0, 1, 2, 2]),
    ],
    repr: 'PixelShuffle(2)',
    refused: [[[2, 6, 3, 3], 'C divisible by 4, got shape (2, 6, 3, 3)']],
    terms: 1,
    anyDType: true,
  },
  {
    title: 'PixelUnshuffle',
    make: () => new nn.PixelUnshuffle(2),
    shapes: [io([2, 2, 6, 4], [2, 8, 3, 2]), io([1, 2, 6], [4, 1, 3])],
    repr: 'PixelUnshuffle(2)',
    refused: [[[2, 2, 5, 4], 'H and W divisible by 2, got shape (2, 2, 5, 4)']],
    terms: 1,
    anyDType: true,
  },
  {
    title: 'Unfold',
    make: () => new nn.Unfold([2, 3], { padding: 1, stride: [1, 2] }),
    shapes: [io([2, 3, 4, 5], [2, 18, 15]), io([1, 3, 3], [6, 8])],
    repr: 'Unfold(kernelSize=(2, 3), dilation=1, padding=1, stride=(1, 2))',
    refused: [
      [[4, 6], 'shape (N, C, H, W) or (C, H, W), got shape (4, 6)'],
      [[1, 2, 0, 0], 'as large as a patch'],
    ],
    terms: 6,
  },
  {
    title: 'AdaptiveMaxPool2d',
    make: () => new nn.AdaptiveMaxPool2d([2, 3]),
    shapes: [io([2, 3, 5, 7], [2, 3, 2, 3]), io([3, 5, 7], [3, 2, 3])],
    repr: 'AdaptiveMaxPool2d((2, 3))',
    refused: [[[4, 6], 'expected input to be shape (N, C, H, W) or (C, H, W), got shape (4, 6)']],
    terms: 16,
  },
]
