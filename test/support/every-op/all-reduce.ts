import { n, type OpCalls, v, values } from './op-call.js'

export const allReduceCalls = {
  allReduce: {
    operands: () => ({ x: values(n, 1) }),
    run: (k, w) => {
      k.allReduce({ x: v(w, 'x'), n })
    },
  },
} satisfies OpCalls
