import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const layerNormCases: readonly ModuleCase[] = [
  {
    title: 'LayerNorm',
    make: (dtype) => new nn.LayerNorm(5, { dtype }),
    shapes: [io([3, 5]), io([5]), io([2, 3, 5]), io([0, 5])],
    repr: 'LayerNorm((5), eps=0.00001, elementwiseAffine=true)',
    refused: [
      [[5, 4], 'expected input to be shape (…, 5), got shape (5, 4)'],
      [[], 'got shape ()'],
    ],
    // a result goes through sums of 5 or 6 values, four times over
    terms: 24,
  },
  {
    title: 'LayerNorm of two dimensions, without bias',
    make: (dtype) => new nn.LayerNorm([2, 3], { eps: 0.01, bias: false, dtype }),
    shapes: [io([4, 2, 3])],
    repr: 'LayerNorm((2, 3), eps=0.01, elementwiseAffine=true, bias=false)',
    refused: [[[4, 3, 2], 'shape (…, 2, 3)']],
    terms: 24,
  },
  {
    title: 'LayerNorm without affine',
    make: () => new nn.LayerNorm(4, { elementwiseAffine: false }),
    shapes: [io([3, 4])],
    repr: 'LayerNorm((4), eps=0.00001, elementwiseAffine=false)',
    terms: 16,
  },
]
