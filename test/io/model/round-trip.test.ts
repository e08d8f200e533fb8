import { expect } from 'chai'

import {
  defaultGeneratorState,
  describedArguments,
  expectSame,
  outputsOf,
} from '../../support/saved-model.js'
import { io, manualSeed, nn, ones, optim, rand } from '../../../ts/index.js'
import { eachBackend } from '../../support/each-backend.js'
import { moduleCases } from '../../support/module-cases/index.js'

const { modelFromBuffer, modelToBuffer } = io

const reloaded = <M extends nn.Module>(model: M): M => modelFromBuffer(modelToBuffer(model)) as M

const padded = (padding: 1 | 2): (() => nn.Module)[] => [
  () => new nn.ZeroPad1d(padding),
  () => new nn.ZeroPad2d(padding),
  () => new nn.ReflectionPad1d(padding),
  () => new nn.ReflectionPad2d(padding),
  () => new nn.ReplicationPad1d(padding),
  () => new nn.ReplicationPad2d(padding),
  () => new nn.CircularPad1d(padding),
  () => new nn.CircularPad2d(padding),
]

/** Each option with two values at least. */
function recurrent(): (() => nn.Module)[] {
  const all = {
    numLayers: 2,
    bidirectional: true,
    dropout: 0.25,
    batchFirst: true,
    bias: false,
    dtype: 'float64',
  } as const
  const cell = { bias: false, dtype: 'float64' } as const
  return [
    () => new nn.RNN(2, 3),
    () => new nn.RNN(3, 2, { ...all, nonlinearity: 'relu' }),
    () => new nn.LSTM(2, 3),
    () => new nn.LSTM(3, 4, { ...all, projSize: 2 }),
    () => new nn.GRU(2, 3),
    () => new nn.GRU(3, 2, all),
    () => new nn.RNNCell(2, 3),
    () => new nn.RNNCell(3, 2, { ...cell, nonlinearity: 'relu' }),
    () => new nn.LSTMCell(2, 3),
    () => new nn.LSTMCell(3, 2, cell),
    () => new nn.GRUCell(2, 3),
    () => new nn.GRUCell(3, 2, cell),
  ] as unknown as (() => nn.Module)[]
}

/** Each option with two values at least; of an odd layer, a frozen one and one in evaluation mode. */
function transforming(): (() => nn.Module)[] {
  const small = { dimFeedforward: 3 }
  const other = {
    ...{ dimFeedforward: 2, dropout: 0.25, activation: 'gelu' as const, layerNormEps: 1e-3 },
    ...{ batchFirst: true, normFirst: true, bias: false, dtype: 'float64' as const },
  }
  const encoderLayers = [
    () => new nn.TransformerEncoderLayer(2, 1, small),
    () => new nn.TransformerEncoderLayer(4, 2, other),
  ]
  const decoderLayers = [
    () => new nn.TransformerDecoderLayer(2, 1, small),
    () => new nn.TransformerDecoderLayer(4, 2, other),
  ]
  const odd = (): nn.TransformerEncoder => {
    const encoder = new nn.TransformerEncoder(encoderLayers[0]!(), 2, { norm: new nn.LayerNorm(2) })
    encoder.layers[1] = new nn.TransformerEncoderLayer(2, 2, other)
    encoder.layers[0]!.requiresGrad_(false).eval()
    return encoder
  }
  return [
    ...encoderLayers,
    ...decoderLayers,
    () => new nn.TransformerEncoder(encoderLayers[0]!(), 3),
    odd,
    () => new nn.TransformerDecoder(decoderLayers[1]!(), 1),
    () => new nn.TransformerDecoder(decoderLayers.map((make) => make())),
    () => new nn.Transformer(2, 1, { ...small, numEncoderLayers: 1, numDecoderLayers: 2 }),
    () => new nn.Transformer(4, 2, { ...other, numEncoderLayers: 0, numDecoderLayers: 1 }),
    () => new nn.Transformer(2, 2, { ...small, numDecoderLayers: 1, customEncoder: odd() }),
  ] as unknown as (() => nn.Module)[]
}

/** What the cases leave out: modules that differ from the default in every option. */
const others: readonly (() => nn.Module)[] = [
  () => new nn.Embedding(5, 3, { paddingIdx: -2, dtype: 'float64' }),
  () => new nn.Embedding(4, 2),
  () => new nn.EmbeddingBag(4, 2, { dtype: 'float64' }) as unknown as nn.Module,
  () =>
    new nn.EmbeddingBag(5, 3, {
      mode: 'max',
      includeLastOffset: true,
      paddingIdx: -2,
    }) as unknown as nn.Module,
  () => new nn.ColumnEmbedding(5, 3, { paddingIdx: 1 }),
  () => new nn.ColumnEmbedding(4, 2, { dtype: 'float64' }),
  () => new nn.GELU({ approximate: 'tanh' }),
  () => new nn.Softplus(3),
  () => new nn.Swish(0.5),
  () => new nn.Flatten(2, 3),
  () => new nn.Upsample({ size: [3, 4], mode: 'bilinear', alignCorners: true }),
  () => new nn.Upsample({ scaleFactor: [2, 1.5] }),
  () => new nn.Upsample({ scaleFactor: 2, mode: 'linear' }),
  () => new nn.ConstantPad1d([1, -2], -Infinity),
  () => new nn.ConstantPad2d([1, 2, -3, 4], NaN),
  () => new nn.ConstantPad1d(1, -0),
  () => new nn.BatchNorm1d(7, { momentum: null, eps: 0.5, affine: false }),
  () => new nn.BatchNorm1d(2, { trackRunningStats: false }),
  () => new nn.BatchNorm1d(2, { sync: true }),
  () => new nn.Dropout(0.25),
  () => new nn.Dropout2d(0),
  () => new nn.Dropout1d(0.25),
  () => new nn.PixelShuffle(3),
  () => new nn.PixelUnshuffle(3),
  () => new nn.Unfold(2, { dilation: 2 }),
  () => new nn.AdaptiveMaxPool2d([5, null]),
  () => new nn.Bilinear(2, 3, 4) as unknown as nn.Module,
  () => new nn.Bilinear(3, 2, 1, { bias: false, dtype: 'float64' }) as unknown as nn.Module,
  ...recurrent(),
  () => new nn.MultiheadAttention(4, 2) as unknown as nn.Module,
  () =>
    new nn.MultiheadAttention(6, 3, {
      dropout: 0.25,
      bias: false,
      addBiasKv: true,
      addZeroAttn: true,
      kdim: 5,
      vdim: 7,
      batchFirst: true,
      dtype: 'float64',
    }) as unknown as nn.Module,
  ...transforming(),
  () => new nn.PositionalEncoding(3) as unknown as nn.Module,
  () =>
    new nn.PositionalEncoding(4, {
      ...{ maxLength: 2, dropout: 0.25, batchFirst: true },
    }) as unknown as nn.Module,
  () => new nn.RotaryEmbedding(2) as unknown as nn.Module,
  () =>
    new nn.RotaryEmbedding(4, {
      ...{ maxLength: 2, base: 10, interleaved: true },
    }) as unknown as nn.Module,
  () => new nn.EveryStep(new nn.LSTM(2, 3)),
  () => new nn.LastStep(new nn.GRU(2, 3, { bidirectional: true })),
  () => new nn.CosineSimilarity() as unknown as nn.Module,
  () => new nn.CosineSimilarity({ dim: -1, eps: 0.5 }) as unknown as nn.Module,
  () => new nn.RandomCrop([3, 2], { padding: [1, 2], fill: -1 }),
  () => new nn.RandomHorizontalFlip(0.25),
  () => new nn.RandomTranslation(0.25, 0.5, { fill: 3 }),
  () => new nn.RandomErasing(0.25, { scale: [0.1, 0.2], ratio: [1, 2], value: 5 }),
  () => new nn.RandomBrightness(0.25),
  () => new nn.Normalize([1, 2], [3, 4], { dtype: 'float64' }),
  () => new nn.BinaryConv2d(1, 2, 3, { binarizeInput: false }),
  () => new nn.AdaptiveAvgPool1d(7),
  () => new nn.MaxPool1d(9, { stride: 2, padding: 3 }),
  () => new nn.MaxPool2d(3),
  () => new nn.AvgPool1d(9),
  () => new nn.BatchNorm2d(3, { trackRunningStats: false, momentum: 0, eps: 0, dtype: 'float64' }),
  () => new nn.BatchNorm2d(3, { affine: false, trackRunningStats: false }),
  ...padded(1),
  ...padded(2),
  () => new nn.PackedBinaryLinear(1, 2),
  () => new nn.PackedBinaryLinear(2, 1),
  () => new nn.PackedBinaryConv2d(1, 2, 3),
  () => new nn.PackedBinaryConv2d(2, 1, 3),
  () => new nn.LayerNorm([2, 3], { bias: false, eps: 0 }),
  () => new nn.LayerNorm(4, { elementwiseAffine: false }),
  () => new nn.GroupNorm(5, 15, { affine: false, eps: 1 }),
  () => new nn.InstanceNorm2d(9, { affine: true, eps: 1, dtype: 'float64' }),
  () => new nn.Quadratic(3, 3, { b: -2, bias: false }),
  () => new nn.AvgPool1d(4, { stride: 3, padding: 1, ceilMode: true, countIncludePad: false }),
  () =>
    new nn.AvgPool2d([2, 3], {
      ...{ stride: [1, 2], padding: [1, 0], ceilMode: true },
      ...{ countIncludePad: false, divisorOverride: 0.5 },
    }),
  () => new nn.MaxPool1d(4, { stride: 3, padding: 1, dilation: 2, ceilMode: true }),
  () => new nn.MaxPool2d([2, 3], { stride: 2, padding: [1, 0], dilation: [1, 2], ceilMode: true }),
  () => new nn.AdaptiveAvgPool2d([5, null]),
  () => new nn.ConvTranspose1d(2, 4, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
  () => new nn.ConvTranspose1d(1, 1, 3, { dilation: 3, bias: false }),
  () =>
    new nn.ConvTranspose2d(2, 4, [3, 2], {
      ...{ stride: [2, 3], padding: [1, 0], outputPadding: [1, 2], groups: 2 },
      ...{ dilation: [2, 1], bias: false, dtype: 'float64' },
    }),
  () =>
    new nn.Conv1d(2, 4, 3, {
      ...{ stride: 2, padding: 'same', dilation: 2, groups: 2, bias: false },
      ...{ paddingMode: 'circular', dtype: 'float64' },
    }),
  () => new nn.Conv2d(2, 4, 3, { padding: 'valid', paddingMode: 'reflect' }),
  () => new nn.BinaryLinear(40, 3, { bias: true }).pack(),
  () => new nn.BinaryLinear(40, 3, { dtype: 'float64' }).pack(),
  () =>
    new nn.BinaryConv2d(4, 6, [3, 2], {
      ...{ stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2, bias: true },
      ...{ paddingMode: 'reflect', dtype: 'float64' },
    }).pack(),
  () => new nn.BinaryConv2d(4, 6, 3).pack(),
  () => new nn.Split([new nn.Identity(), new nn.ReLU()], { dim: -1, sizes: [2, 3] }),
  () => new nn.Concat({ b: new nn.Identity(), 1: new nn.ReLU(), $module: new nn.Tanh() }),
  () => new nn.AdditiveCoupling(new nn.ReLU(), { dim: -2 }),
  () => new nn.ModuleList(),
  () => new nn.ModuleList([new nn.Linear(2, 3), new nn.ReLU()]),
  () => new nn.ModuleDict(),
  () => new nn.ModuleDict({ b: new nn.Identity(), 1: new nn.ReLU() }),
  () =>
    new nn.Sequential([
      ['b', new nn.ReLU()],
      ['1', new nn.Identity()],
      ['__proto__', new nn.Linear(2, 2)],
      ['constructor', new nn.Tanh()],
    ]),
]

describe('a model in a file', () => {
  eachBackend(() => {
    for (const { title, make, shapes, evaluating = false } of moduleCases) {
      it(`gives the same module again: ${title}`, () => {
        for (const dtype of ['float32', 'float64'] as const) {
          manualSeed(3)
          const model = make(dtype)
          if (evaluating) model.eval()
          const [shape] = shapes.find(([sizes]) => !sizes.includes(0))!
          expectSame(reloaded(model), model)
          const input = rand(shape, { dtype })
          expect(outputsOf(reloaded(model), input)).to.deep.equal(outputsOf(model, input))
        }
      })
    }
  })

  it('gives modules of uncommon options again', () => {
    for (const make of others) {
      const model = make()
      expectSame(reloaded(model), model)
    }
  })

  it('knows every module of nn, and every option by two values', () => {
    const made = [
      ...moduleCases.map(({ make }) => make('float32')),
      ...moduleCases.map(({ make }) => make('float64')),
      ...others.map((make) => make()),
    ].flatMap((model) => model.modules())
    const names = Object.entries(nn).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof nn.Module ? [name] : [],
    )
    // a base class, and parts of a class of one's own, which a file does not hold
    const apart = ['Activation', 'ParameterList', 'ParameterDict']
    const concrete = names.filter((name) => !apart.includes(name))
    const missing = concrete.filter(
      (name) => !made.some((module) => module.constructor === nn[name as keyof typeof nn]),
    )
    expect(missing, 'in no case').to.deep.equal([])

    const values = new Map<string, Set<string>>()
    for (const module of made) {
      for (const [name, value] of describedArguments(module)) {
        const key = `${module.constructor.name}.${name}`
        values.set(key, (values.get(key) ?? new Set()).add(value))
      }
    }
    const single = [...values].filter(([, seen]) => seen.size < 2).map(([key]) => key)
    expect(single, 'of one value in all cases').to.have.members([
      // there is no other
      ...['InstanceNorm2d.trackRunningStats'],
      ...['ConvTranspose1d.paddingMode', 'ConvTranspose2d.paddingMode'],
      // modules, which are compared by what they are
      ...[
        'ModuleList.0',
        'ModuleDict.0',
        'TransformerEncoder.0',
        'TransformerEncoder.norm',
        'TransformerDecoder.norm',
      ],
      // said by the encoder and the decoder
      ...[
        'numEncoderLayers',
        'numDecoderLayers',
        'dimFeedforward',
        'dropout',
        'activation',
        'layerNormEps',
        'normFirst',
        'bias',
        'dtype',
      ].map((name) => `Transformer.${name}`),
    ])
  })

  it('keeps which modules train, which parameters are frozen and what is shared', () => {
    const twice = new nn.Linear(3, 3)
    const tied = new nn.Linear(3, 3)
    const model = new nn.Sequential(
      ...[new nn.Linear(2, 3), twice, new nn.Sequential(new nn.BatchNorm1d(3), twice), tied],
    )
    tied.weight = twice.weight
    model.eval()
    model.at(2)!.train()
    twice.eval()
    twice.weight.requiresGrad = false
    const again = reloaded(model)
    expectSame(again, model)
    const [, , inner, last] = again.children() as [nn.Module, nn.Module, nn.Sequential, nn.Linear]
    expect(again.at(1)).to.equal(inner.at(1))
    expect(last.weight).to.equal((again.at(1) as nn.Linear).weight)
    expect(last.bias).to.not.equal((again.at(1) as nn.Linear).bias)
    expect(again.modules().map(({ training }) => training)).to.deep.equal(
      model.modules().map(({ training }) => training),
    )
    expect(again.parameters().map(({ requiresGrad }) => requiresGrad)).to.deep.equal([
      ...[true, true, false, true, true, true, true],
    ])
  })

  it('draws no random number', () => {
    manualSeed(5)
    const bytes = modelToBuffer(new nn.Sequential(new nn.Linear(3, 3), new nn.Dropout()))
    const before = defaultGeneratorState()
    modelToBuffer(modelFromBuffer(bytes))
    expect(defaultGeneratorState()).to.deep.equal(before)
  })

  it('trains on as the model would have', () => {
    manualSeed(1)
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 2))
    const again = reloaded(model)
    const criterion = new nn.MSELoss()
    for (const one of [model, again]) {
      const optimizer = new optim.Adam(one.parameters())
      for (let step = 0; step < 3; step++) {
        const x = ones([2, 3])
        x.data[0] = step
        optimizer.zeroGrad()
        one.backward(x, criterion.backward(one.forward(x), ones([2, 2])))
        optimizer.step()
      }
    }
    expectSame(again, model)
  })

  it('has parameters of its own after the optimizer has put them into one piece of memory', () => {
    const model = new nn.Sequential(new nn.Linear(3, 2), new nn.Linear(2, 1))
    new optim.Adam(model.parameters())
    const again = reloaded(model)
    expectSame(again, model)
    const buffers = again.parameters().map(({ buffer }) => buffer)
    expect(new Set(buffers).size).to.equal(4)
  })
})
