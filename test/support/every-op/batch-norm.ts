import { ActivationKind } from '../../../ts/kernels/kernels.js'
import { type OpCalls, v, values } from './op-call.js'

export const batchNormCalls = {
  batchNorm: {
    operands: () => ({
      x: values(30, 1),
      weight: values(3, 2),
      bias: values(3, 3),
      runningMean: values(3, 4),
      runningVar: values(3, 5),
      batches: Int32Array.of(3),
      mean: values(3, 6),
      inverseStd: values(3, 7),
      out: values(30, 8),
    }),
    run: (k, w) => {
      k.batchNorm(
        v(w, 'x'), v(w, 'weight'), v(w, 'bias'), v(w, 'runningMean'), v(w, 'runningVar'),
        v(w, 'batches'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'out'), 2, 3, 5, 1e-5, 0.1,
        ActivationKind.relu, 0,
      ) // prettier-ignore
    },
  },
  batchNormInference: {
    operands: () => ({
      x: values(30, 1),
      weight: values(3, 2),
      bias: values(3, 3),
      runningMean: values(3, 4),
      runningVar: Float32Array.of(1, 2, 3),
      mean: values(3, 6),
      inverseStd: values(3, 7),
      out: values(30, 8),
    }),
    run: (k, w) => {
      k.batchNormInference(
        v(w, 'x'), v(w, 'weight'), v(w, 'bias'), v(w, 'runningMean'), v(w, 'runningVar'),
        v(w, 'mean'), v(w, 'inverseStd'), v(w, 'out'), 2, 3, 5, 1e-5,
        ActivationKind.relu, 0,
      ) // prettier-ignore
    },
  },
  batchNormSums: {
    operands: () => ({
      x: values(30, 1),
      gradOut: values(30, 2),
      mean: values(3, 3),
      inverseStd: values(3, 4),
      sums: new Float64Array(6),
      gradWeight: values(3, 5),
      gradBias: values(3, 6),
    }),
    run: (k, w) => {
      k.batchNormSums(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'sums'),
        v(w, 'gradWeight'), v(w, 'gradBias'), 2, 3, 5, 0, 1,
      ) // prettier-ignore
    },
  },
  batchNormGradient: {
    operands: () => ({
      x: values(30, 1),
      gradOut: values(30, 2),
      weight: values(3, 3),
      mean: values(3, 4),
      inverseStd: values(3, 5),
      sums: Float64Array.of(1, 2, 3, 4, 5, 6),
      gradX: values(30, 6),
    }),
    run: (k, w) => {
      k.batchNormGradient(
        v(w, 'x'), v(w, 'gradOut'), v(w, 'weight'), v(w, 'mean'), v(w, 'inverseStd'), v(w, 'sums'),
        v(w, 'gradX'), 2, 3, 5,
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
