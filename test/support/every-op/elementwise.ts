import { BinaryKind, Broadcast, UnaryKind } from '../../../ts/kernels/kernels.js'
import { cols, n, type OpCalls, rows, v, values } from './op-call.js'

export const elementwiseCalls = {
  unary: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.unary(UnaryKind.exp, v(w, 'x'), v(w, 'y'), n)
    },
  },
  binary: {
    operands: () => ({ a: values(35, 1), b: values(7, 2), out: values(35, 3) }),
    run: (k, w) => {
      k.binary(BinaryKind.add, Broadcast.row, v(w, 'a'), v(w, 'b'), v(w, 'out'), rows, cols)
    },
  },
  affine: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.affine(v(w, 'x'), v(w, 'y'), n, 2, 1)
    },
  },
  axpby: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.axpby(v(w, 'x'), v(w, 'y'), n, 2, 1)
    },
  },
} satisfies OpCalls
