import { cols, type OpCalls, rows, v, values } from './op-call.js'

export const layerNormCalls = {
  layerNorm: {
    operands: () => ({
      x: values(35, 1),
      weight: values(7, 2),
      bias: values(7, 3),
      mean: values(5, 4),
      inverseStd: values(5, 5),
      out: values(35, 6),
    }),
    run: (k, w) => {
      k.layerNorm(
        v(w, 'x'), v(w, 'weight'), v(w, 'bias'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'out'),
        rows, cols, 1e-5,
      ) // prettier-ignore
    },
  },
  layerNormGradient: {
    operands: () => ({
      x: values(35, 1),
      gradOut: values(35, 2),
      weight: values(7, 3),
      mean: values(5, 4),
      inverseStd: values(5, 5),
      gradX: values(35, 6),
    }),
    run: (k, w) => {
      k.layerNormGradient(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'weight'), v(w, 'mean'), v(w, 'inverseStd'),
        v(w, 'gradX'), rows, cols,
      ) // prettier-ignore
    },
  },
  layerNormAffineGradient: {
    operands: () => ({
      x: values(35, 1),
      gradOut: values(35, 2),
      mean: values(5, 4),
      inverseStd: values(5, 5),
      gradWeight: values(7, 6),
      gradBias: values(7, 7),
    }),
    run: (k, w) => {
      k.layerNormAffineGradient(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'gradWeight'),
        v(w, 'gradBias'), rows, cols, 0, 1,
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
