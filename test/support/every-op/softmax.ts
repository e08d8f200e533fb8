import { cols, type OpCalls, rows, v, values } from './op-call.js'

export const softmaxCalls = {
  softmax: {
    operands: () => ({ x: values(35, 1), y: values(35, 2) }),
    run: (k, w) => {
      k.softmax({ x: v(w, 'x'), y: v(w, 'y'), outer: rows, n: cols, inner: 1, log: false })
    },
  },
  softmaxGradient: {
    operands: () => ({ y: values(35, 1), gradY: values(35, 2), gradX: values(35, 3) }),
    run: (k, w) => {
      k.softmaxGradient({
        y: v(w, 'y'),
        gradY: v(w, 'gradY'),
        gradX: v(w, 'gradX'),
        outer: rows,
        n: cols,
        inner: 1,
        log: false,
      })
    },
  },
} satisfies OpCalls
