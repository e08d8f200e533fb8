import { whole } from '../samples.js'
import { n, type OpCalls, seed, v, values } from './op-call.js'

export const randomCalls = {
  uniform: {
    operands: () => ({ state: seed(), y: values(n, 1) }),
    run: (k, w) => {
      k.uniform({ state: v(w, 'state'), y: v(w, 'y'), n, low: 0, high: 1 })
    },
  },
  normal: {
    operands: () => ({ state: seed(), y: values(n, 1) }),
    run: (k, w) => {
      k.normal({ state: v(w, 'state'), y: v(w, 'y'), n, mean: 0, std: 1 })
    },
  },
  bernoulli: {
    operands: () => ({ state: seed(), y: values(n, 1) }),
    run: (k, w) => {
      k.bernoulli({ state: v(w, 'state'), y: v(w, 'y'), n, p: 0.5, value: 1 })
    },
  },
  permutation: {
    operands: () => ({ state: seed(), y: whole('int32', n, 1, 0, 9) }),
    run: (k, w) => {
      k.permutation({ state: v(w, 'state'), y: v(w, 'y'), n })
    },
  },
} satisfies OpCalls
