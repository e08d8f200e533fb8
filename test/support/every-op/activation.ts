import { ActivationKind } from '../../../ts/kernels/kernels.js'
import { n, type OpCalls, v, values } from './op-call.js'

export const activationCalls = {
  activation: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.activation({ kind: ActivationKind.relu, x: v(w, 'x'), y: v(w, 'y'), n, parameter: 0 })
    },
  },
  activationGradient: {
    operands: () => ({
      x: values(n, 1),
      y: values(n, 2),
      gradY: values(n, 3),
      gradX: values(n, 4),
    }),
    run: (k, w) => {
      const kind = ActivationKind.tanh
      k.activationGradient({
        kind,
        x: v(w, 'x'),
        y: v(w, 'y'),
        gradY: v(w, 'gradY'),
        gradX: v(w, 'gradX'),
        n,
        parameter: 0,
      })
    },
  },
} satisfies OpCalls
