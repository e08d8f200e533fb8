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
        { logits: v(w, 'logits'), target: v(w, 'target'), weight: v(w, 'weight'), loss: v(w, 'loss'), divisor: v(w, 'divisor'), outer: rows, classes: cols,
        inner: 1, reduction: Reduction.none, ignoreIndex: -100, labelSmoothing: 0.1, }
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
        { logits: v(w, 'logits'), target: v(w, 'target'), weight: v(w, 'weight'), divisor: v(w, 'divisor'), gradLogits: v(w, 'gradLogits'), outer: rows,
        classes: cols, inner: 1, ignoreIndex: -100, labelSmoothing: 0.1, }
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
