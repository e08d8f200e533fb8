/** Arguments that have to fit their receiver or each other, by the path of what is called or by its name. */
import { tableFromArrays } from 'apache-arrow'
import { readFileSync } from 'node:fs'
import path from 'node:path'

import {
  data,
  io,
  mul,
  nn,
  ones,
  onesLike,
  optim,
  sum,
  type Tensor,
  tensor,
} from '../../ts/index.js'
import { bytePairs } from '../support/tokenizers.js'
import { forecast, photos, steps } from './instances.js'
import { Halved, preprocessingRecipes } from './preprocessing.js'
import type { Draw } from './draw.js'
import type { Plausible } from './plausible.js'

type Recipe = (draw: Draw, plausible: Plausible, receiver: unknown) => unknown[]

/** A pass before it, most of the time. */
const backward: Recipe = (draw, plausible, receiver) => {
  const input = plausible.tensor(draw)
  const module = receiver as nn.Module
  return [input, onesLike(module.forward(input))]
}

const loss: Recipe = (draw) => {
  const prediction = tensor([
    [0.5, 0.2, 0.3],
    [0.1, 0.8, 0.1],
  ])
  return [prediction, draw.oneIn(2) ? ones([2, 3]) : tensor([0, 2], { dtype: 'int32' })]
}

/** Log-probabilities, labels and both lengths. */
const ctc: Recipe = (draw) => [
  mul(ones([5, 2, 3]), -1),
  tensor([1, 2, 1], { dtype: 'int32' }),
  draw.oneIn(2) ? [5, 4] : tensor([5, 3], { dtype: 'int32' }),
  [2, 1],
]

/** Of one sample. */
const attention: Recipe = (draw, _plausible, receiver) => {
  const { embedDim, kdim, vdim, out_proj } = receiver as nn.MultiheadAttention
  const { dtype } = out_proj.weight
  const [q, k, v] = [embedDim, kdim, vdim].map((width) => ones([2, width], { dtype }))
  return [q, k, v, { isCausal: draw.oneIn(2), needWeights: draw.oneIn(2) }]
}

/** Of as many sequences as the layer takes, four features wide. */
const transforming =
  (count: 1 | 2, causal: string): Recipe =>
  (draw) => [
    ...Array.from({ length: count }, () => ones([2, 3, 4])),
    draw.oneIn(2) ? {} : { [causal]: true },
  ]

const bagged: Recipe = (draw) => [
  tensor([0, 1, 1], { dtype: 'int32' }),
  draw.oneIn(2) ? { offsets: [0, 2] } : { offsets: tensor([0, 1, 1], { dtype: 'int32' }) },
]

interface Setting {
  readonly model: nn.Module
  readonly optimizer: optim.SGD
  readonly criterion: nn.Criterion
  readonly source: readonly [Tensor, Tensor]
}

function setting(): Setting {
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 3))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  const source = [ones([4, 3]), tensor([0, 1, 2, 1], { dtype: 'int32' })] as const
  return { model, optimizer, criterion: new nn.CrossEntropyLoss(), source }
}

/** The options of a function that trains, as the types draw them, with what fits the model. */
function training({ model, optimizer, criterion, source }: Setting, options: unknown): unknown[] {
  return [model, source, { ...(options as object), criterion, optimizer }]
}

function evaluating({ model, criterion, source }: Setting, options: unknown): unknown[] {
  return [model, source, { ...(options as object), criterion }]
}

const trains: Record<string, (own: Setting, options: unknown) => unknown[]> = {
  fit: training,
  fitSync: training,
  evaluate: evaluating,
  evaluateSync: evaluating,
  lrFind: training,
  lrFindSync: training,
  sanityCheck: training,
  sanityCheckSync: training,
}

/** Half of the time what the types gave is replaced by what fits. */
export function adapted(path: string, draw: Draw, args: unknown[]): unknown[] {
  const train = trains[path]
  if (train === undefined || draw.oneIn(4)) return args
  return train(setting(), args[2])
}

/** The bytes of a model's file. */
const saved: Recipe = () => [io.modelToBuffer(setting().model), {}]

/** As the pipeline of instances.ts was fitted. */
const sizes = () => new data.Table({ size: [1, 2, 3, 4], x: ['a', 'b', 'a', 'b'] })

/** The bytes of a pipeline's file. */
const savedPipeline: Recipe = (draw, plausible) => [
  (plausible.made(draw, 'data.Pipeline') as data.Pipeline).toBuffer(),
]

/** A layer of a user's own. */
class Named extends nn.Identity {}

const inputs = (draw: Draw): unknown => (draw.oneIn(3) ? {} : { x: ones([4, 3]) })

/** By path first, then by the name of a method. */
export const recipes: ReadonlyMap<string, Recipe> = new Map<string, Recipe>(
  Object.entries({
    backward,
    backwardParameters: backward,
    bmm: () => [ones([2, 3, 4]), ones([2, 4, 3])],
    dot: () => [ones([3]), ones([3])],
    outer: () => [ones([3]), ones([2])],
    scatterAdd: () => [ones([3]), 0, tensor([2, 0], { dtype: 'int32' }), ones([2])],
    'nn.functional.batchNorm': () => [ones([4, 3]), null, null, ones([3]), { training: true }],
    'nn.functional.glu': (draw) => [ones([2, 4]), draw.pick([-1, 1])],
    'nn.functional.nllLoss': () => [ones([2, 3]), tensor([0, 2], { dtype: 'int32' })],
    'nn.functional.binaryCrossEntropy': () => [mul(ones([2, 3]), 0.5), ones([2, 3])],
    'nn.functional.bilinear': () => [ones([5, 3]), ones([5, 2]), ones([4, 3, 2]), ones([4])],
    'nn.functional.conv1d': () => [ones([2, 4, 5]), ones([6, 2, 3]), ones([6]), { groups: 2 }],
    'nn.functional.conv2d': () => [ones([2, 4, 5, 5]), ones([6, 2, 3, 3]), { groups: 2 }],
    'nn.functional.convTranspose1d': () => [ones([2, 4, 5]), ones([4, 2, 3]), { groups: 2 }],
    'nn.functional.convTranspose2d': () => [ones([2, 4, 5, 5]), ones([4, 2, 3, 3]), null],
    'nn.Criterion.forward': loss,
    'nn.Criterion.backward': loss,
    'nn.MultiheadAttention.forward': attention,
    'nn.AdditiveCoupling.forward': () => [ones([3, 4])],
    'nn.AdditiveCoupling.inverse': () => [ones([3, 4])],
    'nn.PositionalEncoding.forward': (draw) => [ones([2, 3, 4]), { offset: draw.int(3) }],
    'nn.RotaryEmbedding': () => [4, { maxLength: 9 }],
    'nn.RotaryEmbedding.forward': (draw) => [ones([2, 3, 4]), { offset: draw.int(3) }],
    'nn.functional.rotary': (draw) => [ones([2, 3, 4]), { interleaved: draw.oneIn(2) }],
    'nn.TransformerEncoder': (draw, plausible) => [
      [plausible.made(draw, 'nn.TransformerEncoderLayer')],
      1,
      {},
    ],
    'nn.TransformerDecoder': (draw, plausible) => [
      plausible.made(draw, 'nn.TransformerDecoderLayer'),
      2,
    ],
    'nn.Transformer': () => [4, 2, { numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 5 }],
    'nn.TransformerEncoderLayer.forward': transforming(1, 'isCausal'),
    'nn.TransformerEncoder.forward': transforming(1, 'isCausal'),
    'nn.TransformerDecoderLayer.forward': transforming(2, 'tgtIsCausal'),
    'nn.TransformerDecoder.forward': transforming(2, 'tgtIsCausal'),
    'nn.Transformer.forward': transforming(2, 'srcIsCausal'),
    'nn.Bilinear.forward': (_draw, _plausible, receiver) => {
      const { in1Features, in2Features, weight } = receiver as nn.Bilinear
      const { dtype } = weight
      return [ones([2, in1Features], { dtype }), ones([2, in2Features], { dtype })]
    },
    'nn.utils.convertKernel': () => [ones([2, 3]), { from: 'io', to: 'oi' }],
    'nn.CosineEmbeddingLoss.forward': () => [ones([2, 3]), ones([2, 3]), tensor([1, -1])],
    'nn.CTCLoss.forward': ctc,
    'nn.CTCLoss.backward': ctc,
    'nn.functional.ctcLoss': ctc,
    'nn.EmbeddingBag.forward': bagged,
    'nn.functional.embeddingBag': (draw, ...rest) => {
      const [input, options] = bagged(draw, ...rest)
      return [input, ones([4, 3]), options]
    },
    'metrics.Metric.update': loss,
    'CapturedStep.run': (draw) => [inputs(draw), { times: 2, threads: 1 }],
    'CapturedStep.runSync': (draw) => [inputs(draw), { times: 2, threads: 1 }],
    'CapturedStep.scan': () => [{ x: ones([2, 4, 3]) }, { threads: 1 }],
    'CapturedStep.scanSync': () => [{ x: ones([2, 4, 3]) }, { threads: 1 }],
    loadStateDict: (draw, _plausible, receiver) => {
      const state: unknown = (receiver as { stateDict(): unknown }).stateDict()
      return draw.oneIn(2) ? [state] : [state, { strict: draw.oneIn(2) }]
    },
    generate: () => [() => ones([1, 2, 3]), [0, 2], { maxNewTokens: 2, topK: 2, stop: [1] }],
    einsum: () => ['ij,jk->ik', ones([2, 3]), ones([3, 4])],
    'Generator.setState': (_draw, _plausible, receiver) => [
      (receiver as { getState(): unknown }).getState(),
    ],
    ...preprocessingRecipes,
    'optim.SequentialLR': () => {
      const { optimizer } = setting()
      const schedulers = [new optim.ConstantLR(optimizer), new optim.ConstantLR(optimizer)]
      return [optimizer, { schedulers, milestones: [2] }]
    },
    'io.safetensorsFromBuffer': () => [io.safetensorsToBuffer({ x: ones([2]) }), {}],
    'data.readJsonLines': () => [Buffer.from('{"a":1}')],
    'data.readParquet': () => [
      readFileSync(new URL('../fixtures/data/rows.parquet', import.meta.url)),
    ],
    'data.fromArrow': () => [tableFromArrays({ x: [1, 2] })],
    'data.Pipeline.fit': () => [sizes(), { epochs: 1 }],
    'data.Pipeline.evaluate': () => [sizes(), {}],
    'data.Pipeline.partialFit': () => [sizes(), { lr: 0.1, replay: 4 }],
    'data.Pipeline.explain': () => [{ size: 2 }, {}],
    'data.Pipeline.load': savedPipeline,
    'data.Pipeline.fromBuffer': savedPipeline,
    'data.Vocabulary.build': () => [['so far', 'so good'], { level: 'word' }],
    'data.Vocabulary.fromJSON': () => [data.Vocabulary.build(['ab']).toJSON()],
    'data.Vocabulary.decode': () => [[0, 4, 5]],
    'data.loadTokenizer': () => [bytePairs],
    'data.Tokenizer.decode': () => [[0, 4, 5]],
    'data.Forecaster.fit': () => [steps(0, 40), { epochs: 1 }],
    'data.Forecaster.backtest': () => [steps(0, 60), { epochs: 1, origins: 2, coverage: 0.5 }],
    'data.Forecaster.predict': (draw) => [draw.oneIn(2) ? steps(0, 5) : null, { coverage: 0.5 }],
    'data.Forecaster.partialFit': () => [steps(40, 42), { lr: 1e-3 }],
    'data.Forecaster.load': () => [forecast],
    'data.permutationImportance': (draw, plausible) => [
      plausible.made(draw, 'data.Pipeline'),
      sizes(),
      { repeats: 1 },
    ],
    'data.populationStability': () => [[1, 2, 3], [2, 3, 4], {}],
    OnlineTrainer: () => {
      const criterion = new nn.MSELoss()
      const optimizer = (parameters: nn.Parameter[]) => new optim.SGD(parameters)
      return [new nn.Linear(3, 3), { criterion, optimizer, replay: 4 }]
    },
    'OnlineTrainer.partialFit': () => [ones([4, 3]), ones([4, 3])],
    'data.ImageFolder.open': () => [photos, {}],
    'data.readImage': () => [path.join(photos, 'cat', 'a.png'), {}],
    'io.readIdx': () => [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 6), {}],
    'io.readIdxSync': () => [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 6), {}],
    'io.loadModel': saved,
    'io.loadModelSync': saved,
    'io.modelFromBuffer': saved,
    'io.readModel': saved,
    'io.readModelSync': saved,
    'io.registerModule': () => ['Named', Named, { create: () => new Named() }],
    'data.registerTransformer': () => ['Halved', Halved, { create: () => new Halved() }],
    'Tensor.backward': () => [],
    'autograd.grad': (draw, plausible) => {
      const x = plausible.tensor(draw, [3]).to('float32').requiresGrad_()
      return [sum(mul(x, x)), [x], {}]
    },
    'autograd.Function.apply': (draw, plausible) => [plausible.tensor(draw, [3]).to('float32')],
    capture: () => [({ x }: { x: Tensor }) => mul(x, 3), { inputs: { x: ones([4, 3]) } }],
  } satisfies Record<string, Recipe>),
)
