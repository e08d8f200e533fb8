import { Broadcast, CompareKind } from '../../../ts/kernels/kernels.js'
import { whole } from '../samples.js'
import { cols, n, type OpCalls, rows, v, values } from './op-call.js'

export const maskCalls = {
  compare: {
    operands: () => ({ a: values(35, 1), b: values(7, 2), out: new Uint8Array(35) }),
    run: (k, w) => {
      k.compare({
        kind: CompareKind.lt,
        broadcast: Broadcast.row,
        a: v(w, 'a'),
        b: v(w, 'b'),
        out: v(w, 'out'),
        rows,
        cols,
      })
    },
  },
  where: {
    operands: () => ({
      mask: whole('uint8', n, 1, 0, 2),
      a: values(n, 1),
      b: values(1, 2),
      out: values(n, 3),
    }),
    run: (k, w) => {
      const [mask, a, b, out] = [v(w, 'mask'), v(w, 'a'), v(w, 'b'), v(w, 'out')]
      k.where({ mask, a, b, out, n, aSingle: false, bSingle: true })
    },
  },
} satisfies OpCalls
