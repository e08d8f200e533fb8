import { whole } from '../samples.js'
import { cols, type OpCalls, rows, seed, v, values } from './op-call.js'

export const dropoutCalls = {
  dropout: {
    operands: () => ({
      state: seed(),
      x: values(35, 1),
      mask: whole('uint8', rows, 1, 0, 2),
      out: values(35, 2),
    }),
    run: (k, w) => {
      k.dropout(v(w, 'state'), v(w, 'x'), v(w, 'mask'), v(w, 'out'), rows, cols, 0.5, 2)
    },
  },
  dropoutGradient: {
    operands: () => ({
      mask: whole('uint8', rows, 1, 0, 2),
      gradOut: values(35, 1),
      gradX: values(35, 2),
    }),
    run: (k, w) => {
      k.dropoutGradient(v(w, 'mask'), v(w, 'gradOut'), v(w, 'gradX'), rows, cols, 2)
    },
  },
} satisfies OpCalls
