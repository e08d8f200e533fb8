import { whole } from '../samples.js'
import { cols, n, type OpCalls, rows, seed, v, values } from './op-call.js'

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
  randint: {
    operands: () => ({ state: seed(), y: whole('int32', n, 1, 0, 9) }),
    run: (k, w) => {
      k.randint({ state: v(w, 'state'), y: v(w, 'y'), n, low: -3, high: 3 })
    },
  },
  bernoulliEach: {
    operands: () => ({ state: seed(), x: new Float32Array(n).fill(0.5), y: values(n, 1) }),
    run: (k, w) => {
      k.bernoulliEach({ state: v(w, 'state'), x: v(w, 'x'), y: v(w, 'y'), n })
    },
  },
  multinomial: {
    operands: () => ({
      state: seed(),
      x: values(35, 1).map(Math.abs),
      y: whole('int32', 15, 1, 0, 9),
    }),
    run: (k, w) => {
      const sizes = { rows, categories: cols, samples: 3, replacement: false }
      k.multinomial({ state: v(w, 'state'), x: v(w, 'x'), y: v(w, 'y'), ...sizes })
    },
  },
} satisfies OpCalls
