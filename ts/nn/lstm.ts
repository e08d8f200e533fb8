import { checkArguments } from '../check.js'
import { RecurrentKind } from '../kernels/kernels.js'
import { type Options, readOptions, whole } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import {
  Recurrent,
  RECURRENT,
  type RecurrentOptions,
  type RecurrentOutput,
  type RecurrentState,
} from './recurrent.js'

export interface LSTMOptions extends RecurrentOptions {
  /** Size of the state h if it is projected, below hiddenSize; 0: it is not. Default 0. */
  projSize?: number
}

const OPTIONS = { ...RECURRENT, projSize: whole(0, 0) } satisfies Options<LSTMOptions>

/** What comes beside the input of `nn.LSTM`. */
export interface LSTMState extends RecurrentState {
  /** The cell state before the first step, (numLayers · directions, N, hiddenSize). Default: zeros. */
  readonly c0?: Tensor | undefined
}

/** What `nn.LSTM` gives. */
export interface LSTMOutput extends RecurrentOutput {
  /** The last cell state of every layer and direction, (numLayers · directions, N, hiddenSize). */
  readonly cN: Tensor
}

/**
 * Long short-term memory, with gates in the order i, f, g, o:
 *
 * i, f, o = σ(W x + b + V h + d), g = tanh(W_g x + b_g + V_g h + d_g), c' = f c + i g, h' = o tanh(c'), or
 * h' = W_hr (o tanh(c')) with projSize.
 *
 * `forward(x, { h0, c0, lengths })` gives `{ output, hN, cN }`, with shapes, lengths and errors of `nn.RNN`; the
 * size of h is projSize where it is projected.
 *
 * Parameters have PyTorch's names: weight_ih_l0 (4 H, inputSize), weight_hh_l0 (4 H, size of h),
 * bias_ih_l0, bias_hh_l0 (4 H), with projSize weight_hr_l0 (projSize, H), ….
 *
 * Initialisation: uniform in ±1 / sqrt(H).
 *
 * @example
 * const lstm = new nn.LSTM(16, 64, { batchFirst: true })
 * const { output, hN, cN } = lstm.forward(randn([32, 50, 16]))
 * output.shape // [32, 50, 64]
 * cN.shape // [1, 32, 64]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 */
export class LSTM extends Recurrent<LSTMState, LSTMOutput> {
  static {
    markBuiltIn(this, (lstm) => [
      lstm.inputSize,
      lstm.hiddenSize,
      {
        numLayers: lstm.numLayers,
        bias: lstm.bias,
        batchFirst: lstm.batchFirst,
        dropout: lstm.dropout,
        bidirectional: lstm.bidirectional,
        projSize: lstm.projSize,
        dtype: lstm.weight_hh_l0.dtype,
      },
    ])
  }

  readonly projSize: number

  /** @throws ValueError when a size is not a whole number ≥ 1, projSize not below hiddenSize, or an option none. */
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    const read = readOptions(new.target.name, OPTIONS, options)
    super(RecurrentKind.lstm, inputSize, hiddenSize, read, read.projSize)
    this.projSize = read.projSize
  }
}
