import { Conv2dAlgorithm, type Conv2dGeometry } from '../../../ts/kernels/conv2d.js'
import { ActivationKind } from '../../../ts/kernels/kernels.js'
import { n, type OpCalls, v, values } from './op-call.js'

/** A 2x3 kernel over 5x6 images of 2 channels. */
const geometry: Conv2dGeometry = {
  ...{ batch: 3, inChannels: 2, inHeight: 5, inWidth: 6 },
  ...{ outChannels: 4, outHeight: 4, outWidth: 5, kernelHeight: 2, kernelWidth: 3 },
  ...{ strideHeight: 1, strideWidth: 1, padTop: 0, padLeft: 1 },
  ...{ dilationHeight: 1, dilationWidth: 1, groups: 1 },
}

export const conv2dCalls = {
  conv2d: {
    operands: () => ({
      x: values(geometry.batch * 2 * 30, 1),
      weight: values(4 * 2 * 6, 2),
      bias: values(4, 3),
      out: values(geometry.batch * 4 * 20, 4),
    }),
    run: (k, w) => {
      const kind = ActivationKind.relu
      const auto = Conv2dAlgorithm.auto
      k.conv2d({
        x: v(w, 'x'),
        weight: v(w, 'weight'),
        bias: v(w, 'bias'),
        out: v(w, 'out'),
        geometry,
        activation: kind,
        parameter: 0,
        algorithm: auto,
      })
    },
  },
  conv2dInputGradient: {
    operands: () => ({
      gradOut: values(geometry.batch * 4 * 20, 1),
      weight: values(4 * 2 * 6, 2),
      bias: values(2, 3),
      gradX: values(geometry.batch * 2 * 30, 4),
    }),
    run: (k, w) => {
      const auto = Conv2dAlgorithm.auto
      const bias = v(w, 'bias')
      k.conv2dInputGradient({
        gradOut: v(w, 'gradOut'),
        weight: v(w, 'weight'),
        bias,
        gradX: v(w, 'gradX'),
        geometry,
        algorithm: auto,
      })
    },
  },
  conv2dWeightGradient: {
    operands: () => ({
      x: values(geometry.batch * 2 * 30, 1),
      gradOut: values(geometry.batch * 4 * 20, 2),
      gradWeight: values(4 * 2 * 6, 3),
    }),
    run: (k, w) => {
      const auto = Conv2dAlgorithm.auto
      k.conv2dWeightGradient({
        x: v(w, 'x'),
        gradOut: v(w, 'gradOut'),
        gradWeight: v(w, 'gradWeight'),
        geometry,
        beta: 1,
        algorithm: auto,
      })
    },
  },
  channelSum: {
    operands: () => ({ x: values(2 * n * 3, 1), out: values(3, 2) }),
    run: (k, w) => {
      k.channelSum({ x: v(w, 'x'), out: v(w, 'out'), batch: 2, channels: 3, spatial: n, beta: 1 })
    },
  },
} satisfies OpCalls
