import { RecurrentKind } from '../../../ts/kernels/kernels.js'
import { type OpCalls, v, values } from './op-call.js'

// An LSTM of 3 steps, 2 rows, 5 hidden numbers, 4 of the state by a projection; the other kinds need
// fewer operands.
const sizes = { steps: 3, rows: 2, hidden: 5, size: 4, outputStep: 8, outputRow: 4, reverse: false }
const kind = RecurrentKind.lstm
const lengths = (): Int32Array => Int32Array.of(3, 2)

export const recurrentCalls = {
  recurrent: {
    operands: () => ({
      weight: values(80, 1),
      bias: values(20, 2),
      project: values(20, 3),
      firstH: values(8, 4),
      firstC: values(10, 5),
      lengths: lengths(),
      gates: values(120, 6),
      states: values(32, 7),
      inner: values(40, 8),
      raw: values(30, 9),
      output: values(24, 10),
      lastH: values(8, 11),
      lastC: values(10, 12),
    }),
    run: (k, w) => {
      k.recurrent(
        { kind, gates: v(w, 'gates'), weight: v(w, 'weight'), bias: v(w, 'bias'), project: v(w, 'project'), firstH: v(w, 'firstH'),
        firstC: v(w, 'firstC'), lengths: v(w, 'lengths'), states: v(w, 'states'), inner: v(w, 'inner'), raw: v(w, 'raw'),
        output: v(w, 'output'), lastH: v(w, 'lastH'), lastC: v(w, 'lastC'), ...sizes, }
      ) // prettier-ignore
    },
  },
  recurrentGradient: {
    operands: () => ({
      gates: values(120, 1),
      weight: values(80, 2),
      project: values(20, 3),
      lengths: lengths(),
      states: values(32, 4),
      inner: values(40, 5),
      gradOutput: values(24, 6),
      gradLastH: values(8, 7),
      gradLastC: values(10, 8),
      gradGates: values(120, 9),
      gradStates: values(24, 10),
      gradFirstH: values(8, 11),
      gradFirstC: values(10, 12),
    }),
    run: (k, w) => {
      k.recurrentGradient(
        { kind, gates: v(w, 'gates'), weight: v(w, 'weight'), project: v(w, 'project'), lengths: v(w, 'lengths'), states: v(w, 'states'),
        inner: v(w, 'inner'), gradOutput: v(w, 'gradOutput'), gradLastH: v(w, 'gradLastH'), gradLastC: v(w, 'gradLastC'),
        gradGates: v(w, 'gradGates'), gradHidden: null, gradStates: v(w, 'gradStates'), gradFirstH: v(w, 'gradFirstH'),
        gradFirstC: v(w, 'gradFirstC'), ...sizes, }
      ) // prettier-ignore
    },
  },
  copySteps: {
    operands: () => ({ x: values(30, 1), lengths: lengths(), out: values(30, 2) }),
    run: (k, w) => {
      const places = { xStep: 5, xRow: 15, outStep: 10, outRow: 5 }
      k.copySteps({ x: v(w, 'x'), lengths: v(w, 'lengths'), out: v(w, 'out'), steps: 3, rows: 2, cols: 5, ...places }) // prettier-ignore
    },
  },
} satisfies OpCalls
