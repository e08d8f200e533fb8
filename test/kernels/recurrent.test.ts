import { expect } from 'chai'

import { RecurrentKind } from '../../ts/kernels/kernels.js'
import { reference } from '../../ts/kernels/reference/index.js'
import type { FloatDType, TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { bell, floatDTypes } from '../support/samples.js'
import { roundoff } from '../support/tolerance.js'

interface Case {
  readonly steps: number
  readonly rows: number
  readonly hidden: number
  /** Of a projection. */
  readonly size?: number
  readonly lengths?: readonly number[]
  readonly reverse?: boolean
  /** Whether rows come before steps in the output, which is half of one. */
  readonly half?: boolean
  /** Without bias, first states and gradients by last ones. */
  readonly bare?: boolean
}

/** Around vectors, tiles, tasks of 16 rows and the few rows that are not packed. */
const cases: readonly Case[] = [
  { steps: 0, rows: 2, hidden: 3 },
  { steps: 3, rows: 0, hidden: 3 },
  { steps: 1, rows: 1, hidden: 1 },
  { steps: 1, rows: 1, hidden: 64, bare: true },
  { steps: 2, rows: 3, hidden: 5, lengths: [2, 1, 2] },
  { steps: 4, rows: 11, hidden: 16, bare: true, reverse: true },
  { steps: 3, rows: 17, hidden: 13, half: true },
  { steps: 5, rows: 19, hidden: 7, half: true, reverse: true, lengths: [1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 1, 2, 3, 4, 5, 5, 5, 2, 1] }, // prettier-ignore
  { steps: 2, rows: 33, hidden: 40 },
]
const projected: readonly Case[] = [
  { steps: 1, rows: 2, hidden: 4, size: 2 },
  { steps: 3, rows: 18, hidden: 9, size: 5, half: true },
  { steps: 3, rows: 4, hidden: 6, size: 3, reverse: true, lengths: [3, 1, 2, 3] },
]

const GATES = { tanh: 1, relu: 1, lstm: 4, gru: 3 } as const
type Kind = keyof typeof GATES

function layout({ steps, rows, hidden, size = hidden, half = false }: Case) {
  const columns = half ? 2 * size : size
  const places = half
    ? { outputStep: columns, outputRow: steps * columns }
    : { outputStep: rows * size, outputRow: size }
  const { outputStep, outputRow } = places
  const extent =
    steps * rows * size === 0 ? 0 : (steps - 1) * outputStep + (rows - 1) * outputRow + size
  return { size, places, extent }
}

function title(kind: string, it: Case): string {
  return `${kind} ${JSON.stringify(it)}`
}

function operandsOf(dtype: FloatDType, kind: Kind, it: Case) {
  const { steps, rows, hidden } = it
  const { size, extent } = layout(it)
  const columns = GATES[kind] * hidden
  const inner = kind === 'lstm' ? steps + 1 : kind === 'gru' ? steps : 0
  return {
    gates: bell(dtype, steps * rows * columns, 1),
    // The layer is a contraction, so that what rounding does to a state does not grow.
    weight: bell(dtype, columns * size, 2, 0.25 / Math.sqrt(size)),
    bias: bell(dtype, columns, 3, 0.5),
    project: bell(dtype, it.size === undefined ? 0 : size * hidden, 4, 0.5 / Math.sqrt(hidden)),
    firstH: bell(dtype, rows * size, 5),
    firstC: bell(dtype, rows * hidden, 6),
    lengths: Int32Array.from(it.lengths ?? []),
    states: bell(dtype, (steps + 1) * rows * size, 7),
    inner: bell(dtype, inner * rows * hidden, 8),
    raw: bell(dtype, it.size === undefined ? 0 : steps * rows * hidden, 9),
    output: bell(dtype, extent, 10),
    lastH: bell(dtype, rows * size, 11),
    lastC: bell(dtype, kind === 'lstm' ? rows * hidden : 0, 12),
  }
}

/**
 * A gate is a sum of size + 2 terms of some units in all, a function of it has an error of 2 ulp, and six
 * more roundings make the state. Those of steps before are passed on, and in gradients multiplied with
 * those of forward. The factor 8 covers magnitudes of up to 4 and both.
 */
function boundOf(dtype: FloatDType, { steps, hidden, size = hidden }: Case) {
  const error = 8 * (steps + 1) * (size + 10) * roundoff[dtype]
  return (_i: number, expected: number): number => error * (1 + Math.abs(expected))
}

type Operands = Readonly<Record<string, ReturnType<typeof asView>>>

function call(kernels: typeof reference, kind: Kind, it: Case, v: Operands): void {
  const { steps, rows, hidden, reverse = false } = it
  const { size, places } = layout(it)
  const given = it.bare !== true
  kernels.recurrent({
    kind: RecurrentKind[kind],
    gates: v['gates']!,
    weight: v['weight']!,
    bias: given ? v['bias']! : null,
    project: it.size === undefined ? null : v['project']!,
    firstH: given ? v['firstH']! : null,
    firstC: given && kind === 'lstm' ? v['firstC']! : null,
    lengths: it.lengths === undefined ? null : v['lengths']!,
    states: v['states']!,
    inner: kind === 'lstm' || kind === 'gru' ? v['inner']! : null,
    raw: it.size === undefined ? null : v['raw']!,
    output: v['output']!,
    lastH: v['lastH']!,
    lastC: kind === 'lstm' ? v['lastC']! : null,
    ...{ steps, rows, hidden, size, reverse },
    ...places,
  })
}

function checkForward(dtype: FloatDType, kind: Kind, it: Case): void {
  const bound = boundOf(dtype, it)
  const operands = operandsOf(dtype, kind, it)
  check({
    title: title(kind, it),
    dtype,
    operands,
    bounds: { gates: bound, states: bound, inner: bound, raw: bound, output: bound, lastH: bound, lastC: bound }, // prettier-ignore
    run: (kernels, v) => {
      call(kernels, kind, it, v)
    },
  })
}

function checkGradient(dtype: FloatDType, kind: Kind, it: Case): void {
  const { steps, rows, hidden, reverse = false } = it
  const { size, places, extent } = layout(it)
  const own = operandsOf(dtype, kind, it)
  const views = Object.fromEntries(Object.entries(own).map(([name, data]) => [name, asView(data)]))
  call(reference, kind, it, views)
  const columns = GATES[kind] * hidden
  const fill = (n: number, seed: number): TypedArray => bell(dtype, n, seed)
  const bound = boundOf(dtype, it)
  const given = it.bare !== true
  const { gates, weight, project, lengths, states, inner } = own
  check({
    title: title(`${kind} gradient`, it),
    dtype,
    operands: {
      ...{ gates, weight, project, lengths, states, inner },
      gradOutput: fill(extent, 20),
      gradLastH: fill(rows * size, 21),
      gradLastC: fill(kind === 'lstm' ? rows * hidden : 0, 22),
      gradGates: fill(steps * rows * columns, 23),
      gradHidden: fill(kind === 'gru' ? steps * rows * columns : 0, 24),
      gradStates: fill(it.size === undefined ? 0 : steps * rows * size, 25),
      gradFirstH: fill(rows * size, 26),
      gradFirstC: fill(kind === 'lstm' ? rows * hidden : 0, 27),
    },
    bounds: { gradGates: bound, gradHidden: bound, gradStates: bound, gradFirstH: bound, gradFirstC: bound }, // prettier-ignore
    run: (kernels, v) => {
      kernels.recurrentGradient({
        kind: RecurrentKind[kind],
        gates: v.gates,
        weight: v.weight,
        project: it.size === undefined ? null : v.project,
        lengths: it.lengths === undefined ? null : v.lengths,
        states: v.states,
        inner: kind === 'lstm' || kind === 'gru' ? v.inner : null,
        gradOutput: v.gradOutput,
        gradLastH: given ? v.gradLastH : null,
        gradLastC: given && kind === 'lstm' ? v.gradLastC : null,
        gradGates: v.gradGates,
        gradHidden: kind === 'gru' ? v.gradHidden : null,
        gradStates: it.size === undefined ? null : v.gradStates,
        gradFirstH: v.gradFirstH,
        gradFirstC: kind === 'lstm' ? v.gradFirstC : null,
        ...{ steps, rows, hidden, size, reverse },
        ...places,
      })
    },
  })
}

describe(suiteTitle('recurrent'), () => {
  for (const dtype of floatDTypes) {
    for (const kind of Object.keys(GATES) as Kind[]) {
      it(`${kind}, ${dtype}`, () => {
        for (const one of [...cases, ...(kind === 'lstm' ? projected : [])]) {
          checkForward(dtype, kind, one)
          checkGradient(dtype, kind, one)
        }
      })
    }

    it(`copySteps, ${dtype}`, () => {
      for (const [steps, rows, cols, lengths] of [
        [0, 2, 3, null],
        [3, 2, 5, [3, 1]],
        [4, 3, 17, null],
      ] as const) {
        check({
          title: `copySteps (${steps}, ${rows}, ${cols})`,
          dtype,
          operands: {
            x: bell(dtype, steps * rows * cols, 1),
            lengths: Int32Array.from(lengths ?? []),
            out: bell(dtype, steps * rows * cols, 2),
          },
          bounds: { out: 'exact' },
          run: (kernels, v) => {
            kernels.copySteps({
              x: v.x,
              lengths: lengths === null ? null : v.lengths,
              out: v.out,
              ...{ steps, rows, cols },
              ...{ xStep: cols, xRow: steps * cols, outStep: rows * cols, outRow: cols },
            })
          },
        })
      }
    })
  }

  for (const kernels of backends) {
    it(`refuses lengths before anything is written, ${kernels.name}`, () => {
      const one: Case = { steps: 3, rows: 2, hidden: 4, lengths: [3, 3] }
      for (const lengths of [
        [0, 3],
        [3, 4],
        [-1, 1],
      ]) {
        const operands = operandsOf('float32', 'gru', { ...one, lengths })
        const before = [...operands.gates]
        const views = Object.entries(operands).map(([name, data]) => [name, asView(data)])
        expect(() => {
          call(kernels, 'gru', one, Object.fromEntries(views) as Operands)
        }).throws(/length -?\d of row \d is outside \[1, 3\]/u)
        expect([...operands.gates]).deep.equal(before)
      }
    })
  }
})
