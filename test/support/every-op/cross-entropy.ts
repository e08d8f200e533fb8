import { Reduction } from '../../../ts/kernels/kernels.js'
import { cols, labels, type OpCalls, rows, v, values } from './op-call.js'

export const crossEntropyCalls = {
  crossEntropy: {
    operands: () => ({
      logits: values(35, 1),
      target: labels(),
      weight: values(7, 2),
      divisor: values(1, 3),
      loss: values(5, 4),
    }),
    run: (k, w) => {
      k.crossEntropy(
        v(w, 'logits'), v(w, 'target'), v(w, 'weight'), v(w, 'loss'), v(w, 'divisor'), rows, cols,
        1, Reduction.none, -100, 0.1,
      ) // prettier-ignore
    },
  },
  crossEntropyGradient: {
    operands: () => ({
      logits: values(35, 1),
      target: labels(),
      weight: values(7, 2),
      divisor: values(1, 3),
      gradLogits: values(35, 4),
    }),
    run: (k, w) => {
      k.crossEntropyGradient(
        v(w, 'logits'), v(w, 'target'), v(w, 'weight'), v(w, 'divisor'), v(w, 'gradLogits'), rows,
        cols, 1, -100, 0.1,
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
