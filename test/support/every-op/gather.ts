import { whole } from '../samples.js'
import { cols, type OpCalls, rows, v, values } from './op-call.js'

export const gatherCalls = {
  gather: {
    operands: () => ({
      src: values(35, 1),
      index: whole('int32', 3, 2, 0, rows),
      out: values(21, 3),
    }),
    run: (k, w) => {
      const [src, index, out] = [v(w, 'src'), v(w, 'index'), v(w, 'out')]
      k.gather({ src, index, out, srcRows: rows, rows: 3, cols })
    },
  },
  scatter: {
    operands: () => ({
      src: values(21, 1),
      index: whole('int32', 3, 2, 0, rows),
      out: values(35, 3),
    }),
    run: (k, w) => {
      const [src, index, out] = [v(w, 'src'), v(w, 'index'), v(w, 'out')]
      k.scatter({ src, index, out, rows: 3, cols, count: rows, beta: 1 })
    },
  },
} satisfies OpCalls
