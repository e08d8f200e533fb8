import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { show } from '../show.js'
import type { Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { markBuiltIn } from './built-in.js'
import type { GRU } from './gru.js'
import { LSTM } from './lstm.js'
import { Module } from './module.js'
import { partOf } from './recurrent-pass.js'
import { Recurrent, type RecurrentOutput } from './recurrent.js'
import type { RNN } from './rnn.js'

/** A recurrent layer with one tensor for its output, for containers. */
abstract class OneOutput extends Module {
  readonly rnn: RNN | LSTM | GRU

  /** @throws ValueError unless it is a recurrent layer. */
  protected constructor(rnn: RNN | LSTM | GRU) {
    super()
    if (!(rnn instanceof Recurrent)) {
      throw new ValueError(
        complaint(this.constructor.name, 'rnn', 'an nn.RNN, nn.LSTM or nn.GRU', show(rnn)),
      )
    }
    this.rnn = rnn
  }

  protected abstract gradients(gradOutput: Tensor): { output: Tensor | null; hN: Tensor | null }

  protected override computeGradients(
    x: Tensor,
    gradOutput: Tensor,
    wantsInput: boolean,
  ): Tensor | null {
    const own = this.gradients(gradOutput)
    const gradients = this.rnn instanceof LSTM ? { ...own, cN: null } : own
    const rnn = this.rnn as unknown as Module<[x: Tensor], RecurrentOutput>
    if (wantsInput) return rnn.backward(x, gradients)
    rnn.backwardParameters(x, gradients)
    return null
  }
}

/**
 * The outputs of a recurrent layer at every step, as a layer of a container: `rnn.forward(x).output`.
 *
 * Shapes: those of the layer's input and output.
 *
 * @example
 * new nn.Sequential(
 *   new nn.EveryStep(new nn.GRU(96, 128, { batchFirst: true })),
 *   new nn.Linear(128, 96), // for each step
 * ).forward(randn([32, 64, 96])).shape // [32, 64, 96]
 */
export class EveryStep extends OneOutput {
  static {
    markBuiltIn(this, ({ rnn }) => [rnn])
  }

  /** @throws ValueError unless it is a recurrent layer. */
  constructor(rnn: RNN | LSTM | GRU) {
    checkArguments(new.target.name, 1, arguments)
    super(rnn)
  }

  protected override computeOutput(x: Tensor): Tensor {
    return this.rnn.forward(x).output
  }

  protected override gradients(gradOutput: Tensor): { output: Tensor; hN: null } {
    return { output: gradOutput, hN: null }
  }
}

/**
 * The last state of the last layer of a recurrent layer, as a layer of a container: what it makes of a whole
 * sequence. Of a bidirectional one both directions side by side, the reverse one at its end, the first step.
 *
 * Shapes, with D directions: input that of the layer, output (N, D · Hout), or (D · Hout) of one sequence.
 *
 * @example
 * new nn.Sequential(
 *   new nn.LastStep(new nn.LSTM(16, 64, { batchFirst: true })),
 *   new nn.Linear(64, 1), // for each sequence
 * ).forward(randn([32, 50, 16])).shape // [32, 1]
 */
export class LastStep extends OneOutput {
  static {
    markBuiltIn(this, ({ rnn }) => [rnn])
  }

  /** @throws ValueError unless it is a recurrent layer. */
  constructor(rnn: RNN | LSTM | GRU) {
    checkArguments(new.target.name, 1, arguments)
    super(rnn)
  }

  protected override computeOutput(x: Tensor): Tensor {
    const { hN } = this.rnn.forward(x)
    const { shape, dtype } = hN
    const [all, ...rest] = shape as [number, ...number[]]
    const ways = this.rnn.bidirectional ? 2 : 1
    const size = rest.at(-1)!
    const whole = Object.freeze([...rest.slice(0, -1), ways * size])
    if (ways === 1) return partOf(hN, all - 1, whole)
    const output = allocate(whole, dtype)
    const x2 = partOf(hN, all / ways - 1, [ways, ...rest])
    this.#turn(x2, output, rest, true)
    return output
  }

  /** Directions one behind the other to side by side, or back. */
  #turn(x: Tensor, out: Tensor, rest: readonly number[], isForward: boolean): void {
    const [rows, cols] = rest.length === 2 ? (rest as [number, number]) : [1, rest[0]!]
    const [steps, step, row] = [2, cols, 2 * cols]
    const apart = { step: rows * cols, row: cols }
    kernels().copySteps({
      x,
      lengths: null,
      out,
      steps,
      rows,
      cols,
      xStep: isForward ? apart.step : step,
      xRow: isForward ? apart.row : row,
      outStep: isForward ? step : apart.step,
      outRow: isForward ? row : apart.row,
    })
  }

  protected override gradients(gradOutput: Tensor): { output: null; hN: Tensor } {
    const { numLayers, bidirectional } = this.rnn
    const { shape: given, dtype } = gradOutput
    const ways = bidirectional ? 2 : 1
    const all = numLayers * ways
    const rest = [...given.slice(0, -1), given.at(-1)! / ways]
    const shape = Object.freeze([all, ...rest])
    if (all === 1) return { output: null, hN: partOf(gradOutput, 0, shape) }
    const hN = allocate(shape, dtype)
    kernels().fill({ y: hN, n: hN.length, value: 0 })
    const last = partOf(hN, all / ways - 1, Object.freeze([ways, ...rest]))
    if (ways === 2) this.#turn(gradOutput, last, rest, false)
    else kernels().copy({ x: gradOutput, y: last, n: gradOutput.length })
    return { output: null, hN }
  }
}
