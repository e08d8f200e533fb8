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
      k.pad2d({ x: v(w, 'x'), out: v(w, 'out'), geometry, mode: PadMode.reflect, value: 0 })
    },
  },
  pad2dGradient: {
    operands: () => ({ gradOut: values(126, 1), gradX: values(60, 2) }),
    run: (k, w) => {
      k.pad2dGradient({
        gradOut: v(w, 'gradOut'),
        gradX: v(w, 'gradX'),
        geometry,
        mode: PadMode.circular,
      })
    },
  },
} satisfies OpCalls
