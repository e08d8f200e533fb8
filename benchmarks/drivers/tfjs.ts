// TensorFlow.js: node --import tsx benchmarks/drivers/tfjs.ts wasm|cpu <threads>
import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'

import * as tf from '@tensorflow/tfjs'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'

import { outputSize, type LayerSpec, type OptimizerSpec, type Trial } from '../trials.js'
import { serve, type Session, type TrialFiles } from './serve.js'

const [backend = 'wasm', threads = '1'] = process.argv.slice(2)

if (backend === 'wasm') {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
  setWasmPaths(dirname(entry) + sep)
  setThreadsCount(Number(threads))
}
if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend ${backend}`)

/** A layer, and the shape of what it gives for a sample of `shape`: (features), or (height, width, channels). */
function buildLayer(layer: LayerSpec, shape: readonly number[]): [tf.layers.Layer, number[]] {
  const inputShape = [...shape]
  const [height = 1, width = 1, channels = 1] = shape
  switch (layer.type) {
    case 'linear':
      return [tf.layers.dense({ units: layer.outputs, inputShape }), [layer.outputs]]
    case 'conv2d': {
      const { outputs, kernel, stride, padding } = layer
      if (padding !== 0 && (stride !== 1 || padding !== (kernel - 1) / 2)) {
        throw new Error(`TensorFlow.js has no padding of ${padding} for a kernel of ${kernel}`)
      }
      const same = padding === 0 ? 'valid' : 'same'
      const out = (size: number): number => Math.floor((size + 2 * padding - kernel) / stride) + 1
      return [
        tf.layers.conv2d({
          filters: outputs,
          kernelSize: kernel,
          strides: stride,
          padding: same,
          inputShape,
        }),
        [out(height), out(width), outputs],
      ]
    }
    case 'batchNorm': // momentum and eps of PyTorch
      return [
        tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5, inputShape }),
        inputShape,
      ]
    case 'maxPool2d':
    case 'avgPool2d': {
      const poolSize = layer.kernel
      const out = (size: number): number => Math.floor(size / poolSize)
      return [
        layer.type === 'maxPool2d'
          ? tf.layers.maxPooling2d({ poolSize })
          : tf.layers.averagePooling2d({ poolSize }),
        [out(height), out(width), channels],
      ]
    }
    case 'dropout':
      return [tf.layers.dropout({ rate: layer.p, inputShape }), inputShape]
    case 'flatten':
      return [
        tf.layers.flatten({ inputShape }),
        [shape.reduce((product, size) => product * size, 1)],
      ]
    case 'lstm':
    case 'gru':
    case 'transformer':
    case 'residual':
      throw new Error(missing[layer.type])
    default:
      return [tf.layers.activation({ activation: layer.type, inputShape }), inputShape]
  }
}

/** Why a layer is not there. */
const missing: Partial<Record<LayerSpec['type'], string>> = {
  lstm: 'TensorFlow.js has one bias where the others have two: another training',
  gru: 'TensorFlow.js has one bias where the others have two: another training',
  transformer: 'TensorFlow.js does not export its layer of attention',
  residual: 'this driver has chains of layers alone',
}

function buildModel(trial: Trial, weights: Float32Array): tf.Sequential {
  for (const { type } of trial.layers) {
    if (missing[type] !== undefined) throw new Error(missing[type])
  }
  const model = tf.sequential()
  let taken = 0
  const take = (...shape: number[]): tf.Tensor => {
    const length = shape.reduce((product, size) => product * size, 1)
    taken += length
    return tf.tensor(weights.subarray(taken - length, taken), shape)
  }
  let shape = inputShapeOf(trial)
  let flattened: readonly number[] = [] // (height, width, channels), before a dense layer sees it
  for (const layer of trial.layers) {
    const before = shape
    const [built, after] = buildLayer(layer, shape)
    model.add(built)
    shape = after
    if (layer.type === 'flatten') {
      flattened = before
    } else if (layer.type === 'linear') {
      // Its inputs are in the order of (channels, height, width) in the file.
      const [height = 1, width = 1, channels = layer.inputs] = flattened
      const weight = take(layer.outputs, channels, height, width).transpose([2, 3, 1, 0])
      built.setWeights([weight.reshape([layer.inputs, layer.outputs]), take(layer.outputs)])
      flattened = []
    } else if (layer.type === 'conv2d') {
      const weight = take(layer.outputs, layer.inputs, layer.kernel, layer.kernel)
      built.setWeights([weight.transpose([2, 3, 1, 0]), take(layer.outputs)])
    } else if (layer.type === 'batchNorm') {
      const [, , mean, variance] = built.getWeights()
      built.setWeights([take(layer.features), take(layer.features), mean!, variance!])
    }
  }
  return model
}

/** TensorFlow.js computes on (height, width, channels). */
function inputShapeOf(trial: Trial): readonly number[] {
  const [channels, height, width] = trial.inputShape
  return height === undefined ? trial.inputShape : [height, width!, channels!]
}

function buildOptimizer(spec: OptimizerSpec): tf.Optimizer {
  if (spec.type === 'adam') return tf.train.adam(spec.lr, 0.9, 0.999, 1e-8)
  return spec.momentum > 0 ? tf.train.momentum(spec.lr, spec.momentum) : tf.train.sgd(spec.lr)
}

function shuffled(count: number): Int32Array {
  return Int32Array.from(tf.util.createShuffledIndices(count))
}

function prepare(trial: Trial, files: TrialFiles): Session {
  const model = buildModel(trial, files.weights)
  const optimizer = buildOptimizer(trial.optimizer)
  const given = tf.tensor(files.x, [trial.samples, ...trial.inputShape])
  const x = trial.inputShape.length === 3 ? given.transpose([0, 2, 3, 1]) : given
  // The targets are one-hot here: TensorFlow.js has no cross entropy of logits by class index.
  const y =
    trial.loss === 'mse'
      ? tf.tensor2d(files.y, [trial.samples, outputSize(trial)])
      : (tf.oneHot(tf.tensor1d(files.y, 'int32'), outputSize(trial)).toFloat() as tf.Tensor2D)

  const lossOf = (input: tf.Tensor, target: tf.Tensor2D): tf.Scalar => {
    const prediction = model.apply(input, { training: true }) as tf.Tensor2D
    return trial.loss === 'mse'
      ? tf.losses.meanSquaredError(target, prediction)
      : tf.losses.softmaxCrossEntropy(target, prediction)
  }

  const { samples, batch, lossSamples } = trial
  const stepper = (orderOf: () => Int32Array): (() => void) => {
    let order = orderOf()
    let next = 0
    return () => {
      if (next + batch > samples) {
        order = orderOf()
        next = 0
      }
      const rows = tf.tensor1d(order.subarray(next, next + batch), 'int32')
      next += batch
      const input = tf.gather(x, rows)
      const target = tf.gather(y, rows)
      optimizer.minimize(() => lossOf(input, target))
    }
  }
  const shuffledStep = stepper(() => shuffled(samples))
  const step = stepper(() => Int32Array.from({ length: samples }, (_, row) => row))

  return {
    run(steps) {
      for (let i = 0; i < steps; ++i) tf.tidy(shuffledStep)
    },
    learn(steps) {
      for (let i = 0; i < steps; ++i) tf.tidy(step)
    },
    loss() {
      const value = tf.tidy(
        () => lossOf(x.slice(0, lossSamples), y.slice(0, lossSamples)).dataSync()[0],
      )
      return value ?? NaN
    },
    dispose() {
      tf.dispose([given, x, y])
      model.dispose()
      optimizer.dispose()
    },
  }
}

await serve({ tfjs: tf.version_core, backend: tf.getBackend() }, prepare)
