import { PointwiseLossKind } from '../../../ts/kernels/pointwise-loss.js'
import { n, type OpCalls, v, values } from './op-call.js'

export const pointwiseLossCalls = {
  pointwiseLoss: {
    operands: () => ({
      x: values(n, 1),
      y: values(n, 2),
      weight: values(n, 3),
      positive: values(n, 4),
      loss: values(1, 5),
    }),
    run: (k, w) => {
      k.pointwiseLoss(
        PointwiseLossKind.bceWithLogits, v(w, 'x'), v(w, 'y'), v(w, 'weight'), v(w, 'positive'),
        v(w, 'loss'), n, 0, false, n,
      ) // prettier-ignore
    },
  },
  pointwiseLossGradient: {
    operands: () => ({
      x: values(n, 1),
      y: values(n, 2),
      weight: values(n, 3),
      positive: values(n, 4),
      gradX: values(n, 5),
    }),
    run: (k, w) => {
      k.pointwiseLossGradient(
        PointwiseLossKind.bceWithLogits, v(w, 'x'), v(w, 'y'), v(w, 'weight'), v(w, 'positive'),
        v(w, 'gradX'), n, 0, 2,
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
