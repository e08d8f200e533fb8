import { bell, whole } from '../samples.js'
import { cols, type OpCalls, rows, v, values } from './op-call.js'

const words = (count: number, seed: number) => whole('int32', count, seed, -(2 ** 31), 2 ** 31)

export const xnorCalls = {
  packSigns: {
    operands: () => ({ x: values(rows * 40, 1), words: words(rows * 2, 2) }),
    run: (k, w) => {
      k.packSigns({ x: v(w, 'x'), words: v(w, 'words'), outer: rows, n: 40, inner: 1 })
    },
  },
  xnorMatmul: {
    operands: () => ({
      a: words(rows * 2, 1),
      b: words(2 * cols, 2),
      bias: values(cols, 3),
      out: values(rows * cols, 4),
    }),
    run: (k, w) => {
      k.xnorMatmul({
        a: v(w, 'a'),
        b: v(w, 'b'),
        bias: v(w, 'bias'),
        out: v(w, 'out'),
        m: rows,
        n: cols,
        k: 64,
      })
    },
  },
  xnorConv2d: {
    operands: () => ({
      x: words(2 * 20, 1),
      weight: words(3 * 9, 2),
      bias: values(3, 3),
      out: bell('float32', 2 * 3 * 20, 4),
    }),
    run: (k, w) => {
      k.xnorConv2d({
        x: v(w, 'x'),
        weight: v(w, 'weight'),
        bias: v(w, 'bias'),
        out: v(w, 'out'),
        geometry: {
          ...{ batch: 2, inChannels: 32, inHeight: 4, inWidth: 5 },
          ...{ outChannels: 3, outHeight: 4, outWidth: 5, kernelHeight: 3, kernelWidth: 3 },
          ...{ strideHeight: 1, strideWidth: 1, padTop: 1, padLeft: 1 },
          ...{ dilationHeight: 1, dilationWidth: 1, groups: 1 },
        },
      })
    },
  },
} satisfies OpCalls
