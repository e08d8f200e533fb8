import { cols, type OpCalls, rows, v, values } from './op-call.js'

const STEPS = 5

/** 4 steps more than labels, so that there are paths; the blank is 6. */
const shared = () => ({
  logProbs: values(STEPS * rows * cols, 1),
  targets: Int32Array.from({ length: 2 * rows }, (_, i) => (i * i) % 6),
  inputLengths: Int32Array.from({ length: rows }, (_, n) => STEPS - (n % 2)),
  targetLengths: Int32Array.from({ length: rows }, (_, n) => n % 3),
})
const sizes = {
  ...{ steps: STEPS, rows, classes: cols, labels: 2 * rows, blank: 6 },
  ...{ concatenated: false, zeroInfinity: false },
}
const CELLS = STEPS * (4 * rows + rows)

export const ctcCalls = {
  ctc: {
    operands: () => ({
      ...shared(),
      loss: values(rows, 2),
      lattice: new Float64Array(CELLS),
      likelihood: new Float64Array(rows),
    }),
    run: (k, w) => {
      k.ctc(
        { logProbs: v(w, 'logProbs'), targets: v(w, 'targets'), inputLengths: v(w, 'inputLengths'), targetLengths: v(w, 'targetLengths'),
        loss: v(w, 'loss'), lattice: v(w, 'lattice'), likelihood: v(w, 'likelihood'), ...sizes }
      ) // prettier-ignore
    },
  },
  ctcGradient: {
    operands: () => ({
      ...shared(),
      lattice: new Float64Array(CELLS),
      likelihood: new Float64Array(rows),
      gradLoss: values(rows, 2),
      grad: values(STEPS * rows * cols, 3),
    }),
    run: (k, w) => {
      k.ctcGradient(
        { logProbs: v(w, 'logProbs'), targets: v(w, 'targets'), inputLengths: v(w, 'inputLengths'), targetLengths: v(w, 'targetLengths'),
        lattice: v(w, 'lattice'), likelihood: v(w, 'likelihood'), gradLoss: v(w, 'gradLoss'), grad: v(w, 'grad'), ...sizes }
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
