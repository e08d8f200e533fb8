import { type FloatDType, Generator, manualSeed, nn, optim, rand, tensor } from '../../ts/index.js'
import { labels, type Parts, signed, training, type Training } from './training.js'

const { Sequential, Linear, Conv2d } = nn

/**
 * Twenty-one small trainings that between them pass through every layer, criterion and optimizer. A change
 * of one of them makes all its digests new, so do not change them without need.
 */
const table: Readonly<Record<string, (dtype: FloatDType) => Parts>> = {
  'two layers, SGD': (dtype) => {
    const model = new Sequential(
      new Linear(2, 4, { dtype }),
      new nn.Tanh(),
      new Linear(4, 1, { dtype }),
    )
    return {
      model,
      criterion: new nn.MSELoss(),
      optimizer: new optim.SGD(model.parameters(), { lr: 0.5 }),
      x: signed([4, 2], dtype),
      y: signed([4, 1], dtype),
    }
  },
  'one sample, Nesterov': (dtype) => {
    const model = new Sequential(
      new Linear(1, 100, { dtype }),
      new nn.ReLU(),
      new Linear(100, 1, { dtype }),
    )
    return {
      model,
      criterion: new nn.L1Loss({ reduction: 'sum' }),
      optimizer: new optim.SGD(model.parameters(), { lr: 1e-3, momentum: 0.9, nesterov: true }),
      x: signed([1, 1], dtype),
      y: signed([1, 1], dtype),
    }
  },
  'classes, SGD with dampening and decay': (dtype) => {
    const model = new Sequential(
      new Linear(33, 31, { dtype }),
      new nn.LeakyReLU(),
      new Linear(31, 17, { bias: false, dtype }),
    )
    const options = { lr: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 1e-2 }
    return {
      model,
      criterion: new nn.CrossEntropyLoss({ labelSmoothing: 0.1, ignoreIndex: 3 }),
      optimizer: new optim.SGD(model.parameters(), options),
      x: signed([19, 33], dtype),
      y: labels(19, 17),
    }
  },
  'BatchNorm1d, Dropout, Adam, clipped norm': (dtype) => {
    const model = new Sequential(
      new Linear(8, 32, { dtype }),
      new nn.BatchNorm1d(32, { dtype }),
      new nn.ReLU(),
      new Linear(32, 64, { dtype }),
      new nn.Dropout(0.25, { generator: new Generator(9) }),
      new nn.Sigmoid(),
      new Linear(64, 1, { dtype }),
    )
    return {
      model,
      criterion: new nn.MSELoss(),
      optimizer: new optim.Adam(model.parameters(), { lr: 0.01, weightDecay: 1e-3 }),
      x: signed([64, 8], dtype),
      y: signed([64, 1], dtype),
      clip: (parameters) => nn.utils.clipGradNorm_(parameters, 0.5),
    }
  },
  'LayerNorm, GELU, AdamW': (dtype) => {
    const model = new Sequential(
      new Linear(12, 24, { dtype }),
      new nn.LayerNorm(24, { dtype }),
      new nn.GELU(),
      new Linear(24, 3, { dtype }),
    )
    return {
      model,
      criterion: new nn.BCEWithLogitsLoss({ posWeight: tensor([1, 2, 3], { dtype }) }),
      optimizer: new optim.AdamW(model.parameters(), { lr: 0.01 }),
      x: signed([15, 12], dtype),
      y: rand([15, 3], { dtype }),
    }
  },
  'convolutions, BatchNorm2d, MaxPool2d, AMSGrad': (dtype) => {
    const model = new Sequential(
      new Conv2d(3, 16, 3, { padding: 1, bias: false, dtype }),
      new nn.BatchNorm2d(16, { dtype }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new Conv2d(16, 24, 3, { padding: 'same', dtype }),
      new nn.ReLU(),
      new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
      new nn.Flatten(),
      new Linear(216, 5, { dtype }),
    )
    return {
      model,
      criterion: new nn.CrossEntropyLoss({ weight: tensor([1, 2, 3, 4, 5], { dtype }) }),
      optimizer: new optim.Adam(model.parameters(), { lr: 2e-3, amsgrad: true }),
      x: signed([3, 3, 12, 12], dtype),
      y: labels(3, 5),
    }
  },
  'strided and dilated convolutions, GroupNorm, AvgPool2d, RMSprop': (dtype) => {
    const model = new Sequential(
      new Conv2d(2, 8, 5, { stride: 2, padding: 2, dtype }),
      new nn.GroupNorm(4, 8, { dtype }),
      new nn.SiLU(),
      new Conv2d(8, 6, 3, { groups: 2, dilation: 2, dtype }),
      new nn.AvgPool2d(2, { stride: 1, padding: 1 }),
      new nn.Flatten(),
      new Linear(150, 2, { dtype }),
    )
    const options = { lr: 1e-3, centered: true, momentum: 0.5, eps: 1e-2 }
    return {
      model,
      criterion: new nn.SmoothL1Loss({ beta: 0.5 }),
      optimizer: new optim.RMSprop(model.parameters(), options),
      x: signed([3, 2, 16, 16], dtype),
      y: signed([3, 2], dtype),
    }
  },
  'depthwise and 1x1 convolutions, InstanceNorm2d, NAdam': (dtype) => {
    const model = new Sequential(
      new Conv2d(6, 6, 3, { groups: 6, padding: 1, dtype }),
      new nn.InstanceNorm2d(6, { affine: true, dtype }),
      new nn.Swish(),
      new Conv2d(6, 12, 1, { dtype }),
      new nn.AdaptiveAvgPool2d(3),
      new nn.Flatten(),
      new Linear(108, 4, { dtype }),
    )
    return {
      model,
      criterion: new nn.CrossEntropyLoss(),
      optimizer: new optim.NAdam(model.parameters(), { lr: 5e-3, momentumDecay: 0.3 }),
      x: signed([2, 6, 9, 11], dtype),
      y: labels(2, 4),
    }
  },
  'a sequence: Conv1d, pools, RAdam': (dtype) => {
    const model = new Sequential(
      new nn.ReflectionPad1d(2),
      new nn.Conv1d(3, 7, 5, { dtype }),
      new nn.Softplus(),
      new nn.MaxPool1d(2),
      new nn.ConvTranspose1d(7, 4, 3, { stride: 2, dtype }),
      new nn.AvgPool1d(3),
      new nn.AdaptiveAvgPool1d(4),
      new nn.Flatten(),
      new Linear(16, 1, { dtype }),
    )
    return {
      model,
      criterion: new nn.HuberLoss({ delta: 0.3 }),
      optimizer: new optim.RAdam(model.parameters(), { lr: 0.01, betas: [0.9, 0.9] }),
      x: signed([4, 3, 21], dtype),
      y: signed([4, 1], dtype),
    }
  },
  'from codes to images: ConvTranspose2d, Upsample, Adamax': (dtype) => {
    const model = new Sequential(
      new Linear(5, 36, { dtype }),
      new nn.Unflatten(1, [4, 3, 3]),
      new nn.ConvTranspose2d(4, 6, 4, { stride: 2, padding: 1, dtype }),
      new nn.ReLU(),
      new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }),
      new Conv2d(6, 2, 3, { dtype }),
      new nn.Upsample({ size: 15 }),
      new nn.Sigmoid(),
    )
    return {
      model,
      criterion: new nn.BCELoss(),
      optimizer: new optim.Adamax(model.parameters(), { lr: 0.01, weightDecay: 1e-3 }),
      x: signed([3, 5], dtype),
      y: rand([3, 2, 15, 15], { dtype }),
    }
  },
  'an embedding, Adagrad': (dtype) => {
    const model = new Sequential(
      new nn.Embedding(11, 6, { paddingIdx: 2, dtype }),
      new nn.Flatten(),
      new Linear(24, 3, { dtype }),
    )
    return {
      model,
      criterion: new nn.MSELoss(),
      optimizer: new optim.Adagrad(model.parameters(), { lr: 0.05, lrDecay: 0.1 }),
      x: labels(20, 11).reshape([5, 4]),
      y: signed([5, 3], dtype),
    }
  },
  'LogSoftmax and NLLLoss, Adadelta': (dtype) => {
    const model = new Sequential(
      new Linear(9, 21, { dtype }),
      new nn.Tanh(),
      new Linear(21, 7, { dtype }),
      new nn.LogSoftmax(),
    )
    return {
      model,
      criterion: new nn.NLLLoss(),
      optimizer: new optim.Adadelta(model.parameters(), { weightDecay: 1e-3 }),
      x: signed([13, 9], dtype),
      y: labels(13, 7),
    }
  },
  'the whole set at each step, Rprop': (dtype) => {
    const model = new Sequential(
      new Linear(7, 19, { dtype }),
      new nn.Softplus(),
      new Linear(19, 3, { dtype }),
    )
    return {
      model,
      criterion: new nn.SmoothL1Loss(),
      optimizer: new optim.Rprop(model.parameters(), { stepSizes: [1e-5, 0.02] }),
      x: signed([23, 7], dtype),
      y: signed([23, 3], dtype),
    }
  },
  'branches, Lion': (dtype) => {
    const model = new Sequential(
      new nn.Residual(new Sequential(new Linear(6, 6, { dtype }), new nn.Tanh())),
      new nn.Concat([new Linear(6, 5, { dtype }), new nn.Identity()]),
      new nn.Split([new Linear(4, 3, { dtype }), new Linear(7, 5, { dtype })], { sizes: [4, 7] }),
      new nn.Parallel([new Linear(8, 2, { dtype }), new Linear(8, 2, { bias: false, dtype })]),
    )
    return {
      model,
      criterion: new nn.MSELoss({ reduction: 'sum' }),
      optimizer: new optim.Lion(model.parameters(), { lr: 2e-3, weightDecay: 0.1 }),
      x: signed([10, 6], dtype),
      y: signed([10, 2], dtype),
    }
  },
  'AdditiveCoupling, Adam without correction': (dtype) => {
    const inner = new Sequential(
      new Linear(4, 9, { dtype }),
      new nn.ReLU(),
      new Linear(9, 4, { dtype }),
    )
    const model = new Sequential(new nn.AdditiveCoupling(inner), new Linear(8, 8, { dtype }))
    return {
      model,
      criterion: new nn.MSELoss(),
      optimizer: new optim.Adam(model.parameters(), { lr: 0.01, biasCorrection: false }),
      x: signed([11, 8], dtype),
      y: signed([11, 8], dtype),
    }
  },
  'signs: BinaryLinear, SGD to maximize': (dtype) => {
    const model = new Sequential(
      new nn.BinaryLinear(16, 16, { dtype }),
      new nn.BatchNorm1d(16, { momentum: null, dtype }),
      new nn.Sign({ estimator: 'parabola' }),
      new Linear(16, 2, { dtype }),
      new nn.Tanh(),
    )
    return {
      model,
      criterion: new nn.MSELoss(),
      optimizer: new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.5, maximize: true }),
      x: signed([12, 16], dtype),
      y: signed([12, 2], dtype),
    }
  },
  'signs: BinaryConv2d, clipped values': (dtype) => {
    const model = new Sequential(
      new nn.BinaryConv2d(2, 9, 3, { padding: 1, dtype }),
      new nn.ReplicationPad2d(1),
      new Conv2d(9, 2, 3, { stride: 2, padding: 1, paddingMode: 'circular', dtype }),
      new nn.Flatten(),
      new Linear(18, 3, { dtype }),
    )
    return {
      model,
      criterion: new nn.CrossEntropyLoss(),
      optimizer: new optim.Adam(model.parameters(), { lr: 0.01, maximize: false }),
      x: signed([4, 2, 4, 4], dtype),
      y: labels(4, 3),
      clip: (parameters) => {
        nn.utils.clipGradValue_(parameters, 0.05)
      },
    }
  },
  'KLDivLoss, Quadratic': (dtype) => {
    const model = new Sequential(
      new nn.Quadratic(5, 4, { dtype }),
      new Linear(4, 6, { dtype }),
      new nn.LogSoftmax(),
    )
    return {
      model,
      criterion: new nn.KLDivLoss({ reduction: 'batchmean' }),
      optimizer: new optim.RMSprop(model.parameters(), { lr: 1e-3 }),
      x: signed([9, 5], dtype),
      y: rand([9, 6], { dtype }),
    }
  },
  'Softmax, Dropout2d, gradients of two passes': (dtype) => {
    const model = new Sequential(
      new Conv2d(1, 8, 3, { padding: 1, paddingMode: 'reflect', dtype }),
      new nn.Dropout2d(0.3, { generator: new Generator(5) }),
      new nn.Flatten(),
      new Linear(288, 10, { dtype }),
      new nn.Softmax(),
    )
    return {
      model,
      criterion: new nn.ProbabilityCrossEntropyLoss(),
      optimizer: new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 }),
      x: signed([5, 1, 6, 6], dtype),
      y: rand([5, 10], { dtype }),
      passes: 2,
    }
  },
  'groups of parameters, one unfrozen halfway': (dtype) => {
    const [first, second] = [new Linear(7, 15, { dtype }), new Linear(15, 2, { dtype })]
    const model = new Sequential(first, new nn.ReLU(), second)
    for (const parameter of first.parameters()) parameter.requiresGrad = false
    const optimizer = new optim.AdamW(
      [{ params: first.parameters(), lr: 1e-3 }, { params: second.parameters() }],
      { lr: 0.01, amsgrad: true },
    )
    return {
      model,
      criterion: new nn.MSELoss(),
      optimizer,
      x: signed([21, 7], dtype),
      y: signed([21, 2], dtype),
      clip: (parameters) => nn.utils.clipGradNorm_(parameters, 1, { normType: Infinity }),
      halfway() {
        for (const parameter of first.parameters()) parameter.requiresGrad = true
        optimizer.paramGroups[1]!.lr = 0.003
      },
    }
  },
  'products in packed panels, Adam': (dtype) => {
    const model = new Sequential(
      new Linear(70, 130, { dtype }),
      new nn.ReLU(),
      new Linear(130, 90, { dtype }),
      new nn.ReLU(),
      new Linear(90, 10, { dtype }),
    )
    return {
      model,
      criterion: new nn.CrossEntropyLoss(),
      optimizer: new optim.Adam(model.parameters(), { lr: 1e-3 }),
      x: signed([72, 70], dtype),
      y: labels(72, 10),
    }
  },
}

/** By name; each call makes one from the same seed. */
export const trainings: ReadonlyMap<string, (dtype: FloatDType) => Training> = new Map(
  Object.entries(table).map(([name, parts]) => [
    name,
    (dtype) => {
      manualSeed(20)
      return training(parts(dtype))
    },
  ]),
)
