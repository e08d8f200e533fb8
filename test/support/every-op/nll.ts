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
        { logProbabilities: v(w, 'logProbabilities'), target: v(w, 'target'), weight: v(w, 'weight'), loss: v(w, 'loss'), divisor: v(w, 'divisor'),
        outer: rows, classes: cols, inner: 1, reduction: Reduction.none, ignoreIndex: -100, }
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
        { target: v(w, 'target'), weight: v(w, 'weight'), divisor: v(w, 'divisor'), grad: v(w, 'grad'), outer: rows, classes: cols, inner: 1, ignoreIndex: -100, }
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
