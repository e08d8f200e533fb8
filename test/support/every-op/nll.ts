import { Reduction } from '../../../ts/kernels/kernels.js'
import { cols, labels, type OpCalls, rows, v, values } from './op-call.js'

export const nllCalls = {
  nll: {
    operands: () => ({
      logProbabilities: values(35, 1),
      target: labels(),
      weight: values(7, 2),
      divisor: values(1, 3),
      loss: values(5, 4),
    }),
    run: (k, w) => {
      k.nll(
        v(w, 'logProbabilities'), v(w, 'target'), v(w, 'weight'), v(w, 'loss'), v(w, 'divisor'),
        rows, cols, 1, Reduction.none, -100,
      ) // prettier-ignore
    },
  },
  nllGradient: {
    operands: () => ({
      target: labels(),
      weight: values(7, 2),
      divisor: values(1, 3),
      grad: values(35, 4),
    }),
    run: (k, w) => {
      k.nllGradient(
        v(w, 'target'), v(w, 'weight'), v(w, 'divisor'), v(w, 'grad'), rows, cols, 1, -100,
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
