import type { RecurrentKind } from './kinds.js'
import {
  type ArgsOf,
  code,
  type Field,
  flag,
  number,
  operation,
  overwritten,
  overwrittenOrNull,
  read,
  readOrNull,
  updated,
} from './operation.js'
import type { View } from './view.js'

/** How `size` numbers of a state lie in an output: of step t and row n from t * step + n * row on. */
interface OutputPlaces {
  readonly steps: number
  readonly rows: number
  readonly size: number
  readonly outputStep: number
  readonly outputRow: number
}

/** Written in full where its parts leave no gaps: one direction of two writes half of it. */
const output: Field<View> = {
  kind: 'operand',
  effect: (args) => (isWhole(args as unknown as OutputPlaces) ? 'overwrites' : 'updates'),
}

function isWhole({ steps, rows, size, outputStep, outputRow }: OutputPlaces): boolean {
  return (
    (outputRow === size && outputStep === rows * size) ||
    (outputStep === size && outputRow === steps * size)
  )
}

/**
 * A recurrent layer in one direction, over all steps. Of each row, with the product of the inputs and
 * their bias in gates, a = gates + weight h + bias and
 *   tanh, relu: h' = f(a), kept in gates
 *   lstm: i, f, g, o = sigmoid, sigmoid, tanh, sigmoid of a, kept in gates;
 *     c' = f c + i g; h' = o tanh(c'), or project (o tanh(c'))
 *   gru: r, z = sigmoid(a); m = weight_n h + bias_n; n = tanh(gates_n + r m), kept in gates and m in inner;
 *     h' = (1 - z) n + z h
 * The state is firstH (null: 0) before the first step, that of the last step with `reverse`. A row ends
 * behind its length (null: steps): the state stays, output and gates are 0 there.
 *
 * Shapes, with G = 1, 4 or 3 gates: gates (steps, rows, G hidden), weight (G hidden, size), bias (G hidden),
 * project (size, hidden), firstH and lastH (rows, size), firstC and lastC (rows, hidden), lengths int32
 * (rows); size = hidden without project. Kept for the gradient: states (steps + 1, rows, size), those
 * before step t and after it at t and t + 1, with `reverse` at t + 1 and t; inner likewise c, or
 * (steps, rows, hidden); raw (steps, rows, hidden), what project is multiplied by.
 *
 * A length outside [1, steps] raises `ERR_VALUE` before anything is written.
 */
export const recurrent = operation('gates', {
  kind: code<RecurrentKind>(),
  gates: updated,
  weight: read,
  bias: readOrNull,
  project: readOrNull,
  firstH: readOrNull,
  firstC: readOrNull,
  lengths: readOrNull,
  states: overwritten,
  inner: overwrittenOrNull,
  raw: overwrittenOrNull,
  output,
  lastH: overwritten,
  lastC: overwrittenOrNull,
  steps: number,
  rows: number,
  hidden: number,
  size: number,
  outputStep: number,
  outputRow: number,
  reverse: flag,
})
export type RecurrentArgs = ArgsOf<typeof recurrent>

/**
 * Gradients of `recurrent` from those by output, lastH and lastC, any of which may be null (0):
 *   gradGates by gates, also that by weight h + bias but for GRU, whose is gradHidden
 *   gradStates by each state, with project: that by project is the sum of gradStates^T raw
 *   gradFirstH, gradFirstC
 * All are 0 behind the end of a row. The gradient by weight is that by weight h times the states before
 * the steps, summed over steps and rows.
 */
export const recurrentGradient = operation('gates', {
  kind: code<RecurrentKind>(),
  gates: read,
  weight: read,
  project: readOrNull,
  lengths: readOrNull,
  states: read,
  inner: readOrNull,
  gradOutput: readOrNull,
  gradLastH: readOrNull,
  gradLastC: readOrNull,
  gradGates: overwritten,
  gradHidden: overwrittenOrNull,
  gradStates: overwrittenOrNull,
  gradFirstH: overwritten,
  gradFirstC: overwrittenOrNull,
  steps: number,
  rows: number,
  hidden: number,
  size: number,
  outputStep: number,
  outputRow: number,
  reverse: flag,
})
export type RecurrentGradientArgs = ArgsOf<typeof recurrentGradient>

/**
 * Copies sequences into another order, with 0 behind the length of each (null: steps): cols numbers of
 * step t and row n from t * xStep + n * xRow on to t * outStep + n * outRow. They fill out.
 *
 * A length outside [1, steps] raises `ERR_VALUE` before anything is written.
 */
export const copySteps = operation('x', {
  x: read,
  lengths: readOrNull,
  out: overwritten,
  steps: number,
  rows: number,
  cols: number,
  xStep: number,
  xRow: number,
  outStep: number,
  outRow: number,
})
export type CopyStepsArgs = ArgsOf<typeof copySteps>

export const recurrentOperations = { recurrent, recurrentGradient, copySteps }
