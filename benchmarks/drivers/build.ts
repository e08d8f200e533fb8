// A trial as a program over gradlane: what the drivers of gradlane share. It runs what users get, the
// compiled JavaScript in dist/: a transpiler that works at load time adds calls of its own to every
// function.
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import type * as Gradlane from '../../ts/index.js'
import { outputSize, type LayerSpec, type Trial } from '../trials.js'
import type { TrialFiles } from './serve.js'

// GRADLANE_BENCH_ROOT names another checkout whose dist/ and addon are measured instead.
const root = process.env['GRADLANE_BENCH_ROOT'] ?? fileURLToPath(new URL('../..', import.meta.url))
export const gradlane = (await import(
  pathToFileURL(join(root, 'dist', 'index.js')).href
)) as typeof Gradlane
const { data, fromTypedArray, manualSeed, nn, optim } = gradlane

type Loader = Gradlane.data.DataLoader<[Gradlane.Tensor, Gradlane.Tensor]>

export interface Built {
  readonly model: Gradlane.nn.Module
  readonly criterion: Gradlane.nn.MSELoss | Gradlane.nn.CrossEntropyLoss
  readonly optimizer: Gradlane.optim.SGD | Gradlane.optim.Adam
  readonly x: Gradlane.Tensor
  readonly y: Gradlane.Tensor
  readonly shuffled: Loader
  readonly inOrder: Loader
}

class CausalEncoder extends nn.Module {
  readonly encoder: Gradlane.nn.TransformerEncoder

  constructor({ features, heads, hidden, layers }: Extract<LayerSpec, { type: 'transformer' }>) {
    super()
    const options = { dimFeedforward: hidden, dropout: 0, batchFirst: true }
    const layer = new nn.TransformerEncoderLayer(features, heads, options)
    this.encoder = new nn.TransformerEncoder(layer, layers)
  }

  override forward(x: Gradlane.Tensor): Gradlane.Tensor {
    return this.encoder.forward(x, { isCausal: true })
  }
}

type Made = Map<LayerSpec, Gradlane.nn.Module>

function buildLayer(layer: LayerSpec, made: Made): Gradlane.nn.Module {
  const module = moduleOf(layer, made)
  made.set(layer, module)
  return module
}

function moduleOf(layer: LayerSpec, made: Made): Gradlane.nn.Module {
  switch (layer.type) {
    case 'linear':
      return new nn.Linear(layer.inputs, layer.outputs)
    case 'conv2d': {
      const { stride, padding } = layer
      return new nn.Conv2d(layer.inputs, layer.outputs, layer.kernel, { stride, padding })
    }
    case 'batchNorm':
      return layer.rank === 1
        ? new nn.BatchNorm1d(layer.features)
        : new nn.BatchNorm2d(layer.features)
    case 'maxPool2d':
      return new nn.MaxPool2d(layer.kernel)
    case 'avgPool2d':
      return new nn.AvgPool2d(layer.kernel)
    case 'lstm':
      return new nn.LastStep(new nn.LSTM(layer.inputs, layer.outputs, { batchFirst: true }))
    case 'gru':
      return new nn.EveryStep(new nn.GRU(layer.inputs, layer.outputs, { batchFirst: true }))
    case 'transformer':
      return new CausalEncoder(layer)
    case 'dropout':
      return new nn.Dropout(layer.p)
    case 'flatten':
      return new nn.Flatten()
    case 'relu':
      return new nn.ReLU()
    case 'sigmoid':
      return new nn.Sigmoid()
    case 'tanh':
      return new nn.Tanh()
    case 'residual':
      return new nn.Residual(
        new nn.Sequential(...layer.layers.map((inner) => buildLayer(inner, made))),
      )
  }
}

type Step = (x: Gradlane.Tensor) => Gradlane.Tensor

/**
 * The same layers in a `forward` alone: activation functions and sums are functions, and where there are
 * but dense layers these are, too.
 */
function freely(specs: readonly LayerSpec[], made: Made): Gradlane.nn.Module {
  const { add, matmul, sigmoid, tanh, transpose } = gradlane
  const isDense = specs.every(({ type }) => ['linear', 'relu', 'sigmoid', 'tanh'].includes(type))

  class Free extends nn.Module {
    readonly parts = new nn.ModuleList()
    readonly operands = new nn.ParameterList()
    readonly steps = specs.map((spec) => this.#stepOf(spec))

    override forward(x: Gradlane.Tensor): Gradlane.Tensor {
      let h = x
      for (const step of this.steps) h = step(h)
      return h
    }

    #stepOf(spec: LayerSpec): Step {
      const layer = made.get(spec)!
      switch (spec.type) {
        case 'relu':
          return (x) => nn.functional.relu(x)
        case 'sigmoid':
          return (x) => sigmoid(x)
        case 'tanh':
          return (x) => tanh(x)
        case 'flatten':
          return (x) => x.flatten(1)
        case 'residual': {
          const steps = spec.layers.map((inner) => this.#stepOf(inner))
          return (x) =>
            add(
              steps.reduce((h, step) => step(h), x),
              x,
            )
        }
        case 'linear':
          if (isDense) {
            const [weight, bias] = layer.parameters()
            const turned = new nn.Parameter(transpose(weight!.detach(), 0, 1))
            this.operands.append(turned).append(bias!)
            return (x) => add(matmul(x, turned), bias!)
          }
      }
      this.parts.append(layer)
      return (x) => (layer as Gradlane.nn.Module<[Gradlane.Tensor]>).forward(x)
    }
  }
  return new Free()
}

/** Rows of a tensor, without its methods: those of another build may take other arguments. */
export function rowsOf(tensor: Gradlane.Tensor, start: number, count: number): Gradlane.Tensor {
  const [rows = 1, ...sizes] = tensor.shape
  const size = tensor.length / rows
  return fromTypedArray(tensor.data.subarray(start * size, (start + count) * size), [
    count,
    ...sizes,
  ])
}

/** @param isFree Whether the model is written freely, for `loss.backward()`. */
export function build(trial: Trial, files: TrialFiles, isFree = false): Built {
  manualSeed(42)
  const made: Made = new Map()
  const layers = new nn.Sequential(...trial.layers.map((layer) => buildLayer(layer, made)))
  let taken = 0
  for (const parameter of layers.parameters()) {
    parameter.data.set(files.weights.subarray(taken, taken + parameter.length))
    taken += parameter.length
  }
  const model = isFree ? freely(trial.layers, made) : layers
  const spec = trial.optimizer
  const optimizer =
    spec.type === 'adam'
      ? new optim.Adam(model.parameters(), { lr: spec.lr })
      : new optim.SGD(model.parameters(), { lr: spec.lr, momentum: spec.momentum })
  const criterion = trial.loss === 'mse' ? new nn.MSELoss() : new nn.CrossEntropyLoss()
  const x = fromTypedArray(files.x, [trial.samples, ...trial.inputShape])
  const y = fromTypedArray(
    files.y,
    trial.loss === 'mse' ? [trial.samples, outputSize(trial)] : [trial.samples],
  )
  const loader = (shuffle: boolean): Loader =>
    new data.DataLoader([x, y], { batchSize: trial.batch, shuffle, dropLast: true })
  return { model, criterion, optimizer, x, y, shuffled: loader(true), inOrder: loader(false) }
}

/** Batch after batch, epoch after epoch. */
export function* endless<Batch>(loader: Iterable<Batch>): Generator<Batch, never> {
  for (;;) yield* loader
}
