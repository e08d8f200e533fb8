// The passes of a recurrent layer in one direction, as all classes of them share.
import { kernels } from '../kernels/backend.js'
import { type FloatDType, itemSize } from '../kernels/dtype.js'
import { RecurrentKind, ReduceKind } from '../kernels/kernels.js'
import type { Pass } from '../tensor/pass.js'
import { type Shape, sizeOf, Tensor } from '../tensor/tensor.js'
import type { Parameter } from './parameter.js'

/** How many gates each kind has. */
export const GATES = {
  [RecurrentKind.tanh]: 1,
  [RecurrentKind.relu]: 1,
  [RecurrentKind.lstm]: 4,
  [RecurrentKind.gru]: 3,
} as const

/** One layer in one direction. */
export interface Direction {
  /** Told apart by it are those of one pass. */
  readonly key: string
  readonly kind: RecurrentKind
  readonly hidden: number
  /** Of the state: `hidden` without a projection. */
  readonly size: number
  readonly reverse: boolean
  readonly weightIh: Parameter
  readonly weightHh: Parameter
  readonly biasIh: Parameter | null
  readonly biasHh: Parameter | null
  readonly project: Parameter | null
}

/** A batch of sequences. */
export interface Batch {
  readonly steps: number
  readonly rows: number
  readonly lengths: Tensor | null
}

/** A tensor for outputs, of step t and row n from t * step + n * row on. */
export interface Outputs {
  readonly at: Tensor
  readonly step: number
  readonly row: number
}

/** States before a pass or after it, or the gradients by them. */
export interface State {
  readonly h: Tensor | null
  readonly c: Tensor | null
}

/** A part of a tensor's memory, `index` times as far as the part is long. */
export function partOf(tensor: Tensor, index: number, shape: Shape): Tensor {
  const length = sizeOf(shape)
  const place = tensor.byteOffset + index * length * itemSize[tensor.dtype]
  return new Tensor(tensor.buffer, place, shape, tensor.dtype, length)
}

/** The same memory from some number on. */
export function from(tensor: Tensor, place: number): Tensor {
  if (place === 0) return tensor
  const length = Math.max(0, tensor.length - place)
  const byteOffset =
    length === 0 ? tensor.byteOffset : tensor.byteOffset + place * itemSize[tensor.dtype]
  return new Tensor(tensor.buffer, byteOffset, [length], tensor.dtype, length)
}

const dtypeOf = ({ weightHh }: Direction): FloatDType => weightHh.dtype

/** How many numbers per row and step the core keeps in `inner`, and for how many steps. */
function innerSize({ kind, hidden }: Direction, { steps, rows }: Batch): number {
  if (kind === RecurrentKind.lstm) return (steps + 1) * rows * hidden
  return kind === RecurrentKind.gru ? steps * rows * hidden : 0
}

/** Computes outputs and the last state from an input (steps, rows, …). */
export function runDirection(
  direction: Direction,
  batch: Batch,
  x: Tensor,
  first: State,
  outputs: Outputs,
  last: State,
  pass: Pass,
): void {
  const { key, kind, hidden, size, reverse, weightIh, weightHh, project } = direction
  const { steps, rows, lengths } = batch
  const [columns, features] = weightIh.shape as [number, number]
  const dtype = dtypeOf(direction)
  const keep = (name: string, length: number): Tensor | null =>
    length === 0 ? null : pass.keepVector(`${name}${key}`, length, dtype)
  const gates = pass.keepVector(`gates${key}`, steps * rows * columns, dtype)
  const states = pass.keepVector(`states${key}`, (steps + 1) * rows * size, dtype)
  const inner = keep('inner', innerSize(direction, batch))
  const raw = project === null ? null : keep('raw', steps * rows * hidden)
  kernels().matmul({
    a: x,
    b: weightIh,
    out: gates,
    m: steps * rows,
    n: columns,
    k: features,
    transposeB: true,
    bias: direction.biasIh,
  })
  // Without rows nothing is kept, but the core wants to see what it needs.
  kernels().recurrent({
    kind,
    gates,
    weight: weightHh,
    bias: direction.biasHh,
    project,
    firstH: first.h,
    firstC: first.c,
    lengths,
    states,
    inner: inner ?? (kind >= RecurrentKind.lstm ? gates : null),
    raw: raw ?? (project === null ? null : gates),
    output: outputs.at,
    lastH: last.h!,
    lastC: last.c,
    steps,
    rows,
    hidden,
    size,
    outputStep: outputs.step,
    outputRow: outputs.row,
    reverse,
  })
}

/**
 * Adds to the gradients of the parameters, and writes those by the first state.
 *
 * @returns the gradient by the gates, (steps, rows, columns).
 */
export function differentiateDirection(
  direction: Direction,
  batch: Batch,
  x: Tensor,
  gradOutputs: Outputs | null,
  gradLast: State,
  gradFirst: State,
  pass: Pass,
): Tensor {
  const { key, kind, hidden, size, reverse, weightIh, weightHh, project } = direction
  const { steps, rows, lengths } = batch
  const columns = weightIh.shape[0]!
  const dtype = dtypeOf(direction)
  const kept = (name: string): Tensor | null => pass.kept(`${name}${key}`)
  const gates = kept('gates')!
  const states = kept('states')!
  const inner = kept('inner')
  const gradGates = pass.keepVector(`gradGates${key}`, gates.length, dtype)
  const gradHidden =
    kind === RecurrentKind.gru ? pass.keepVector(`gradHidden${key}`, gates.length, dtype) : null
  const gradStates =
    project === null ? null : pass.keepVector(`gradStates${key}`, steps * rows * size, dtype)
  kernels().recurrentGradient({
    kind,
    gates,
    weight: weightHh,
    project,
    lengths,
    states,
    inner: inner ?? (kind >= RecurrentKind.lstm ? gates : null),
    gradOutput: gradOutputs?.at ?? null,
    gradLastH: gradLast.h,
    gradLastC: gradLast.c,
    gradGates,
    gradHidden,
    gradStates,
    gradFirstH: gradFirst.h!,
    gradFirstC: gradFirst.c,
    steps,
    rows,
    hidden,
    size,
    outputStep: gradOutputs?.step ?? rows * size,
    outputRow: gradOutputs?.row ?? size,
    reverse,
  })
  const before = from(states, reverse ? rows * size : 0)
  const recurrentPart = gradHidden ?? gradGates
  const n = steps * rows
  addProduct(weightIh, gradGates, x, n)
  addProduct(weightHh, recurrentPart, before, n)
  if (project !== null) addProduct(project, gradStates!, kept('raw') ?? gates, n)
  addBiases(direction, gradGates, recurrentPart, n, columns)
  return gradGates
}

/** gradient += left^T right, of (n, …) both. */
function addProduct(weight: Parameter, left: Tensor, right: Tensor, n: number): void {
  if (!weight.requiresGrad) return
  const [rows, cols] = weight.shape as [number, number]
  kernels().matmul({
    a: left,
    b: right,
    out: weight.gradTarget(),
    m: rows,
    n: cols,
    k: n,
    transposeA: true,
    beta: weight.gradBeta,
  })
  weight.keepGrad()
}

function addBiases(
  { biasIh, biasHh }: Direction,
  gradGates: Tensor,
  recurrentPart: Tensor,
  n: number,
  columns: number,
): void {
  const sum = (bias: Parameter, x: Tensor): void => {
    const out = bias.gradTarget()
    const beta = bias.gradBeta
    kernels().reduce({ kind: ReduceKind.sum, x, out, outer: 1, n, inner: columns, beta })
    bias.keepGrad()
  }
  const isFirst = biasIh?.requiresGrad === true && biasIh.gradBeta === 0
  if (biasIh?.requiresGrad === true) sum(biasIh, gradGates)
  if (biasHh?.requiresGrad !== true) return
  if (isFirst && biasHh.gradBeta === 0 && gradGates === recurrentPart && biasHh !== biasIh) {
    kernels().copy({ x: biasIh.gradTarget(), y: biasHh.gradTarget(), n: columns })
    biasHh.keepGrad()
  } else sum(biasHh, recurrentPart)
}

/** Adds the gradient by the input to what is there, or begins with it. */
export function addGradInput(
  { weightIh }: Direction,
  { steps, rows }: Batch,
  gradGates: Tensor,
  gradX: Tensor,
  beta: 0 | 1,
): void {
  const [k, n] = weightIh.shape as [number, number]
  kernels().matmul({ a: gradGates, b: weightIh, out: gradX, m: steps * rows, n, k, beta })
}
