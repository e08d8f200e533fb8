import type { AttentionShape } from '../../../ts/kernels/attention.js'
import { whole } from '../samples.js'
import { type OpCalls, seed, v, values } from './op-call.js'

/** Two samples of 4 heads in the rows of one matrix, which share 2 of k and of v. */
const shape: AttentionShape = {
  ...{ batch: 2, heads: 4, kvHeads: 2, rows: 3, keys: 5, width: 2, valueWidth: 2, past: 2 },
  ...{ qBatch: 24, qHead: 2, qRow: 8 },
  ...{ kBatch: 20, kHead: 2, kRow: 4, vBatch: 20, vHead: 2, vRow: 4 },
  ...{ outBatch: 24, outHead: 2, outRow: 8 },
  ...{ maskBatch: 0, maskHead: 0, maskRow: 5, paddingBatch: 5, before: 0, after: 0 },
}

const settings = { shape, scale: 0.5, causal: true, blocked: false, p: 0.25 }

const operands = () => ({
  q: values(48, 1),
  k: values(40, 2),
  v: values(40, 3),
  mask: values(15, 3),
  padding: whole('uint8', 10, 4, 0, 2),
  state: seed(),
  logSum: values(24, 5),
  out: values(48, 6),
})

export const attentionCalls = {
  attention: {
    operands,
    run: (k, w) => {
      k.attention({
        ...settings,
        q: v(w, 'q'),
        k: v(w, 'k'),
        v: v(w, 'v'),
        mask: v(w, 'mask'),
        padding: v(w, 'padding'),
        state: v(w, 'state'),
        logSum: v(w, 'logSum'),
        out: v(w, 'out'),
      })
    },
  },
  attentionGradient: {
    operands: () => ({
      ...operands(),
      gradOut: values(48, 7),
      gradV: values(40, 10),
      gradK: values(40, 9),
      gradQ: values(48, 8),
    }),
    run: (k, w) => {
      k.attentionGradient({
        ...settings,
        q: v(w, 'q'),
        k: v(w, 'k'),
        v: v(w, 'v'),
        mask: v(w, 'mask'),
        padding: v(w, 'padding'),
        state: v(w, 'state'),
        logSum: v(w, 'logSum'),
        out: v(w, 'out'),
        gradOut: v(w, 'gradOut'),
        gradQ: v(w, 'gradQ'),
        gradK: v(w, 'gradK'),
        gradV: v(w, 'gradV'),
        ...{ qOffset: 0, kOffset: 0, vOffset: 0, byQ: true, byK: true, byV: true },
      })
    },
  },
} satisfies OpCalls
