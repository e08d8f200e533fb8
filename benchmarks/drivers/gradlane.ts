// gradlane itself, as an ordinary user writes it: node --import tsx benchmarks/drivers/gradlane.ts native|reference
//
// It runs what users get, the compiled JavaScript in dist/: a transpiler that works at load time
// adds calls of its own to every function.
import type * as Gradlane from '../../ts/index.js'
import { LOSS_SAMPLES } from '../protocol.js'
import { inputSize, outputSize, type LayerSpec, type Trial } from '../trials.js'
import { serve, type Session, type TrialFiles } from './serve.js'

const built = new URL('../../dist/index.js', import.meta.url).href
const { data, fromTypedArray, info, manualSeed, nn, optim, setBackend } = (await import(
  built
)) as typeof Gradlane

function buildLayer(layer: LayerSpec): Gradlane.nn.Module {
  switch (layer.type) {
    case 'linear':
      return new nn.Linear(layer.inputs, layer.outputs)
    case 'relu':
      return new nn.ReLU()
    case 'sigmoid':
      return new nn.Sigmoid()
    case 'tanh':
      return new nn.Tanh()
  }
}

function buildModel(trial: Trial, weights: Float32Array): Gradlane.nn.Sequential {
  const model = new nn.Sequential(...trial.layers.map(buildLayer))
  let taken = 0
  for (const parameter of model.parameters()) {
    parameter.data.set(weights.subarray(taken, taken + parameter.length))
    taken += parameter.length
  }
  return model
}

function prepare(trial: Trial, files: TrialFiles): Session {
  manualSeed(42)
  const model = buildModel(trial, files.weights)
  const spec = trial.optimizer
  const optimizer =
    spec.type === 'adam'
      ? new optim.Adam(model.parameters(), { lr: spec.lr })
      : new optim.SGD(model.parameters(), { lr: spec.lr, momentum: spec.momentum })
  const criterion = trial.loss === 'mse' ? new nn.MSELoss() : new nn.CrossEntropyLoss()
  const images = fromTypedArray(files.x, [trial.samples, inputSize(trial)])
  const targets = fromTypedArray(
    files.y,
    trial.loss === 'mse' ? [trial.samples, outputSize(trial)] : [trial.samples],
  )
  const loader = new data.DataLoader([images, targets], {
    batchSize: trial.batch,
    shuffle: true,
    dropLast: true,
  })

  return {
    run(steps) {
      let done = 0
      while (done < steps) {
        for (const [x, y] of loader) {
          optimizer.zeroGrad()
          const prediction = model.forward(x)
          criterion.forward(prediction, y)
          model.backwardParameters(x, criterion.backward(prediction, y))
          optimizer.step()
          if (++done === steps) break
        }
      }
    },
    loss() {
      const count = Math.min(LOSS_SAMPLES, trial.samples)
      const prediction = model.forward(images.narrow(0, count))
      return criterion.forward(prediction, targets.narrow(0, count)).item()
    },
  }
}

const backend = process.argv[2] === 'reference' ? 'reference' : 'native'
setBackend(backend)
const { version, isa } = info()
await serve({ gradlane: version, isa: isa ?? 'none' }, prepare)
