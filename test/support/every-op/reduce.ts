import { ReduceKind } from '../../../ts/kernels/kernels.js'
import { whole } from '../samples.js'
import { cols, type OpCalls, rows, v, values } from './op-call.js'

export const reduceCalls = {
  reduce: {
    operands: () => ({ x: values(35, 1), out: values(7, 2) }),
    run: (k, w) => {
      k.reduce({
        kind: ReduceKind.sum,
        x: v(w, 'x'),
        out: v(w, 'out'),
        outer: 1,
        n: rows,
        inner: cols,
        beta: 0,
      })
    },
  },
  argmax: {
    operands: () => ({ x: values(35, 1), out: whole('int32', 5, 2, 0, 9) }),
    run: (k, w) => {
      k.argmax({ x: v(w, 'x'), out: v(w, 'out'), outer: rows, n: cols, inner: 1 })
    },
  },
  scan: {
    operands: () => ({ x: values(35, 1), y: values(35, 2) }),
    run: (k, w) => {
      k.scan({ kind: ReduceKind.sum, x: v(w, 'x'), y: v(w, 'y'), outer: rows, n: cols, inner: 1 })
    },
  },
} satisfies OpCalls
