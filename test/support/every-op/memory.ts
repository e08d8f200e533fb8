import { whole } from '../samples.js'
import { cols, n, type OpCalls, rows, v, values } from './op-call.js'

export const memoryCalls = {
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
  triangle: {
    operands: () => ({ x: values(35, 1), out: values(35, 2) }),
    run: (k, w) => {
      const sizes = { batch: 1, rows, cols, diagonal: 0, upper: false }
      k.triangle({ x: v(w, 'x'), out: v(w, 'out'), ...sizes })
    },
  },
} satisfies OpCalls
