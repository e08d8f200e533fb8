import { type Upsample2dGeometry, UpsampleMode } from '../../../ts/kernels/upsample2d.js'
import { type OpCalls, v, values } from './op-call.js'

/** 3 planes of 5 x 7 to 8 x 11. */
const enlarging: Upsample2dGeometry = {
  ...{ mode: UpsampleMode.bilinear, planes: 3, inHeight: 5, inWidth: 7, outHeight: 8 },
  ...{ outWidth: 11, scaleHeight: 1.6, scaleWidth: 0, alignCorners: false },
}

export const upsample2dCalls = {
  upsample2d: {
    operands: () => ({ x: values(105, 1), out: values(3 * 8 * 11, 2) }),
    run: (k, w) => {
      k.upsample2d({ x: v(w, 'x'), out: v(w, 'out'), geometry: enlarging })
    },
  },
  upsample2dGradient: {
    operands: () => ({ gradOut: values(3 * 8 * 11, 1), gradX: values(105, 2) }),
    run: (k, w) => {
      k.upsample2dGradient({ gradOut: v(w, 'gradOut'), gradX: v(w, 'gradX'), geometry: enlarging })
    },
  },
} satisfies OpCalls
