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
      k.dropout({
        state: v(w, 'state'),
        x: v(w, 'x'),
        mask: v(w, 'mask'),
        out: v(w, 'out'),
        n: rows,
        inner: cols,
        p: 0.5,
        scale: 2,
      })
    },
  },
  dropoutGradient: {
    operands: () => ({
      mask: whole('uint8', rows, 1, 0, 2),
      gradOut: values(35, 1),
      gradX: values(35, 2),
    }),
    run: (k, w) => {
      k.dropoutGradient({
        mask: v(w, 'mask'),
        gradOut: v(w, 'gradOut'),
        gradX: v(w, 'gradX'),
        n: rows,
        inner: cols,
        scale: 2,
      })
    },
  },
} satisfies OpCalls
