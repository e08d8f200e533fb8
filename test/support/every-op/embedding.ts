import { whole } from '../samples.js'
import { cols, type OpCalls, rows, v, values } from './op-call.js'

export const embeddingCalls = {
  embeddingGradient: {
    operands: () => ({
      gradOut: values(21, 1),
      index: whole('int32', 3, 2, 0, rows),
      gradWeight: values(35, 3),
    }),
    run: (k, w) => {
      k.embeddingGradient({
        gradOut: v(w, 'gradOut'),
        index: v(w, 'index'),
        gradWeight: v(w, 'gradWeight'),
        rows: 3,
        cols,
        count: rows,
        paddingIndex: -1,
        beta: 1,
      })
    },
  },
} satisfies OpCalls
