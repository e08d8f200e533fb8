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
        { kind: PointwiseLossKind.bceWithLogits, x: v(w, 'x'), y: v(w, 'y'), weight: v(w, 'weight'), positive: v(w, 'positive'),
        loss: v(w, 'loss'), n, parameter: 0, eachElement: false, divisor: n, }
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
        { kind: PointwiseLossKind.bceWithLogits, x: v(w, 'x'), y: v(w, 'y'), weight: v(w, 'weight'), positive: v(w, 'positive'),
        gradX: v(w, 'gradX'), n, parameter: 0, scale: 2, }
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
