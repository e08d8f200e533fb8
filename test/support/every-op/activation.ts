import { ActivationKind } from '../../../ts/kernels/kernels.js'
import { n, type OpCalls, v, values } from './op-call.js'

export const activationCalls = {
  activation: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.activation(ActivationKind.relu, v(w, 'x'), v(w, 'y'), n, 0)
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
      k.activationGradient(kind, v(w, 'x'), v(w, 'y'), v(w, 'gradY'), v(w, 'gradX'), n, 0)
    },
  },
} satisfies OpCalls
