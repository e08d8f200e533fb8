import { checkArguments } from '../check.js'
import { RecurrentKind } from '../kernels/kernels.js'
import { choice, type Options, readOptions } from '../options.js'
import { markBuiltIn } from './built-in.js'
import { Recurrent, RECURRENT, type RecurrentOptions } from './recurrent.js'

export interface RNNOptions extends RecurrentOptions {
  /** The function of the state. Default `tanh`. */
  nonlinearity?: 'tanh' | 'relu'
}

const OPTIONS = {
  ...RECURRENT,
  nonlinearity: choice(['tanh', 'relu'], 'tanh'),
} satisfies Options<RNNOptions>

/**
 * A recurrent network of Elman's form: h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), or relu.
 *
 * `forward(x, { h0, lengths })` gives `{ output, hN }`: the states of the last layer after every step, and the
 * last state of every layer. A sequence with a length ends there: what stands behind it is not looked at,
 * its outputs are 0 there, hN is the state at its end, where the reverse direction begins.
 *
 * Shapes, with L = numLayers, D = 2 where bidirectional, H = hiddenSize: x (T, N, inputSize), with batchFirst
 * (N, T, inputSize), or (T, inputSize) of one sequence; output (T, N, D · H), h0 and hN (L · D, N, H), layer
 * by layer, forward before reverse.
 *
 * Parameters have PyTorch's names: weight_ih_l0 (H, inputSize), weight_hh_l0 (H, H), bias_ih_l0,
 * bias_hh_l0 (H), then those of `l0_reverse`, of `l1`, ….
 *
 * Initialisation: uniform in ±1 / sqrt(H).
 *
 * @example
 * const { output, hN } = new nn.RNN(8, 16).forward(randn([50, 32, 8]))
 * output.shape // [50, 32, 16]
 * hN.shape // [1, 32, 16]
 *
 * Errors: ShapeError for an input or a state of another shape or without steps, DTypeError for one of
 * another dtype, ValueError for a length outside [1, T].
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
 */
export class RNN extends Recurrent {
  static {
    markBuiltIn(this, (rnn) => [
      rnn.inputSize,
      rnn.hiddenSize,
      {
        numLayers: rnn.numLayers,
        nonlinearity: rnn.nonlinearity,
        bias: rnn.bias,
        batchFirst: rnn.batchFirst,
        dropout: rnn.dropout,
        bidirectional: rnn.bidirectional,
        dtype: rnn.weight_hh_l0.dtype,
      },
    ])
  }

  readonly nonlinearity: 'tanh' | 'relu'

  /** @throws ValueError when a size is not a whole number ≥ 1, or an option is none. */
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
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
