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
        { x: v(w, 'x'), weight: v(w, 'weight'), bias: v(w, 'bias'), mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), out: v(w, 'out'),
        rows, cols, eps: 1e-5, }
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
        { x: v(w, 'x'), gradOut: v(w, 'gradOut'), weight: v(w, 'weight'), mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'),
        gradX: v(w, 'gradX'), rows, cols, }
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
        { x: v(w, 'x'), gradOut: v(w, 'gradOut'), mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), gradWeight: v(w, 'gradWeight'),
        gradBias: v(w, 'gradBias'), rows, cols, weightBeta: 0, biasBeta: 1, }
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
