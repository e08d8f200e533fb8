import { ReduceKind } from '../../../ts/kernels/kernels.js'
import { whole } from '../samples.js'
import { cols, type OpCalls, rows, v, values } from './op-call.js'

export const reduceCalls = {
  reduce: {
    operands: () => ({ x: values(35, 1), out: values(7, 2) }),
    run: (k, w) => {
      k.reduce(ReduceKind.sum, v(w, 'x'), v(w, 'out'), 1, rows, cols, 0)
    },
  },
  argmax: {
    operands: () => ({ x: values(35, 1), out: whole('int32', 5, 2, 0, 9) }),
    run: (k, w) => {
      k.argmax(v(w, 'x'), v(w, 'out'), rows, cols, 1)
    },
  },
} satisfies OpCalls
