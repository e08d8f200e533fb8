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
        { x: v(w, 'x'), weight: v(w, 'weight'), bias: v(w, 'bias'), mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), out: v(w, 'out'), batch: 2, channels: 4,
        spatial: 5, groups: 2, eps: 1e-5, }
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
        { x: v(w, 'x'), gradOut: v(w, 'gradOut'), mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), sums: v(w, 'sums'),
        gradWeight: v(w, 'gradWeight'), gradBias: v(w, 'gradBias'), batch: 2, channels: 4, spatial: 5, groups: 2, weightBeta: 0, biasBeta: 1, }
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
        { x: v(w, 'x'), gradOut: v(w, 'gradOut'), weight: v(w, 'weight'), mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), sums: v(w, 'sums'),
        gradX: v(w, 'gradX'), batch: 2, channels: 4, spatial: 5, groups: 2, }
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
