import { whole } from '../samples.js'
import { cols, n, type OpCalls, rows, v, values } from './op-call.js'

export const memoryCalls = {
  gatherRows: {
    operands: () => ({
      src: values(35, 1),
      index: whole('int32', 3, 2, 0, rows),
      out: values(21, 3),
    }),
    run: (k, w) => {
      k.gatherRows(v(w, 'src'), v(w, 'index'), v(w, 'out'), rows, 3, cols, 1, 0)
    },
  },
  fill: {
    operands: () => ({ y: values(n, 1) }),
    run: (k, w) => {
      k.fill(v(w, 'y'), n, 3)
    },
  },
  copy: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.copy(v(w, 'x'), v(w, 'y'), n)
    },
  },
  copyBlocks: {
    operands: () => ({ x: values(35, 1), out: values(35, 2) }),
    run: (k, w) => {
      // needs both operands to their last element
      k.copyBlocks(v(w, 'x'), v(w, 'out'), rows, 3, 4, cols, 4, cols)
    },
  },
  cast: {
    operands: () => ({ x: values(n, 1), y: whole('int32', n, 2, 0, 9) }),
    run: (k, w) => {
      k.cast(v(w, 'x'), v(w, 'y'), n, 1, 0)
    },
  },
  transpose: {
    operands: () => ({ x: values(35, 1), out: values(35, 2) }),
    run: (k, w) => {
      k.transpose(v(w, 'x'), v(w, 'out'), rows, cols)
    },
  },
} satisfies OpCalls
