import { whole } from '../samples.js'
import { cols, type OpCalls, rows, v, values } from './op-call.js'

export const sortCalls = {
  sort: {
    operands: () => ({
      x: values(35, 1),
      indices: whole('int32', 21, 2, 0, rows),
      values: values(21, 3),
    }),
    run: (k, w) => {
      const [x, found, indices] = [v(w, 'x'), v(w, 'values'), v(w, 'indices')]
      const sizes = { outer: 1, n: rows, inner: cols, k: 3, descending: true }
      k.sort({ x, values: found, indices, ...sizes })
    },
  },
} satisfies OpCalls
