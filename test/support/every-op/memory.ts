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
      k.gatherRows({
        src: v(w, 'src'),
        index: v(w, 'index'),
        out: v(w, 'out'),
        srcRows: rows,
        rows: 3,
        cols,
        scale: 1,
        shift: 0,
      })
    },
  },
  fill: {
    operands: () => ({ y: values(n, 1) }),
    run: (k, w) => {
      k.fill({ y: v(w, 'y'), n, value: 3 })
    },
  },
  copy: {
    operands: () => ({ x: values(n, 1), y: values(n, 2) }),
    run: (k, w) => {
      k.copy({ x: v(w, 'x'), y: v(w, 'y'), n })
    },
  },
  cast: {
    operands: () => ({ x: values(n, 1), y: whole('int32', n, 2, 0, 9) }),
    run: (k, w) => {
      k.cast({ x: v(w, 'x'), y: v(w, 'y'), n, scale: 1, shift: 0 })
    },
  },
} satisfies OpCalls
