import { type FloatDType, nn, type Tensor } from '../../../ts/index.js'

interface DenseOptions {
  /** (inputs, outputs). Default: uniform, as LeCun has it. */
  readonly W?: Tensor
  /** Default: zeros. */
  readonly b?: Tensor
  readonly dtype?: FloatDType
}

/** The document's DenseLayer. */
export function dense(
  inputs: number,
  outputs: number,
  { W, b, dtype = 'float32' }: DenseOptions = {},
): nn.Linear {
  const layer = new nn.Linear(inputs, outputs, { dtype })
  const bound = Math.sqrt(3 / inputs)
  nn.init.uniform_(layer.weight, -bound, bound)
  nn.init.zeros_(layer.bias!)
  const { weight, bias } = layer.stateDict() as { weight: Tensor; bias: Tensor }
  layer.loadStateDict({
    weight: W === undefined ? weight : nn.utils.convertKernel(W, { from: 'IO', to: 'OI' }),
    bias: b ?? bias,
  })
  return layer
}

interface ConvOptions {
  readonly padding?: 'same' | 'valid'
  readonly stride?: number
  /** (size, size, inputs, outputs). Default: uniform from 0 to 1. */
  readonly kernel?: Tensor
  /** Default: none, for the document trains none. */
  readonly bias?: Tensor
  readonly dtype?: FloatDType
}

/** The document's Conv2DLayer. */
export function conv2d(
  kernelSize: number,
  inputs: number,
  outputs: number,
  { padding = 'same', stride = 1, kernel, bias, dtype = 'float32' }: ConvOptions = {},
): nn.Conv2d {
  const options = { padding, stride, bias: bias !== undefined, dtype }
  const layer = new nn.Conv2d(inputs, outputs, kernelSize, options)
  nn.init.uniform_(layer.weight, 0, 1)
  const weight =
    kernel === undefined
      ? layer.weight
      : nn.utils.convertKernel(kernel, { from: 'HWIO', to: 'OIHW' })
  layer.loadStateDict(bias === undefined ? { weight } : { weight, bias })
  return layer
}

/**
 * The document's Conv2DTrLayer, which it leaves empty: the input is spread by the factor `stride`,
 * convolved, and `padding` is cut off the sides of the result.
 *
 * @param conv The layer whose kernel it takes; with that layer's stride and padding it is its adjoint.
 */
export function transposed(
  conv: nn.Conv2d,
  options: { padding?: number; stride?: number } = {},
): nn.ConvTranspose2d {
  const { inChannels, outChannels, kernelSize, weight } = conv
  const layer = new nn.ConvTranspose2d(outChannels, inChannels, kernelSize[0], {
    ...options,
    bias: false,
    dtype: weight.dtype,
  })
  layer.loadStateDict({ weight })
  return layer
}
