import { type OpCalls, v, values } from './op-call.js'

export const matmulCalls = {
  matmul: {
    operands: () => ({
      a: values(15, 1),
      b: values(21, 2),
      bias: values(7, 3),
      out: values(35, 4),
    }),
    run: (k, w) => {
      k.matmul({
        a: v(w, 'a'),
        b: v(w, 'b'),
        out: v(w, 'out'),
        m: 5,
        n: 7,
        k: 3,
        bias: v(w, 'bias'),
      })
    },
  },
} satisfies OpCalls
