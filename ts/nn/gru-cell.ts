import { checkArguments } from '../check.js'
import { RecurrentKind } from '../kernels/kernels.js'
import { readOptions } from '../options.js'
import { markBuiltIn } from './built-in.js'
import { CELL, PlainCell, type RecurrentCellOptions } from './recurrent-cell.js'

/**
 * One step of `nn.GRU`, which has the formulas.
 *
 * `forward(x, h)` gives h'. Without h it is 0.
 *
 * Shapes, with H = hiddenSize: x (N, inputSize) or (inputSize), h and h' (N, H) or (H); weight_ih (3 H,
 * inputSize), weight_hh (3 H, H), bias_ih, bias_hh (3 H).
 *
 * Initialisation: uniform in ±1 / sqrt(H).
 *
 * @example
 * new nn.GRUCell(8, 16).forward(randn([32, 8]), zeros([32, 16])).shape // [32, 16]
 *
 * Errors: ShapeError for an input or a state of another shape, DTypeError for one of another dtype.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
 */
export class GRUCell extends PlainCell {
  static {
    markBuiltIn(this, ({ inputSize, hiddenSize, bias_ih, weight_ih }) => [
      inputSize,
      hiddenSize,
      { bias: bias_ih !== null, dtype: weight_ih.dtype },
    ])
  }

  /** @throws ValueError when a size is not a whole number ≥ 1, or an option is none. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    super(RecurrentKind.gru, inputSize, hiddenSize, readOptions(new.target.name, CELL, options))
  }
}
