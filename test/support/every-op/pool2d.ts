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
      k.maxPool2d(v(w, 'x'), v(w, 'out'), v(w, 'index'), pooling)
    },
  },
  maxPool2dGradient: {
    operands: () => ({
      gradOut: values(18, 1),
      index: whole('int32', 18, 2, 0, 35),
      gradX: values(105, 3),
    }),
    run: (k, w) => {
      k.maxPool2dGradient(v(w, 'gradOut'), v(w, 'index'), v(w, 'gradX'), pooling)
    },
  },
  avgPool2d: {
    operands: () => ({ x: values(105, 1), out: values(18, 2) }),
    run: (k, w) => {
      k.avgPool2d(v(w, 'x'), v(w, 'out'), pooling, true, 0)
    },
  },
  avgPool2dGradient: {
    operands: () => ({ gradOut: values(18, 1), gradX: values(105, 2) }),
    run: (k, w) => {
      k.avgPool2dGradient(v(w, 'gradOut'), v(w, 'gradX'), pooling, true, 0)
    },
  },
  adaptiveAvgPool2d: {
    operands: () => ({ x: values(105, 1), out: values(18, 2) }),
    run: (k, w) => {
      k.adaptiveAvgPool2d(v(w, 'x'), v(w, 'out'), 3, 5, 7, 2, 3)
    },
  },
  adaptiveAvgPool2dGradient: {
    operands: () => ({ gradOut: values(18, 1), gradX: values(105, 2) }),
    run: (k, w) => {
      k.adaptiveAvgPool2dGradient(v(w, 'gradOut'), v(w, 'gradX'), 3, 5, 7, 2, 3)
    },
  },
} satisfies OpCalls
