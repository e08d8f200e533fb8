/** What types do not tell: instances that fit each other, and those whose constructor is internal. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

import sharp from 'sharp'

import {
  autograd,
  capture,
  data,
  fitSync,
  Generator,
  mul,
  nn,
  ones,
  optim,
  sum,
  type Tensor,
  tensor,
} from '../../ts/index.js'
import { bytePairs } from '../support/tokenizers.js'
import { preprocessing } from './preprocessing.js'
import type { Draw } from './draw.js'
import type { Plausible } from './plausible.js'

type Make = (draw: Draw, plausible: Plausible) => object

/** A layer of a user's own. */
class Twice extends nn.Module {
  override computeOutput(input: Tensor): Tensor {
    return mul(input, 2)
  }
  override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return mul(gradOutput, 2)
  }
}

/** An operation of a user's own. */
class Doubled extends autograd.Function {
  static forward(_ctx: autograd.Context, x: Tensor): Tensor {
    return mul(x, 2)
  }
  static backward(_ctx: autograd.Context, gradient: Tensor): Tensor {
    return mul(gradient, 2)
  }
}

function model(draw: Draw, plausible: Plausible): nn.Module {
  switch (draw.int(5)) {
    case 0:
      return new nn.Linear(3, 3)
    case 1:
      return new nn.Sequential(new nn.Linear(3, 4), new nn.Dropout(0.5), new nn.Linear(4, 3))
    case 2:
      return new nn.Sequential(new nn.BatchNorm1d(3), new nn.ReLU(), new nn.Linear(3, 3))
    case 3:
      return new nn.Sequential(new Twice(), new nn.Linear(3, 3))
    default:
      return plausible.made(draw, draw.pick(plausible.concrete('nn.Module'))) as nn.Module
  }
}

const recurrent = (draw: Draw): nn.RNN | nn.GRU | nn.LSTM =>
  new nn[draw.pick(['RNN', 'GRU', 'LSTM'] as const)](3, 2)

const encoderLayer = () => new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 5 })
const decoderLayer = () => new nn.TransformerDecoderLayer(4, 2, { dimFeedforward: 5 })
const encoder = () => new nn.TransformerEncoder(encoderLayer(), 2)
const decoder = () => new nn.TransformerDecoder(decoderLayer(), 1, { norm: new nn.LayerNorm(4) })

const features = (): Tensor => tensor(Array.from({ length: 4 }, (_, i) => [i, 1, -i]))

const targets = (draw: Draw): Tensor =>
  draw.oneIn(2) ? tensor([0, 1, 2, 1], { dtype: 'int32' }) : ones([4, 3])

const dataset = (draw: Draw): data.TensorDataset<readonly Tensor[]> =>
  new data.TensorDataset([features(), targets(draw)])

export const photos = mkdtempSync(path.join(tmpdir(), 'gradlane-fuzz-'))
process.on('exit', () => {
  rmSync(photos, { recursive: true, force: true })
})
mkdirSync(path.join(photos, 'cat'))
await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
  .png()
  .toFile(path.join(photos, 'cat', 'a.png'))
const folder = await data.ImageFolder.open(photos)

const optimizer = (draw: Draw, plausible: Plausible): object => {
  const kinds = plausible.concrete('optim.Optimizer').filter((path) => path !== 'optim.Optimizer')
  return plausible.made(draw, draw.pick(kinds))
}

const flowers = new data.Table({ size: [1, 2, 3, 4, 5, 6], x: ['a', 'b', 'a', 'b', 'a', 'b'] })

/** Rows of a series, from one step to another. */
export function steps(from: number, to: number): data.Table {
  const t = Array.from({ length: to - from }, (_, i) => from + i)
  return new data.Table({ t, y: t.map((each) => (each * each) % 7) })
}

const fitted = await (async () => {
  const pipeline = new data.Pipeline({ target: 'x' })
  await pipeline.fit(flowers, { epochs: 1 })
  return pipeline.toBuffer()
})()

/** The bytes of a forecaster's file. */
export const forecast = await (async () => {
  const forecaster = new data.Forecaster({ time: 't', target: 'y', horizon: 2, past: 3 })
  await forecaster.fit(steps(0, 40), { epochs: 1 })
  return forecaster.toBuffer()
})()
const loadedTokenizer = await data.loadTokenizer(bytePairs)
const loadedForecaster = await data.Forecaster.load(forecast)

/** By the names of classes. */
export const instances: ReadonlyMap<string, Make> = new Map(
  Object.entries<Make>({
    // Some with a graph.
    Tensor: (draw, plausible) =>
      draw.oneIn(4)
        ? sum(plausible.tensor(draw).to('float32').requiresGrad_())
        : plausible.tensor(draw),
    Generator: () => new Generator(1),
    'data.ImageFolder': () => folder,
    'nn.Module': model,
    'nn.EveryStep': (draw) => new nn.EveryStep(recurrent(draw)),
    'nn.LastStep': (draw) => new nn.LastStep(recurrent(draw)),
    'nn.AdditiveCoupling': () => new nn.AdditiveCoupling(new nn.Linear(2, 2)),
    'nn.PositionalEncoding': () => new nn.PositionalEncoding(4, { maxLength: 9 }),
    'nn.RotaryEmbedding': () => new nn.RotaryEmbedding(4, { maxLength: 9 }),
    'nn.TransformerEncoderLayer': encoderLayer,
    'nn.TransformerDecoderLayer': decoderLayer,
    'nn.TransformerEncoder': encoder,
    'nn.TransformerDecoder': decoder,
    'nn.Transformer': () =>
      new nn.Transformer(4, 2, { customEncoder: encoder(), customDecoder: decoder() }),
    ...preprocessing,
    'optim.OneCycleLR': () => {
      const updates = new optim.SGD([new nn.Parameter(ones([2]))])
      return new optim.OneCycleLR(updates, { maxLr: 0.1, totalSteps: 5 })
    },
    'optim.SequentialLR': () => {
      const updates = new optim.SGD([new nn.Parameter(ones([2]))])
      const schedulers = [
        new optim.ConstantLR(updates),
        new optim.ExponentialLR(updates, { gamma: 0.9 }),
      ]
      return new optim.SequentialLR(updates, { schedulers, milestones: [2] })
    },
    'optim.Optimizer': optimizer,
    'data.Pipeline': () => data.Pipeline.fromBuffer(fitted),
    'data.Forecaster': () => loadedForecaster,
    'data.Vocabulary': () => data.Vocabulary.build(['so far', 'so good']),
    'data.Tokenizer': () => loadedTokenizer,
    Importance: () => ({ metric: 'r2', score: 1, rows: 1, repeats: 1, columns: [] }),
    CapturedStep: () => capture(({ x }) => mul(x, 2), { inputs: { x: ones([4, 3]) } }),
    History: () => {
      const layer = new nn.Linear(3, 3)
      const criterion = new nn.MSELoss()
      const updates = new optim.SGD(layer.parameters())
      return fitSync(layer, [features(), ones([4, 3])], { criterion, optimizer: updates })
    },
  }),
)

/** What the static methods of an abstract class are called on. */
export const derived: ReadonlyMap<string, object> = new Map([['autograd.Function', Doubled]])

/** By the names of interfaces. */
export const objects: ReadonlyMap<string, Make> = new Map(
  Object.entries<Make>({
    TrainingOptimizer: optimizer,
    Schedulable: optimizer,
    Dataset: dataset,
  }),
)
