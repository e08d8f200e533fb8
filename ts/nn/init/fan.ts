import { checkArguments, checkNumber } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { checkTensor, formatShape, type Tensor } from '../../tensor/tensor.js'

/** Names of the functions that `calculateGain` knows; convolutions count as linear. */
export type Nonlinearity =
  'linear' | 'conv1d' | 'conv2d' | 'conv3d' | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu' | 'selu'

export type FanMode = 'fanIn' | 'fanOut'

/**
 * Number of inputs and outputs of a unit, from a weight of shape (out, in, …kernel).
 *
 * @throws ShapeError when it has fewer than 2 dimensions.
 */
export function fans(who: string, weight: Tensor): { fanIn: number; fanOut: number } {
  checkTensor(who, weight)
  const [out, into, ...kernel] = weight.shape
  if (out === undefined || into === undefined) {
    throw new ShapeError(
      complaint(
        who,
        'the tensor',
        'of at least 2 dimensions',
        `shape ${formatShape(weight.shape)}`,
      ),
    )
  }
  const field = kernel.reduce((product, size) => product * size, 1)
  return { fanIn: into * field, fanOut: out * field }
}

/**
 * Factor that keeps the variance through a nonlinearity: linear, convolution and sigmoid 1, tanh 5/3,
 * ReLU sqrt 2, leaky ReLU sqrt(2 / (1 + slope^2)), SELU 3/4.
 *
 * @param slope Negative slope of `leaky_relu`. Default 0.01.
 * @throws ValueError for another name.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  checkArguments('init.calculateGain', 2, arguments)
  checkNumber('calculateGain', 'the slope', slope)
  switch (nonlinearity) {
    case 'linear':
    case 'conv1d':
    case 'conv2d':
    case 'conv3d':
    case 'sigmoid':
      return 1
    case 'tanh':
      return 5 / 3
    case 'relu':
      return Math.SQRT2
    case 'leaky_relu':
      return Math.sqrt(2 / (1 + slope * slope))
    case 'selu':
      return 3 / 4
    default:
      throw new ValueError(
        complaint(
          'calculateGain',
          'the nonlinearity',
          'linear, conv1d, conv2d, conv3d, sigmoid, tanh, relu, leaky_relu or selu',
          nonlinearity,
        ),
      )
  }
}
