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
        { x: v(w, 'x'), weight: v(w, 'weight'), bias: v(w, 'bias'), runningMean: v(w, 'runningMean'), runningVar: v(w, 'runningVar'),
        batches: v(w, 'batches'), mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), out: v(w, 'out'), batch: 2, channels: 3, spatial: 5, eps: 1e-5, momentum: 0.1,
        activation: ActivationKind.relu, parameter: 0, }
      ) // prettier-ignore
    },
  },
  batchNormStatistics: {
    operands: () => ({
      x: values(30, 1),
      runningMean: values(3, 4),
      runningVar: values(3, 5),
      batches: Int32Array.of(3),
      mean: values(3, 6),
      inverseStd: values(3, 7),
      share: Float64Array.of(7),
    }),
    run: (k, w) => {
      k.batchNormStatistics(
        { x: v(w, 'x'), runningMean: v(w, 'runningMean'), runningVar: v(w, 'runningVar'), batches: v(w, 'batches'),
        mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), share: v(w, 'share'), batch: 2, channels: 3, spatial: 5, eps: 1e-5, momentum: 0.1,
        counted: true, }
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
        { x: v(w, 'x'), weight: v(w, 'weight'), bias: v(w, 'bias'), runningMean: v(w, 'runningMean'), runningVar: v(w, 'runningVar'),
        mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), out: v(w, 'out'), batch: 2, channels: 3, spatial: 5, eps: 1e-5,
        activation: ActivationKind.relu, parameter: 0, }
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
        { x: v(w, 'x'), gradOut: v(w, 'gradOut'), mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), sums: v(w, 'sums'),
        gradWeight: v(w, 'gradWeight'), gradBias: v(w, 'gradBias'), batch: 2, channels: 3, spatial: 5, weightBeta: 0, biasBeta: 1, }
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
        { x: v(w, 'x'), gradOut: v(w, 'gradOut'), weight: v(w, 'weight'), mean: v(w, 'mean'), inverseStd: v(w, 'inverseStd'), sums: v(w, 'sums'),
        gradX: v(w, 'gradX'), batch: 2, channels: 3, spatial: 5, }
      ) // prettier-ignore
    },
  },
} satisfies OpCalls
