import { ShapeError, ValueError } from '../../errors.js'
import { doubles } from '../allocate.js'
import { RecurrentKind } from '../kernels.js'
import type { CopyStepsArgs, RecurrentArgs, RecurrentGradientArgs } from '../recurrent.js'
import type { View } from '../view.js'
import { type Floats, floats, ints, optionalFloats } from './operand.js'

const GATES = { 0: 1, 1: 1, 2: 4, 3: 3 } as const

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** out[i] = sum_j matrix[i, j] x[at + j], of a matrix (rows, cols). */
function times(matrix: Floats, x: Floats, at: number, rows: number, cols: number): Float64Array {
  const out = doubles(rows)
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let j = 0; j < cols; j++) sum += matrix[i * cols + j]! * x[at + j]!
    out[i] = sum
  }
  return out
}

/** out[j] = sum_i x[at + i] matrix[i, j], of a matrix (rows, cols). */
function transposedTimes(
  matrix: Floats,
  x: Floats,
  at: number,
  rows: number,
  cols: number,
): Float64Array {
  const out = doubles(cols)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) out[j]! += x[at + i]! * matrix[i * cols + j]!
  }
  return out
}

/** Lengths of sequences, each checked to lie in [1, steps]. */
function checkedLengths(
  view: View | null,
  rows: number,
  steps: number,
  op: string,
): Int32Array | null {
  if (view === null) return null
  const lengths = ints(view, rows, op, 'lengths').slice()
  lengths.forEach((length, row) => {
    if (length < 1 || length > steps) {
      throw new ValueError(`${op}: length ${length} of row ${row} is outside [1, ${steps}]`)
    }
  })
  return lengths
}

interface Places {
  readonly steps: number
  readonly rows: number
  readonly size: number
  readonly outputStep: number
  readonly outputRow: number
}

/**
 * Elements from the first of an output to its last.
 *
 * @throws ShapeError where the parts of a result overlap: no dimension steps over all of the other.
 */
function resultExtent(op: string, places: Places): number {
  const { steps, rows, size, outputStep, outputRow } = places
  const over = (count: number, step: number, reach: number): boolean => count === 1 || step >= reach
  const bySteps =
    over(rows, outputRow, size) && over(steps, outputStep, (rows - 1) * outputRow + size)
  const byRows =
    over(steps, outputStep, size) && over(rows, outputRow, (steps - 1) * outputStep + size)
  if (steps * rows * size > 0 && !bySteps && !byRows) {
    const got = `steps of ${outputStep} and ${outputRow}`
    throw new ShapeError(`${op}: results of ${size} numbers overlap with ${got}`)
  }
  return outputExtent(places)
}

function outputExtent({ steps, rows, size, outputStep, outputRow }: Places): number {
  if (steps * rows * size === 0) return 0
  return (steps - 1) * outputStep + (rows - 1) * outputRow + size
}

function copyRow(from: Floats, at: number, to: Floats, toAt: number, n: number): void {
  for (let i = 0; i < n; i++) to[toAt + i] = from[at + i]!
}

export function recurrent(args: RecurrentArgs): void {
  const op = 'recurrent'
  const { kind, steps, rows, hidden, size, outputStep, outputRow, reverse } = args
  const isLstm = kind === RecurrentKind.lstm
  const isGru = kind === RecurrentKind.gru
  const columns = GATES[kind] * hidden
  const gates = floats(args.gates, steps * rows * columns, op, 'gates')
  const weight = floats(args.weight, columns * size, op, 'weight')
  const bias = optionalFloats(args.bias, columns, op, 'bias')
  const project = optionalFloats(args.project, size * hidden, op, 'project')
  const firstH = optionalFloats(args.firstH, rows * size, op, 'firstH')
  const firstC = optionalFloats(args.firstC, rows * hidden, op, 'firstC')
  const states = floats(args.states, (steps + 1) * rows * size, op, 'states')
  const innerSteps = isLstm ? steps + 1 : isGru ? steps : 0
  const inner = optionalFloats(args.inner, innerSteps * rows * hidden, op, 'inner')
  const raw = optionalFloats(args.raw, steps * rows * hidden, op, 'raw')
  const output = floats(args.output, resultExtent(op, args), op, 'output')
  const lastH = floats(args.lastH, rows * size, op, 'lastH')
  const lastC = optionalFloats(args.lastC, rows * hidden, op, 'lastC')
  const lengths = checkedLengths(args.lengths, rows, steps, op)
  if (rows * hidden * size === 0) return
  const start = reverse ? steps : 0
  for (let n = 0; n < rows; n++) {
    for (let i = 0; i < size; i++)
      states[(start * rows + n) * size + i] = firstH?.[n * size + i] ?? 0
    for (let j = 0; isLstm && j < hidden; j++)
      inner![(start * rows + n) * hidden + j] = firstC?.[n * hidden + j] ?? 0
    for (let step = 0; step < steps; step++) {
      const t = reverse ? steps - 1 - step : step
      const [from, to] = reverse ? [t + 1, t] : [t, t + 1]
      const [before, after] = [from * rows + n, to * rows + n]
      const out = t * outputStep + n * outputRow
      if (lengths !== null && t >= lengths[n]!) {
        copyRow(states, before * size, states, after * size, size)
        if (isLstm) copyRow(inner!, before * hidden, inner!, after * hidden, hidden)
        if (isGru) inner!.fill(0, (t * rows + n) * hidden, (t * rows + n + 1) * hidden)
        gates.fill(0, (t * rows + n) * columns, (t * rows + n + 1) * columns)
        raw?.fill(0, (t * rows + n) * hidden, (t * rows + n + 1) * hidden)
        output.fill(0, out, out + size)
        continue
      }
      const at = (t * rows + n) * columns
      const product = times(weight, states, before * size, columns, size)
      const a = (gate: number, j: number): number => {
        const i = gate * hidden + j
        return gates[at + i]! + product[i]! + (bias?.[i] ?? 0)
      }
      const values = doubles(hidden)
      for (let j = 0; j < hidden; j++) {
        if (isLstm) {
          const [i, f, o] = [sigmoid(a(0, j)), sigmoid(a(1, j)), sigmoid(a(3, j))]
          const g = Math.tanh(a(2, j))
          const c = f * inner![before * hidden + j]! + i * g
          inner![after * hidden + j] = c
          values[j] = o * Math.tanh(c)
          for (const [gate, value] of [i, f, g, o].entries()) gates[at + gate * hidden + j] = value
        } else if (isGru) {
          const [r, z] = [sigmoid(a(0, j)), sigmoid(a(1, j))]
          const own = 2 * hidden + j
          const m = product[own]! + (bias?.[own] ?? 0)
          const value = Math.tanh(gates[at + own]! + r * m)
          inner![(t * rows + n) * hidden + j] = m
          values[j] = (1 - z) * value + z * states[before * size + j]!
          for (const [gate, one] of [r, z, value].entries()) gates[at + gate * hidden + j] = one
        } else {
          const sum = a(0, j)
          values[j] = kind === RecurrentKind.tanh ? Math.tanh(sum) : sum <= 0 ? 0 : sum
          gates[at + j] = values[j]!
        }
      }
      if (project !== null) copyRow(values, 0, raw!, (t * rows + n) * hidden, hidden)
      const state = project === null ? values : times(project, values, 0, size, hidden)
      copyRow(state, 0, states, after * size, size)
      copyRow(states, after * size, output, out, size)
    }
    const stop = (reverse ? 0 : steps) * rows + n
    copyRow(states, stop * size, lastH, n * size, size)
    if (isLstm) copyRow(inner!, stop * hidden, lastC!, n * hidden, hidden)
  }
}

export function recurrentGradient(args: RecurrentGradientArgs): void {
  const op = 'recurrentGradient'
  const { kind, steps, rows, hidden, size, outputStep, outputRow, reverse } = args
  const isLstm = kind === RecurrentKind.lstm
  const isGru = kind === RecurrentKind.gru
  const columns = GATES[kind] * hidden
  const gates = floats(args.gates, steps * rows * columns, op, 'gates')
  const weight = floats(args.weight, columns * size, op, 'weight')
  const project = optionalFloats(args.project, size * hidden, op, 'project')
  const states = floats(args.states, (steps + 1) * rows * size, op, 'states')
  const innerSteps = isLstm ? steps + 1 : isGru ? steps : 0
  const inner = optionalFloats(args.inner, innerSteps * rows * hidden, op, 'inner')
  const gradOutput = optionalFloats(args.gradOutput, resultExtent(op, args), op, 'gradOutput')
  const gradLastH = optionalFloats(args.gradLastH, rows * size, op, 'gradLastH')
  const gradLastC = optionalFloats(args.gradLastC, rows * hidden, op, 'gradLastC')
  const gradGates = floats(args.gradGates, steps * rows * columns, op, 'gradGates')
  const gradHidden = optionalFloats(args.gradHidden, steps * rows * columns, op, 'gradHidden')
  const gradStates = optionalFloats(args.gradStates, steps * rows * size, op, 'gradStates')
  const gradFirstH = floats(args.gradFirstH, rows * size, op, 'gradFirstH')
  const gradFirstC = optionalFloats(args.gradFirstC, rows * hidden, op, 'gradFirstC')
  const lengths = checkedLengths(args.lengths, rows, steps, op)
  if (rows * hidden * size === 0) return
  for (let n = 0; n < rows; n++) {
    const dState = doubles(size)
    const dCell = doubles(hidden)
    for (let i = 0; i < size; i++) dState[i] = gradLastH?.[n * size + i] ?? 0
    for (let j = 0; j < hidden; j++) dCell[j] = gradLastC?.[n * hidden + j] ?? 0
    for (let step = 0; step < steps; step++) {
      const t = reverse ? step : steps - 1 - step
      const [from, to] = reverse ? [t + 1, t] : [t, t + 1]
      const [before, after] = [from * rows + n, to * rows + n]
      const at = (t * rows + n) * columns
      if (lengths !== null && t >= lengths[n]!) {
        gradGates.fill(0, at, at + columns)
        gradHidden?.fill(0, at, at + columns)
        gradStates?.fill(0, (t * rows + n) * size, (t * rows + n + 1) * size)
        continue
      }
      const out = t * outputStep + n * outputRow
      for (let i = 0; i < size; i++) dState[i]! += gradOutput?.[out + i] ?? 0
      if (project !== null) copyRow(dState, 0, gradStates!, (t * rows + n) * size, size)
      const dh =
        project === null ? dState.slice() : transposedTimes(project, dState, 0, size, hidden)
      dState.fill(0)
      const recurrentPart = doubles(columns)
      for (let j = 0; j < hidden; j++) {
        const gate = (index: number): number => gates[at + index * hidden + j]!
        let own: number[]
        let fed: number[] | null = null
        if (isLstm) {
          const [i, f, g, o] = [gate(0), gate(1), gate(2), gate(3)]
          const squashed = Math.tanh(inner![after * hidden + j]!)
          const dc = dCell[j]! + dh[j]! * o * (1 - squashed * squashed)
          const c = inner![before * hidden + j]!
          own = [
            dc * g * i * (1 - i),
            dc * c * f * (1 - f),
            dc * i * (1 - g * g),
            dh[j]! * squashed * o * (1 - o),
          ]
          dCell[j] = dc * f
        } else if (isGru) {
          const [r, z, value] = [gate(0), gate(1), gate(2)]
          const dn = dh[j]! * (1 - z) * (1 - value * value)
          const dr = dn * inner![(t * rows + n) * hidden + j]! * r * (1 - r)
          const dz = dh[j]! * (states[before * size + j]! - value) * z * (1 - z)
          own = [dr, dz, dn]
          fed = [dr, dz, dn * r]
          dState[j] = dh[j]! * z
        } else {
          const h = gate(0)
          own = [kind === RecurrentKind.tanh ? dh[j]! * (1 - h * h) : h <= 0 ? 0 : dh[j]!]
        }
        own.forEach((value, index) => {
          gradGates[at + index * hidden + j] = value
          recurrentPart[index * hidden + j] = fed?.[index] ?? value
        })
      }
      if (isGru) copyRow(recurrentPart, 0, gradHidden!, at, columns)
      const through = transposedTimes(weight, recurrentPart, 0, columns, size)
      for (let i = 0; i < size; i++) dState[i]! += through[i]!
    }
    copyRow(dState, 0, gradFirstH, n * size, size)
    if (isLstm) copyRow(dCell, 0, gradFirstC!, n * hidden, hidden)
  }
}

export function copySteps(args: CopyStepsArgs): void {
  const op = 'copySteps'
  const { steps, rows, cols, xStep, xRow, outStep, outRow } = args
  const from = { steps, rows, size: cols, outputStep: xStep, outputRow: xRow }
  const into = { ...from, outputStep: outStep, outputRow: outRow }
  const x = floats(args.x, outputExtent(from), op, 'x')
  const out = floats(args.out, resultExtent(op, into), op, 'out')
  const lengths = checkedLengths(args.lengths, rows, steps, op)
  if (rows * cols === 0) return
  for (let t = 0; t < steps; t++) {
    for (let n = 0; n < rows; n++) {
      const to = t * outStep + n * outRow
      if (lengths !== null && t >= lengths[n]!) out.fill(0, to, to + cols)
      else copyRow(x, t * xStep + n * xRow, out, to, cols)
    }
  }
}

export const recurrentKernels = { recurrent, recurrentGradient, copySteps }
