import { checkArguments } from '../check.js'
import { RecurrentKind } from '../kernels/kernels.js'
import { checkNames, readOptions } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { type InputGradients, type OutputGradients } from './module.js'
import { CELL, RecurrentCell, type RecurrentCellOptions } from './recurrent-cell.js'

/** The state of an `nn.LSTMCell`. */
export interface LSTMCellState {
  readonly [name: string]: Tensor
  readonly h: Tensor
  readonly c: Tensor
}

type CellInputs = [x: Tensor, state?: Partial<Pick<LSTMCellState, 'h' | 'c'>>]

const STATE = { h: 0, c: 0 }

/**
 * One step of `nn.LSTM`, which has the formulas.
 *
 * `forward(x, { h, c })` gives `{ h, c }`, which the next step takes. What is left out is 0.
 *
 * Shapes, with H = hiddenSize: x (N, inputSize) or (inputSize), h and c (N, H) or (H); weight_ih (4 H,
 * inputSize), weight_hh (4 H, H), bias_ih, bias_hh (4 H).
 *
 * Initialisation: uniform in ±1 / sqrt(H).
 *
 * @example
 * const cell = new nn.LSTMCell(8, 16)
 * let state = cell.forward(randn([32, 8]))
 * state = cell.forward(randn([32, 8]), state)
 * state.h.shape // [32, 16]
 *
 * Errors: ShapeError for an input or a state of another shape, DTypeError for one of another dtype.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
 */
export class LSTMCell extends RecurrentCell<CellInputs, LSTMCellState> {
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
    super(RecurrentKind.lstm, inputSize, hiddenSize, readOptions(new.target.name, CELL, options))
  }

  protected override computeOutput(x: Tensor, state?: CellInputs[1]): LSTMCellState {
    checkNames(this.describe(), STATE, state ?? {})
    const { h, c } = this.step(x, { h: state?.h ?? null, c: state?.c ?? null })
    return { h: h!, c: c! }
  }

  protected override computeGradients(
    x: Tensor,
    gradients: OutputGradients<LSTMCellState>,
    wantsInput: boolean,
    several: readonly unknown[] | null = null,
  ): InputGradients<CellInputs> | null {
    const state = several?.[1] as CellInputs[1]
    const before = { h: state?.h ?? null, c: state?.c ?? null }
    const after = { h: gradients.h, c: gradients.c }
    const found = this.stepGradients(x, before, after, wantsInput)
    if (!wantsInput) return null
    return (several === null ? found.x : [found.x, { h: found.h, c: found.c }]) as never
  }
}
