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
  batchMatmul: {
    operands: () => ({ a: values(30, 1), b: values(21, 2), out: values(70, 4) }),
    run: (k, w) => {
      k.batchMatmul({
        a: v(w, 'a'),
        b: v(w, 'b'),
        out: v(w, 'out'),
        shape: {
          ...{ outer: 1, inner: 2, m: 5, n: 7, k: 3 },
          ...{ aOuter: 0, aInner: 15, aRow: 3 },
          ...{ bOuter: 0, bInner: 0, bRow: 7 },
          ...{ outOuter: 0, outInner: 7, outRow: 14 },
        },
      })
    },
  },
} satisfies OpCalls
