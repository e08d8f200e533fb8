import { checkArguments } from '../check.js'
import { RecurrentKind } from '../kernels/kernels.js'
import { choice, type Options, readOptions } from '../options.js'
import { markBuiltIn } from './built-in.js'
import { CELL, PlainCell, type RecurrentCellOptions } from './recurrent-cell.js'

export interface RNNCellOptions extends RecurrentCellOptions {
  /** The function of the state. Default `tanh`. */
  nonlinearity?: 'tanh' | 'relu'
}

const OPTIONS = {
  ...CELL,
  nonlinearity: choice(['tanh', 'relu'], 'tanh'),
} satisfies Options<RNNCellOptions>

/**
 * One step of `nn.RNN`: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.
 *
 * `forward(x, h)` gives h'. Without h it is 0.
 *
 * Shapes, with H = hiddenSize: x (N, inputSize) or (inputSize), h and h' (N, H) or (H); weight_ih (H,
 * inputSize), weight_hh (H, H), bias_ih, bias_hh (H).
 *
 * Initialisation: uniform in ±1 / sqrt(H).
 *
 * @example
 * const cell = new nn.RNNCell(8, 16)
 * let h = cell.forward(randn([32, 8]))
 * h = cell.forward(randn([32, 8]), h)
 *
 * Errors: ShapeError for an input or a state of another shape, DTypeError for one of another dtype.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
 */
export class RNNCell extends PlainCell {
  static {
    markBuiltIn(this, ({ inputSize, hiddenSize, bias_ih, weight_ih, nonlinearity }) => [
      inputSize,
      hiddenSize,
      { bias: bias_ih !== null, nonlinearity, dtype: weight_ih.dtype },
    ])
  }

  readonly nonlinearity: 'tanh' | 'relu'

  /** @throws ValueError when a size is not a whole number ≥ 1, or an option is none. */
  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    const read = readOptions(new.target.name, OPTIONS, options)
    super(RecurrentKind[read.nonlinearity], inputSize, hiddenSize, read)
    this.nonlinearity = read.nonlinearity
  }

  override extraRepr(): string {
    const relu = this.nonlinearity === 'relu' ? ', nonlinearity=relu' : ''
    return super.extraRepr() + relu
  }
}
