import { whole } from '../samples.js'
import { n, type OpCalls, seed, v, values } from './op-call.js'

export const randomCalls = {
  uniform: {
    operands: () => ({ state: seed(), y: values(n, 1) }),
    run: (k, w) => {
      k.uniform(v(w, 'state'), v(w, 'y'), n, 0, 1)
    },
  },
  normal: {
    operands: () => ({ state: seed(), y: values(n, 1) }),
    run: (k, w) => {
      k.normal(v(w, 'state'), v(w, 'y'), n, 0, 1)
    },
  },
  bernoulli: {
    operands: () => ({ state: seed(), y: values(n, 1) }),
    run: (k, w) => {
      k.bernoulli(v(w, 'state'), v(w, 'y'), n, 0.5, 1)
    },
  },
  permutation: {
    operands: () => ({ state: seed(), y: whole('int32', n, 1, 0, 9) }),
    run: (k, w) => {
      k.permutation(v(w, 'state'), v(w, 'y'), n)
    },
  },
} satisfies OpCalls
