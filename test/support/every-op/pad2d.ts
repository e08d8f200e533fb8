import { type Pad2dGeometry, PadMode } from '../../../ts/kernels/pad2d.js'
import { type OpCalls, v, values } from './op-call.js'

/** 3 planes of 4 x 5 in one of 7 x 6. */
const geometry: Pad2dGeometry = {
  ...{ planes: 3, inHeight: 4, inWidth: 5, padTop: 1, padBottom: 2, padLeft: 3, padRight: -2 },
}

export const pad2dCalls = {
  pad2d: {
    operands: () => ({ x: values(60, 1), out: values(126, 2) }),
    run: (k, w) => {
      k.pad2d(v(w, 'x'), v(w, 'out'), geometry, PadMode.reflect, 0)
    },
  },
  pad2dGradient: {
    operands: () => ({ gradOut: values(126, 1), gradX: values(60, 2) }),
    run: (k, w) => {
      k.pad2dGradient(v(w, 'gradOut'), v(w, 'gradX'), geometry, PadMode.circular)
    },
  },
} satisfies OpCalls
