import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { callFor } from '../kernels/backend.js'
import type { FloatDType } from '../kernels/dtype.js'
import { RecurrentKind } from '../kernels/kernels.js'
import { flag, floatDType, type Options, type Values } from '../options.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { empty, formatShape, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'
import { checkParameters } from './feature-plan.js'
import { uniform_ } from './init/index.js'
import { type Inputs, Module, type Outputs } from './module.js'
import { Parameter } from './parameter.js'
import {
  addGradInput,
  type Batch,
  differentiateDirection,
  type Direction,
  GATES,
  runDirection,
  type State,
} from './recurrent-pass.js'

export interface RecurrentCellOptions {
  /** Whether biases are added. Default true. */
  bias?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial parameters. Default: the default generator. */
  generator?: Generator
}

export const CELL = {
  bias: flag(true),
  dtype: floatDType(),
  generator: generatorOption,
} satisfies Options<RecurrentCellOptions>

/** One step of a recurrent layer: base of `nn.RNNCell`, `nn.LSTMCell` and `nn.GRUCell`. */
export abstract class RecurrentCell<I extends Inputs, O extends Outputs> extends Module<I, O> {
  weight_ih: Parameter
  weight_hh: Parameter
  bias_ih: Parameter | null
  bias_hh: Parameter | null
  readonly #kind: RecurrentKind
  #direction: Direction | null = null

  /** @throws ValueError when a size is not a whole number ≥ 1. */
  protected constructor(
    kind: RecurrentKind,
    readonly inputSize: number,
    readonly hiddenSize: number,
    { bias, dtype, generator }: Values<typeof CELL>,
  ) {
    super()
    const who = this.constructor.name
    for (const [name, size] of Object.entries({ inputSize, hiddenSize })) {
      if (Number.isInteger(size) && size >= 1) continue
      throw new ValueError(complaint(who, name, 'a whole number of at least 1', size))
    }
    this.#kind = kind
    const columns = GATES[kind] * hiddenSize
    this.weight_ih = new Parameter(empty([columns, inputSize], dtype))
    this.weight_hh = new Parameter(empty([columns, hiddenSize], dtype))
    this.bias_ih = bias ? new Parameter(empty([columns], dtype)) : null
    this.bias_hh = bias ? new Parameter(empty([columns], dtype)) : null
    this.resetParameters(generator)
  }

  /** Draws the parameters anew, all uniform in ±1 / sqrt(hiddenSize). */
  resetParameters(generator?: Generator): void {
    const bound = 1 / Math.sqrt(this.hiddenSize)
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound, { generator })
  }

  /** The state after a step. */
  protected step(x: Tensor, before: State): State {
    const direction = this.#takeParameters()
    const { batch, shape, dtype } = this.#check(x, before)
    const h = allocate(shape, dtype)
    const c = this.#kind === RecurrentKind.lstm ? allocate(shape, dtype) : null
    const at = this.pass.keepVector('output', h.length, dtype)
    callFor(
      () => this.describe(),
      () => {
        const outputs = { at, step: h.length, row: this.hiddenSize }
        runDirection(direction, batch, x, before, outputs, { h, c }, this.pass)
      },
    )
    return { h, c }
  }

  /** Gradients by the input, if it is wanted, and by the state before the step. */
  protected stepGradients(
    x: Tensor,
    before: State,
    gradients: State,
    wantsInput: boolean,
  ): { x: Tensor | null; h: Tensor; c: Tensor | null } {
    const direction = this.#takeParameters()
    const { batch, shape, dtype } = this.#check(x, before)
    const h = allocate(shape, dtype)
    const c = this.#kind === RecurrentKind.lstm ? allocate(shape, dtype) : null
    const first = { h, c }
    const gates = differentiateDirection(direction, batch, x, null, gradients, first, this.pass)
    if (!wantsInput) return { x: null, h, c }
    const gradX = allocate(x.shape, dtype)
    addGradInput(direction, batch, gates, gradX, 0)
    return { x: gradX, h, c }
  }

  #check(x: Tensor, before: State): { batch: Batch; shape: Shape; dtype: FloatDType } {
    const { inputSize, hiddenSize } = this
    const who = this.describe()
    const { dtype } = this.weight_hh
    if ((x.ndim !== 1 && x.ndim !== 2) || x.shape.at(-1) !== inputSize) {
      const expected = `shape (N, ${inputSize}) or (${inputSize})`
      throw new ShapeError(complaint(who, 'input', expected, `shape ${formatShape(x.shape)}`))
    }
    if (x.dtype !== dtype) {
      const hint = `use input.to('${dtype}')`
      throw new DTypeError(complaint(who, 'input', `${dtype} as the weights are`, x.dtype, hint))
    }
    const shape = Object.freeze([...x.shape.slice(0, -1), hiddenSize])
    for (const [name, state] of Object.entries(before) as [string, unknown][]) {
      if (state === null) continue
      if (!(state instanceof Tensor)) throw noTensor(who, name, state)
      if (!sameShape(state.shape, shape)) {
        const [expected, got] = [formatShape(shape), formatShape(state.shape)]
        throw new ShapeError(complaint(who, name, `shape ${expected}`, `shape ${got}`))
      }
      if (state.dtype !== dtype) throw new DTypeError(complaint(who, name, dtype, state.dtype))
    }
    const rows = x.ndim === 2 ? x.shape[0]! : 1
    return { batch: { steps: 1, rows, lengths: null }, shape, dtype: dtype }
  }

  /** Users may put other parameters in, to share them say. */
  #takeParameters(): Direction {
    const { weight_ih, weight_hh, bias_ih, bias_hh } = this
    const taken = this.#direction
    const isTaken =
      taken?.weightIh === weight_ih &&
      taken.weightHh === weight_hh &&
      taken.biasIh === bias_ih &&
      taken.biasHh === bias_hh
    if (isTaken) return taken
    const hidden = this.hiddenSize
    const columns = GATES[this.#kind] * hidden
    checkParameters(this as unknown as Module, {
      weight_ih: [weight_ih, [columns, this.inputSize]],
      weight_hh: [weight_hh, [columns, hidden]],
      bias_ih: [bias_ih, [columns]],
      bias_hh: [bias_hh, [columns]],
    })
    return (this.#direction = {
      key: '',
      kind: this.#kind,
      hidden,
      size: hidden,
      reverse: false,
      weightIh: weight_ih,
      weightHh: weight_hh,
      biasIh: bias_ih,
      biasHh: bias_hh,
      project: null,
    })
  }

  override multiplyAdds(input: Tensor): number {
    return (input.length / this.inputSize) * (this.weight_ih.length + this.weight_hh.length)
  }

  override extraRepr(): string {
    const bias = this.bias_ih === null ? ', bias=false' : ''
    return `${this.inputSize}, ${this.hiddenSize}${bias}`
  }
}

/** What `nn.RNNCell` and `nn.GRUCell` take. */
export type CellInputs = [x: Tensor, h?: Tensor]

/** A cell whose state is one tensor. */
export abstract class PlainCell extends RecurrentCell<CellInputs, Tensor> {
  protected override computeOutput(x: Tensor, h?: Tensor): Tensor {
    return this.step(x, { h: h ?? null, c: null }).h!
  }

  protected override computeGradients(
    x: Tensor,
    gradOutput: Tensor,
    wantsInput: boolean,
    several: readonly unknown[] | null = null,
  ): [Tensor | null, Tensor | null] | null {
    const before = { h: (several?.[1] as Tensor | undefined) ?? null, c: null }
    const found = this.stepGradients(x, before, { h: gradOutput, c: null }, wantsInput)
    if (!wantsInput) return null
    return (several === null ? found.x : [found.x, found.h]) as [Tensor, Tensor]
  }
}
