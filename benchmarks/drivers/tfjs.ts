// TensorFlow.js: node --import tsx benchmarks/drivers/tfjs.ts wasm|cpu <threads>
import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'

import * as tf from '@tensorflow/tfjs'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'

import { LOSS_SAMPLES } from '../protocol.js'
import { inputSize, outputSize, type OptimizerSpec, type Trial } from '../trials.js'
import { serve, type Session, type TrialFiles } from './serve.js'

const [backend = 'wasm', threads = '1'] = process.argv.slice(2)

if (backend === 'wasm') {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
  setWasmPaths(dirname(entry) + sep)
  setThreadsCount(Number(threads))
}
if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend ${backend}`)

function buildModel(trial: Trial, weights: Float32Array): tf.Sequential {
  const model = tf.sequential()
  let taken = 0
  for (const layer of trial.layers) {
    if (layer.type !== 'linear') {
      model.add(tf.layers.activation({ activation: layer.type }))
      continue
    }
    const { inputs, outputs } = layer
    const dense = tf.layers.dense({ units: outputs, inputShape: [inputs] })
    model.add(dense)
    const weight = weights.subarray(taken, taken + outputs * inputs)
    const bias = weights.subarray(taken + outputs * inputs, taken + outputs * (inputs + 1))
    dense.setWeights([tf.tensor2d(weight, [outputs, inputs]).transpose(), tf.tensor1d(bias)])
    taken += outputs * (inputs + 1)
  }
  return model
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
  const x = tf.tensor2d(files.x, [trial.samples, inputSize(trial)])
  // The targets are one-hot here: TensorFlow.js has no cross entropy of logits by class index.
  const y =
    trial.loss === 'mse'
      ? tf.tensor2d(files.y, [trial.samples, outputSize(trial)])
      : (tf.oneHot(tf.tensor1d(files.y, 'int32'), outputSize(trial)).toFloat() as tf.Tensor2D)

  const lossOf = (input: tf.Tensor2D, target: tf.Tensor2D): tf.Scalar => {
    const prediction = model.apply(input) as tf.Tensor2D
    return trial.loss === 'mse'
      ? tf.losses.meanSquaredError(target, prediction)
      : tf.losses.softmaxCrossEntropy(target, prediction)
  }

  let order = shuffled(trial.samples)
  let next = 0
  const step = (): void => {
    if (next + trial.batch > trial.samples) {
      order = shuffled(trial.samples)
      next = 0
    }
    const rows = tf.tensor1d(order.subarray(next, next + trial.batch), 'int32')
    next += trial.batch
    const input = tf.gather(x, rows)
    const target = tf.gather(y, rows)
    optimizer.minimize(() => lossOf(input, target))
  }

  return {
    run(steps) {
      for (let i = 0; i < steps; ++i) tf.tidy(step)
    },
    loss() {
      const count = Math.min(LOSS_SAMPLES, trial.samples)
      const value = tf.tidy(() => lossOf(x.slice(0, count), y.slice(0, count)).dataSync()[0])
      return value ?? NaN
    },
    dispose() {
      tf.dispose([x, y])
      model.dispose()
      optimizer.dispose()
    },
  }
}

await serve({ tfjs: tf.version_core, backend: tf.getBackend() }, prepare)
