import { stridedGeometryOf } from '../../../ts/kernels/strided.js'
import { cols, type OpCalls, rows, v, values } from './op-call.js'

export const stridedCalls = {
  copyStrided: {
    operands: () => ({ x: values(35, 1), out: values(35, 2) }),
    run: (k, w) => {
      // needs both operands to their last element
      const geometry = stridedGeometryOf([3, rows], [1, cols], [1, cols], 4, 4)
      k.copyStrided({ x: v(w, 'x'), out: v(w, 'out'), geometry })
    },
  },
} satisfies OpCalls
