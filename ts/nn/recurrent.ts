import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { callFor, kernels } from '../kernels/backend.js'
import type { FloatDType } from '../kernels/dtype.js'
import { RecurrentKind } from '../kernels/kernels.js'
import {
  checkNames,
  flag,
  floatDType,
  type Options,
  share,
  type Values,
  whole,
} from '../options.js'
import { placeOf } from '../random/batch-rows.js'
import { defaultGenerator, type Generator, generatorOption } from '../random/generator.js'
import { empty, formatShape, noTensor, type Shape, Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'
import { checkParameters } from './feature-plan.js'
import { uniform_ } from './init/index.js'
import { type InputGradients, Module, type OutputGradients } from './module.js'
import { Parameter } from './parameter.js'
import {
  addGradInput,
  type Batch,
  differentiateDirection,
  type Direction,
  from,
  GATES,
  type Outputs,
  partOf,
  runDirection,
  type State,
} from './recurrent-pass.js'

export interface RecurrentOptions {
  /** Layers, each of which takes the outputs of the one before. Default 1. */
  numLayers?: number
  /** Whether biases are added. Default true. */
  bias?: boolean
  /** Whether inputs and outputs are (N, T, …) instead of (T, N, …); states never are. Default false. */
  batchFirst?: boolean
  /** Probability of a zero in the outputs of every layer but the last, in training. Default 0. */
  dropout?: number
  /** Whether each layer also runs from the last step to the first. Default false. */
  bidirectional?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
  /** Draws the initial parameters and the masks of dropout. Default: the default generator. */
  generator?: Generator
}

export const RECURRENT = {
  numLayers: whole(1, 1),
  bias: flag(true),
  batchFirst: flag(false),
  dropout: share(0),
  bidirectional: flag(false),
  dtype: floatDType(),
  generator: generatorOption,
} satisfies Options<RecurrentOptions>

/** What comes beside the input of `nn.RNN` and `nn.GRU`. */
export interface RecurrentState {
  /** The state before the first step, (numLayers · directions, N, Hout). Default: zeros. */
  readonly h0?: Tensor | undefined
  /** How many steps each sequence has, int32 (N), each from 1 to T. Default: T. */
  readonly lengths?: Tensor | undefined
}

/** What `nn.RNN` and `nn.GRU` give. */
export interface RecurrentOutput {
  readonly [name: string]: Tensor
  /** States of the last layer after every step, both directions side by side. */
  readonly output: Tensor
  /** The last state of every layer and direction, (numLayers · directions, N, Hout). */
  readonly hN: Tensor
}

interface Input extends RecurrentState {
  readonly c0?: Tensor | undefined
}

/** Sizes of one call. */
interface Run extends Batch {
  readonly batched: boolean
  readonly dtype: FloatDType
}

const NONE: State = { h: null, c: null }

/** Base of `nn.RNN`, `nn.LSTM` and `nn.GRU`. */
export abstract class Recurrent<
  S extends RecurrentState = RecurrentState,
  O extends RecurrentOutput = RecurrentOutput,
> extends Module<[x: Tensor, state?: S], O> {
  [name: `weight_${string}` | `bias_${string}`]: Parameter
  declare weight_ih_l0: Parameter
  declare weight_hh_l0: Parameter

  readonly numLayers: number
  readonly bias: boolean
  readonly batchFirst: boolean
  readonly dropout: number
  readonly bidirectional: boolean
  /** Draws the masks of dropout; undefined for the default generator. */
  readonly generator: Generator | undefined
  readonly #kind: RecurrentKind
  /** Of the state. */
  readonly #size: number
  #directions: readonly Direction[] = []

  /** @throws ValueError when a size is not a whole number ≥ 1. */
  protected constructor(
    kind: RecurrentKind,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: Values<typeof RECURRENT>,
    projSize = 0,
  ) {
    super()
    for (const [name, size] of Object.entries({ inputSize, hiddenSize })) {
      if (Number.isInteger(size) && size >= 1) continue
      throw new ValueError(
        complaint(this.constructor.name, name, 'a whole number of at least 1', size),
      )
    }
    if (projSize >= hiddenSize) {
      const expected = `below hiddenSize, ${hiddenSize}`
      throw new ValueError(complaint(this.constructor.name, 'projSize', expected, projSize))
    }
    this.#kind = kind
    this.#size = projSize > 0 ? projSize : hiddenSize
    this.numLayers = options.numLayers
    this.bias = options.bias
    this.batchFirst = options.batchFirst
    this.dropout = options.dropout
    this.bidirectional = options.bidirectional
    this.generator = options.generator
    for (const [name, shape] of this.#shapes()) {
      Reflect.set(this, name, new Parameter(empty(shape, options.dtype)))
    }
    this.resetParameters(options.generator)
  }

  /** Draws the parameters anew, all uniform in ±1 / sqrt(hiddenSize). */
  resetParameters(generator?: Generator): void {
    const bound = 1 / Math.sqrt(this.hiddenSize)
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound, { generator })
  }

  /** Directions: 2 where it is bidirectional. */
  get #ways(): number {
    return this.bidirectional ? 2 : 1
  }

  /** The parameters by name, in PyTorch's order. */
  #shapes(): [string, Shape][] {
    const { hiddenSize, numLayers, bias } = this
    const columns = GATES[this.#kind] * hiddenSize
    const shapes: [string, Shape][] = []
    for (let layer = 0; layer < numLayers; layer++) {
      const features = layer === 0 ? this.inputSize : this.#ways * this.#size
      for (let way = 0; way < this.#ways; way++) {
        const end = suffix(layer, way)
        shapes.push(
          [`weight_ih${end}`, [columns, features]],
          [`weight_hh${end}`, [columns, this.#size]],
        )
        if (bias) shapes.push([`bias_ih${end}`, [columns]], [`bias_hh${end}`, [columns]])
        if (this.#size !== hiddenSize) shapes.push([`weight_hr${end}`, [this.#size, hiddenSize]])
      }
    }
    return shapes
  }

  /** Users may put other parameters in, to share them say. */
  #takeParameters(): readonly Direction[] {
    const taken = this.#directions
    const named = (name: string): Parameter | null =>
      (Reflect.get(this, name) as Parameter | undefined) ?? null
    const isTaken = taken.every((one, i) => {
      const end = suffix(Math.floor(i / this.#ways), i % this.#ways)
      return one.weightIh === named(`weight_ih${end}`) && one.weightHh === named(`weight_hh${end}`) && one.biasIh === named(`bias_ih${end}`) && one.biasHh === named(`bias_hh${end}`) && one.project === named(`weight_hr${end}`) // prettier-ignore
    })
    if (taken.length > 0 && isTaken) return taken
    checkParameters(
      this as unknown as Module,
      Object.fromEntries(this.#shapes().map(([name, shape]) => [name, [named(name), shape]])),
    )
    this.#directions = Array.from({ length: this.numLayers * this.#ways }, (_, i): Direction => {
      const way = i % this.#ways
      const end = suffix(Math.floor(i / this.#ways), way)
      return {
        key: String(i),
        kind: this.#kind,
        hidden: this.hiddenSize,
        size: this.#size,
        reverse: way === 1,
        weightIh: named(`weight_ih${end}`)!,
        weightHh: named(`weight_hh${end}`)!,
        biasIh: named(`bias_ih${end}`),
        biasHh: named(`bias_hh${end}`),
        project: named(`weight_hr${end}`),
      }
    })
    return this.#directions
  }

  /** @throws ShapeError, DTypeError, ValueError unless input and states go together. */
  #checkInput(x: Tensor, given: Input): Run {
    const { inputSize, batchFirst } = this
    const { dtype } = this.#directions[0]!.weightHh
    const who = this.describe()
    const batched = x.ndim === 3
    const shape = batched ? (batchFirst ? 'shape (N, T, ' : 'shape (T, N, ') : 'shape (T, '
    if ((x.ndim !== 2 && !batched) || x.shape.at(-1) !== inputSize) {
      const all = `shape ${batchFirst ? '(N, T' : '(T, N'}, ${inputSize}) or (T, ${inputSize})`
      throw new ShapeError(complaint(who, 'input', all, `shape ${formatShape(x.shape)}`))
    }
    if (x.dtype !== dtype) {
      const hint = `use input.to('${dtype}')`
      throw new DTypeError(complaint(who, 'input', `${dtype} as the weights are`, x.dtype, hint))
    }
    const [first, second] = x.shape as [number, number]
    const steps = batched && batchFirst ? second : first
    const rows = batched ? (batchFirst ? first : second) : 1
    if (steps === 0) {
      const expected = `${shape}${inputSize}) with at least one step`
      throw new ShapeError(complaint(who, 'input', expected, `shape ${formatShape(x.shape)}`))
    }
    const states = this.#stateShape(batched, rows, this.#size)
    this.#checkState('h0', given.h0, states, dtype)
    if (this.#kind === RecurrentKind.lstm) {
      this.#checkState('c0', given.c0, this.#stateShape(batched, rows, this.hiddenSize), dtype)
    }
    const { lengths } = given
    this.#checkState('lengths', lengths, batched ? [rows] : [], 'int32')
    return { steps, rows, lengths: lengths ?? null, batched, dtype: dtype }
  }

  #stateShape(batched: boolean, rows: number, size: number): Shape {
    const all = this.numLayers * this.#ways
    return Object.freeze(batched ? [all, rows, size] : [all, size])
  }

  #checkState(name: string, state: unknown, shape: Shape, dtype: string): void {
    if (state === undefined) return
    const who = this.describe()
    if (!(state instanceof Tensor)) throw noTensor(who, name, state)
    if (!sameShape(state.shape, shape)) {
      const [expected, got] = [formatShape(shape), formatShape(state.shape)]
      throw new ShapeError(complaint(who, name, `shape ${expected}`, `shape ${got}`))
    }
    if (state.dtype !== dtype) throw new DTypeError(complaint(who, name, dtype, state.dtype))
  }

  protected override computeOutput(x: Tensor, state?: S): O {
    const given: Input = state ?? {}
    const isLstm = this.#kind === RecurrentKind.lstm
    checkNames(this.describe(), isLstm ? WITH_CELL : WITHOUT_CELL, given)
    const directions = this.#takeParameters()
    const run = this.#checkInput(x, given)
    const { steps, rows, dtype, batched } = run
    const { pass, hiddenSize } = this
    const size = this.#size
    const width = this.#ways * size
    const hN = allocate(this.#stateShape(batched, rows, size), dtype)
    const cN = isLstm ? allocate(this.#stateShape(batched, rows, hiddenSize), dtype) : null
    const lead = x.shape.slice(0, -1)
    const output = allocate(Object.freeze([...lead, width]), dtype)
    let input = this.#orderedInput(x, run)
    callFor(
      () => this.describe(),
      () => {
        for (let layer = 0; layer < this.numLayers; layer++) {
          const isLast = layer === this.numLayers - 1
          const at = isLast
            ? output
            : pass.keepVector(`output${layer}`, steps * rows * width, dtype)
          const outputs = this.#places(at, run, isLast)
          for (let way = 0; way < this.#ways; way++) {
            const i = layer * this.#ways + way
            const first = statesAt(i, given.h0, given.c0, rows, size, hiddenSize)
            const last = statesAt(i, hN, cN ?? undefined, rows, size, hiddenSize)
            const own = { ...outputs, at: from(at, way * size) }
            runDirection(directions[i]!, run, input, first, own, last, pass)
          }
          if (!isLast) input = this.#dropped(layer, at, run)
        }
      },
    )
    return (cN === null ? { output, hN } : { output, hN, cN }) as unknown as O
  }

  /** The input as (steps, rows, …), with zeros behind the end of a row. */
  #orderedInput(x: Tensor, { steps, rows, lengths, batched, dtype }: Run): Tensor {
    const turned = this.batchFirst && batched && rows !== 1 && steps !== 1
    if (!turned && lengths === null) return x
    const cols = this.inputSize
    const out = this.pass.keepVector('input', x.length, dtype)
    callFor(
      () => this.describe(),
      () => {
        kernels().copySteps({
          x,
          lengths,
          out,
          steps,
          rows,
          cols,
          ...this.#strides(steps, rows, turned),
        })
      },
    )
    return out
  }

  #strides(steps: number, rows: number, turned: boolean) {
    const cols = this.inputSize
    const [xStep, xRow] = turned ? [cols, steps * cols] : [rows * cols, cols]
    return { xStep, xRow, outStep: rows * cols, outRow: cols }
  }

  /** Where outputs lie: as the user has them in the last layer, (steps, rows, …) in those before. */
  #places(at: Tensor, { steps, rows, batched }: Run, isLast: boolean): Outputs {
    const width = this.#ways * this.#size
    const turned = isLast && this.batchFirst && batched
    return { at, step: turned ? width : rows * width, row: turned ? steps * width : width }
  }

  #dropped(layer: number, x: Tensor, { steps, rows, batched }: Run): Tensor {
    const { dropout: p, pass } = this
    if (!this.training || p === 0 || x.length === 0) return x
    const mask = pass.keepVector(`mask${layer}`, x.length, 'uint8')
    const out = pass.keepVector(`dropped${layer}`, x.length, x.dtype)
    const { state } = this.generator ?? defaultGenerator
    const { runs, before, after } = placeOf(batched ? x.length : 0, [steps, rows], 1)
    const place = { n: x.length, inner: 1, runs, before, after }
    kernels().dropout({ ...place, state, x, mask, out, p, scale: scaleOf(p) })
    return out
  }

  protected override computeGradients(
    x: Tensor,
    gradients: OutputGradients<O>,
    wantsInput: boolean,
    several: readonly unknown[] | null = null,
  ): InputGradients<[x: Tensor, state?: S]> | null {
    const state = several?.[1] as Input | undefined
    const given = state ?? {}
    const directions = this.#takeParameters()
    const run = this.#checkInput(x, given)
    const { steps, rows, dtype, batched } = run
    const { pass, hiddenSize } = this
    const size = this.#size
    const width = this.#ways * size
    const byOutput = gradients as unknown as Readonly<Record<'output' | 'hN' | 'cN', Tensor | null>>
    const isLstm = this.#kind === RecurrentKind.lstm
    const hShape = this.#stateShape(batched, rows, size)
    const cShape = this.#stateShape(batched, rows, hiddenSize)
    // The core needs memory for them in any case.
    const gradH =
      given.h0 === undefined ? pass.keep('gradH', hShape, dtype) : allocate(hShape, dtype)
    const gradC = !isLstm ? null : given.c0 === undefined ? pass.keep('gradC', cShape, dtype) : allocate(cShape, dtype) // prettier-ignore
    const inputOf = (layer: number): Tensor =>
      layer === 0
        ? (pass.kept('input') ?? x)
        : (pass.kept(`dropped${layer - 1}`) ?? pass.kept(`output${layer - 1}`)!)
    let gradOutput = byOutput.output
    let gradX: Tensor | null = null
    for (let layer = this.numLayers - 1; layer >= 0; layer--) {
      const isLast = layer === this.numLayers - 1
      const input = inputOf(layer)
      if (layer > 0) gradX = pass.keepVector(`gradInput${layer}`, input.length, dtype)
      else if (!wantsInput) gradX = null
      else
        gradX =
          input === x ? allocate(x.shape, dtype) : pass.keepVector('gradInput0', x.length, dtype)
      for (let way = 0; way < this.#ways; way++) {
        const i = layer * this.#ways + way
        const outputs =
          gradOutput === null
            ? null
            : { ...this.#places(gradOutput, run, isLast), at: from(gradOutput, way * size) }
        const last = statesAt(i, byOutput.hN ?? undefined, byOutput.cN ?? undefined, rows, size, hiddenSize) // prettier-ignore
        const first = statesAt(i, gradH, gradC ?? undefined, rows, size, hiddenSize)
        const direction = directions[i]!
        const gradGates = differentiateDirection(direction, run, input, outputs, last, first, pass)
        if (gradX !== null) addGradInput(direction, run, gradGates, gradX, way === 0 ? 0 : 1)
      }
      gradOutput = layer > 0 ? this.#undropped(layer - 1, gradX!, steps * rows * width) : gradX
    }
    if (!wantsInput) return null
    const byInput = inputOf(0) === x ? gradX! : this.#userOrder(x, gradX!, run)
    if (several === null) return byInput as never
    return [byInput, { h0: given.h0 && gradH, c0: given.c0 && gradC }] as never
  }

  #userOrder(x: Tensor, gradX: Tensor, { steps, rows, batched, dtype }: Run): Tensor {
    const out = allocate(x.shape, dtype)
    const turned = this.batchFirst && batched
    const { xStep, xRow, outStep, outRow } = this.#strides(steps, rows, turned)
    const places = { xStep: outStep, xRow: outRow, outStep: xStep, outRow: xRow }
    kernels().copySteps({
      x: gradX,
      lengths: null,
      out,
      steps,
      rows,
      cols: this.inputSize,
      ...places,
    })
    return out
  }

  #undropped(layer: number, gradOut: Tensor, n: number): Tensor {
    const mask = this.pass.kept(`mask${layer}`)
    if (mask === null) return gradOut
    const gradX = this.pass.keepVector(`undropped${layer}`, n, gradOut.dtype)
    kernels().dropoutGradient({ mask, gradOut, gradX, n, inner: 1, scale: scaleOf(this.dropout) })
    return gradX
  }

  override multiplyAdds(input: Tensor): number {
    const perStep = this.#shapes().reduce(
      (sum, [, shape]) => sum + (shape.length === 2 ? shape[0]! * shape[1]! : 0),
      0,
    )
    return (input.length / this.inputSize) * perStep
  }

  override extraRepr(): string {
    const { inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional } = this
    const parts = [`${inputSize}, ${hiddenSize}`]
    if (this.#size !== hiddenSize) parts.push(`projSize=${this.#size}`)
    if (numLayers !== 1) parts.push(`numLayers=${numLayers}`)
    if (!bias) parts.push('bias=false')
    if (batchFirst) parts.push('batchFirst=true')
    if (dropout !== 0) parts.push(`dropout=${dropout}`)
    if (bidirectional) parts.push('bidirectional=true')
    return parts.join(', ')
  }
}

const WITHOUT_CELL = { h0: 0, lengths: 0 }
const WITH_CELL = { h0: 0, c0: 0, lengths: 0 }

const suffix = (layer: number, way: number): string => `_l${layer}${way === 1 ? '_reverse' : ''}`

const scaleOf = (p: number): number => (p === 1 ? 0 : 1 / (1 - p))

/** Those of a layer and direction. */
function statesAt(
  i: number,
  h: Tensor | undefined,
  c: Tensor | undefined,
  rows: number,
  size: number,
  hidden: number,
): State {
  if (h === undefined && c === undefined) return NONE
  return {
    h: h === undefined ? null : partOf(h, i, [rows, size]),
    c: c === undefined ? null : partOf(c, i, [rows, hidden]),
  }
}
