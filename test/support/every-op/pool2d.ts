import { whole } from '../samples.js'
import { type OpCalls, v, values } from './op-call.js'

/** 3 planes of 5 x 7, windows of 3 x 2 in steps of 2. */
const pooling = {
  planes: 3, inHeight: 5, inWidth: 7, outHeight: 2, outWidth: 3, kernelHeight: 3, kernelWidth: 2,
  strideHeight: 2, strideWidth: 2, padTop: 0, padLeft: 0, dilationHeight: 1, dilationWidth: 1,
} // prettier-ignore

export const pool2dCalls = {
  maxPool2d: {
    operands: () => ({
      x: values(105, 1),
      index: whole('int32', 18, 2, 0, 9),
      out: values(18, 3),
    }),
    run: (k, w) => {
      k.maxPool2d({ x: v(w, 'x'), out: v(w, 'out'), index: v(w, 'index'), geometry: pooling })
    },
  },
  maxPool2dGradient: {
    operands: () => ({
      gradOut: values(18, 1),
      index: whole('int32', 18, 2, 0, 35),
      gradX: values(105, 3),
    }),
    run: (k, w) => {
      k.maxPool2dGradient({
        gradOut: v(w, 'gradOut'),
        index: v(w, 'index'),
        gradX: v(w, 'gradX'),
        geometry: pooling,
      })
    },
  },
  avgPool2d: {
    operands: () => ({ x: values(105, 1), out: values(18, 2) }),
    run: (k, w) => {
      k.avgPool2d({
        x: v(w, 'x'),
        out: v(w, 'out'),
        geometry: pooling,
        countIncludePad: true,
        divisorOverride: 0,
      })
    },
  },
  avgPool2dGradient: {
    operands: () => ({ gradOut: values(18, 1), gradX: values(105, 2) }),
    run: (k, w) => {
      k.avgPool2dGradient({
        gradOut: v(w, 'gradOut'),
        gradX: v(w, 'gradX'),
        geometry: pooling,
        countIncludePad: true,
        divisorOverride: 0,
      })
    },
  },
  adaptiveAvgPool2d: {
    operands: () => ({ x: values(105, 1), out: values(18, 2) }),
    run: (k, w) => {
      k.adaptiveAvgPool2d({
        x: v(w, 'x'),
        out: v(w, 'out'),
        planes: 3,
        inHeight: 5,
        inWidth: 7,
        outHeight: 2,
        outWidth: 3,
      })
    },
  },
  adaptiveAvgPool2dGradient: {
    operands: () => ({ gradOut: values(18, 1), gradX: values(105, 2) }),
    run: (k, w) => {
      k.adaptiveAvgPool2dGradient({
        gradOut: v(w, 'gradOut'),
        gradX: v(w, 'gradX'),
        planes: 3,
        inHeight: 5,
        inWidth: 7,
        outHeight: 2,
        outWidth: 3,
      })
    },
  },
} satisfies OpCalls
