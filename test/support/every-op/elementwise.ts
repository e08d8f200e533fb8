import { BinaryKind, Broadcast, UnaryKind } from '../../../ts/kernels/kernels.js'
import { cols, n, type OpCalls, rows, v, values } from './op-call.js'

export const elementwiseCalls = {
  unary: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.unary({ kind: UnaryKind.exp, x: v(w, 'x'), y: v(w, 'y'), n })
    },
  },
  binary: {
    operands: () => ({ a: values(35, 1), b: values(7, 2), out: values(35, 3) }),
    run: (k, w) => {
      k.binary({
        kind: BinaryKind.add,
        broadcast: Broadcast.row,
        a: v(w, 'a'),
        b: v(w, 'b'),
        out: v(w, 'out'),
        rows,
        cols,
      })
    },
  },
  affine: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.affine({ x: v(w, 'x'), y: v(w, 'y'), n, scale: 2, shift: 1 })
    },
  },
  axpby: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.axpby({ x: v(w, 'x'), y: v(w, 'y'), n, alpha: 2, beta: 1 })
    },
  },
} satisfies OpCalls
