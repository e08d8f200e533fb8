import { type OpCalls, v, values } from './op-call.js'

export const groupNormCalls = {
  groupNorm: {
    operands: () => ({
      x: values(40, 1),
      weight: values(4, 2),
      bias: values(4, 3),
      mean: values(4, 4),
      inverseStd: values(4, 5),
      out: values(40, 6),
    }),
    run: (k, w) => {
      k.groupNorm(
        v(w, 'x'), v(w, 'weight'), v(w, 'bias'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'out'), 2, 4,
        5, 2, 1e-5,
      ) // prettier-ignore
    },
  },
  groupNormSums: {
    operands: () => ({
      x: values(40, 1),
      gradOut: values(40, 2),
      mean: values(4, 3),
      inverseStd: values(4, 4),
      sums: new Float64Array(16),
      gradWeight: values(4, 5),
      gradBias: values(4, 6),
    }),
    run: (k, w) => {
      k.groupNormSums(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'sums'),
        v(w, 'gradWeight'), v(w, 'gradBias'), 2, 4, 5, 2, 0, 1,
      ) // prettier-ignore
    },
  },
  groupNormGradient: {
    operands: () => ({
      x: values(40, 1),
      gradOut: values(40, 2),
      weight: values(4, 3),
      mean: values(4, 4),
      inverseStd: values(4, 5),
      sums: Float64Array.from({ length: 16 }, (_, i) => i),
      gradX: values(40, 6),
    }),
    run: (k, w) => {
      k.groupNormGradient(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'weight'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'sums'),
        v(w, 'gradX'), 2, 4, 5, 2,
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
