import { nn } from '../../../ts/index.js'
import { expectEstimates, expectSlope } from '../estimators.js'
import { elementwise, io, type ModuleCase } from './module-case.js'

const float64 = { dtype: 'float64' } as const
const clipped = 'clippedStraightThrough'

export const binaryCases: readonly ModuleCase[] = [
  ...(['straightThrough', clipped, 'parabola'] as const).map((estimator): ModuleCase => ({
    title: `Sign of estimator ${estimator}`,
    make: () => new nn.Sign({ estimator }),
    shapes: elementwise,
    repr: `Sign(estimator=${estimator})`,
    terms: 1,
    gradcheck: expectSlope(estimator),
  })),
  {
    title: 'BinaryLinear',
    make: (dtype) => new nn.BinaryLinear(5, 4, { dtype }),
    shapes: [io([5], [4]), io([7, 5], [7, 4]), io([0, 5], [0, 4]), io([2, 3, 5], [2, 3, 4])],
    repr: 'BinaryLinear(5, 4, bias=false)',
    refused: [
      [[3, 6], 'expected input to be shape (…, 5), got shape (3, 6)'],
      [[3, 1, 5, 1], 'got shape (3, 1, 5, 1)'],
    ],
    terms: 7,
    gradcheck: expectEstimates(
      () => new nn.Linear(5, 4, { bias: false, ...float64 }),
      'straightThrough',
      'parabola',
    ),
  },
  {
    title: 'BinaryLinear with bias and other estimators',
    make: (dtype) =>
      new nn.BinaryLinear(3, 2, {
        bias: true,
        weightEstimator: 'parabola',
        inputEstimator: clipped,
        dtype,
      }),
    shapes: [io([4, 3], [4, 2])],
    repr: 'BinaryLinear(3, 2, weightEstimator=parabola, inputEstimator=clippedStraightThrough)',
    terms: 5,
    gradcheck: expectEstimates(() => new nn.Linear(3, 2, float64), 'parabola', clipped),
  },
  {
    title: 'BinaryLinear of real inputs',
    make: (dtype) =>
      new nn.BinaryLinear(3, 2, { binarizeInput: false, weightEstimator: clipped, dtype }),
    shapes: [io([4, 3], [4, 2])],
    repr: 'BinaryLinear(3, 2, bias=false, weightEstimator=clippedStraightThrough, binarizeInput=false)',
    terms: 4,
    gradcheck: expectEstimates(
      () => new nn.Linear(3, 2, { bias: false, ...float64 }),
      clipped,
      null,
    ),
  },
  {
    title: 'BinaryConv2d',
    make: (dtype) => new nn.BinaryConv2d(2, 3, 3, { padding: 1, dtype }),
    shapes: [
      io([2, 2, 5, 4], [2, 3, 5, 4]),
      io([0, 2, 5, 4], [0, 3, 5, 4]),
      io([2, 1, 1], [3, 1, 1]),
    ],
    repr: 'BinaryConv2d(2, 3, kernelSize=(3, 3), stride=(1, 1), padding=(1, 1), bias=false)',
    refused: [[[7, 40], 'reshape it to (N, channels, height, width)']],
    terms: 40,
    gradcheck: expectEstimates(
      () => new nn.Conv2d(2, 3, 3, { padding: 1, bias: false, ...float64 }),
      'straightThrough',
      'parabola',
    ),
  },
  {
    title: 'BinaryConv2d of all options',
    make: (dtype) =>
      new nn.BinaryConv2d(4, 6, [3, 2], {
        ...{ stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2, bias: true },
        ...{ paddingMode: 'reflect', weightEstimator: 'parabola', inputEstimator: clipped, dtype },
      }),
    shapes: [io([3, 4, 7, 3], [3, 6, 4, 5])],
    repr: 'BinaryConv2d(4, 6, kernelSize=(3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, paddingMode=reflect, weightEstimator=parabola, inputEstimator=clippedStraightThrough)',
    terms: 60,
    gradcheck: expectEstimates(
      () =>
        new nn.Conv2d(4, 6, [3, 2], {
          ...{ stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 },
          ...{ paddingMode: 'reflect', ...float64 },
        }),
      'parabola',
      clipped,
    ),
  },
]
