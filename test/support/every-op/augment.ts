import { type AugmentGeometry, type AugmentSettings, erasing } from '../../../ts/kernels/augment.js'
import { whole } from '../samples.js'
import { type OpCalls, seed, v, values } from './op-call.js'

const geometry: AugmentGeometry = {
  ...{ samples: 3, channels: 2, inHeight: 4, inWidth: 5, outHeight: 5, outWidth: 4 },
}
const settings: AugmentSettings = {
  ...{ padHeight: 1, padWidth: 2, flip: 0.5, erase: 0.5, fill: 1, value: 2 },
  ...erasing([0.1, 0.4], [0.5, 2]),
}

export const augmentCalls = {
  augment: {
    operands: () => ({
      state: seed(),
      x: values(120, 1),
      drawn: whole('int32', 21, 2, 0, 9),
      out: values(120, 2),
    }),
    run: (k, w) => {
      k.augment({
        state: v(w, 'state'),
        x: v(w, 'x'),
        drawn: v(w, 'drawn'),
        out: v(w, 'out'),
        geometry,
        ...settings,
      })
    },
  },
  augmentGradient: {
    operands: () => ({
      drawn: whole('int32', 21, 1, 0, 3),
      gradOut: values(120, 1),
      gradX: values(120, 2),
    }),
    run: (k, w) => {
      k.augmentGradient({
        drawn: v(w, 'drawn'),
        gradOut: v(w, 'gradOut'),
        gradX: v(w, 'gradX'),
        geometry,
      })
    },
  },
} satisfies OpCalls
