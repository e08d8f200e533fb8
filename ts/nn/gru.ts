import { checkArguments } from '../check.js'
import { RecurrentKind } from '../kernels/kernels.js'
import { readOptions } from '../options.js'
import { markBuiltIn } from './built-in.js'
import { Recurrent, RECURRENT, type RecurrentOptions } from './recurrent.js'

/**
 * Gated recurrent units, with gates in the order r, z, n:
 *
 * r = σ(W_ir x + b_ir + W_hr h + b_hr), z = σ(W_iz x + b_iz + W_hz h + b_hz),
 * n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h.
 *
 * `forward(x, { h0, lengths })` gives `{ output, hN }`, with shapes, lengths and errors of `nn.RNN`.
 *
 * Parameters have PyTorch's names: weight_ih_l0 (3 H, inputSize), weight_hh_l0 (3 H, H), bias_ih_l0,
 * bias_hh_l0 (3 H), ….
 *
 * Initialisation: uniform in ±1 / sqrt(H).
 *
 * @example
 * const gru = new nn.GRU(96, 128, { numLayers: 2, batchFirst: true })
 * gru.forward(randn([32, 64, 96])).output.shape // [32, 64, 128]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
 */
export class GRU extends Recurrent {
  static {
    markBuiltIn(this, (gru) => [
      gru.inputSize,
      gru.hiddenSize,
      {
        numLayers: gru.numLayers,
        bias: gru.bias,
        batchFirst: gru.batchFirst,
        dropout: gru.dropout,
        bidirectional: gru.bidirectional,
        dtype: gru.weight_hh_l0.dtype,
      },
    ])
  }

  /** @throws ValueError when a size is not a whole number ≥ 1, or an option is none. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    super(
      RecurrentKind.gru,
      inputSize,
      hiddenSize,
      readOptions(new.target.name, RECURRENT, options),
    )
  }
}
