import { cols, type OpCalls, rows, v, values } from './op-call.js'

export const softmaxCalls = {
  softmax: {
    operands: () => ({ x: values(35, 1), y: values(35, 2) }),
    run: (k, w) => {
      k.softmax(v(w, 'x'), v(w, 'y'), rows, cols, 1, false)
    },
  },
  softmaxGradient: {
    operands: () => ({ y: values(35, 1), gradY: values(35, 2), gradX: values(35, 3) }),
    run: (k, w) => {
      k.softmaxGradient(v(w, 'y'), v(w, 'gradY'), v(w, 'gradX'), rows, cols, 1, false)
    },
  },
} satisfies OpCalls
