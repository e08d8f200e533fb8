// Trains models one after the other on all ranks, or in a process of its own with the batch of `as` ranks, and
// tells what came of each.
import { createHash } from 'node:crypto'

import {
  add,
  callbacks,
  data,
  distributed,
  empty,
  fit,
  manualSeed,
  mul,
  nn,
  optim,
  randn,
} from '../../../dist/index.js'
import { Drawing } from './drawing.mjs'
import { say } from './say.mjs'

const world = await distributed.init()
const { rank, size } = world

/** Numbers of a formula. */
const made = (shape, dtype, f) => {
  const result = empty(shape, dtype)
  for (let i = 0; i < result.length; i++) result.data[i] = f(i)
  return result
}
async function train({ as: whole = 1, ...settings }) {
  const { dtype = 'float64', samples, batch, epochs = 1, classes = 3, kind = 'mlp' } = settings
  const { hidden = 8 } = settings
  const x = made([samples, 6], dtype, (i) => Math.sin(i * 1.7) + Math.cos(i * 0.31))
  const y = made([samples], 'int32', (i) =>
    settings.ignore && i % 5 === 0 ? -100 : (i * 7 + (i >> 3)) % classes,
  )

  manualSeed(rank * 100 + 1) // the weights of rank 0 count, and its order
  const width = settings.width && rank === 1 ? hidden + 1 : hidden
  const layers = [new nn.Linear(6, width, { dtype }), new nn.Tanh()]
  if (kind === 'deep') layers.push(new nn.Linear(width, width, { dtype }), new nn.Tanh())
  if (kind === 'dropout') layers.push(new nn.Dropout(0.3))
  if (kind === 'norm') layers.push(new nn.BatchNorm1d(width, { dtype }))
  if (kind === 'sync') {
    layers.push(new nn.BatchNorm1d(width, { dtype, sync: true }), new nn.ReLU())
    layers.push(new nn.Linear(width, width, { dtype, bias: false }))
    layers.push(new nn.BatchNorm1d(width, { dtype, momentum: null, sync: true }))
  }
  layers.push(new nn.Linear(width, classes, { dtype }))
  const model = kind === 'drawing' ? new Drawing(classes, dtype) : new nn.Sequential(...layers)
  // The bias of keys has a gradient of 0 but for rounding, which AdamW would make as large as any other.
  const optimizer =
    kind === 'drawing'
      ? new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
      : new optim.AdamW(model.parameters(), { lr: 0.01 })
  const criterion = new nn.CrossEntropyLoss({
    reduction: settings.reduction ?? 'mean',
    ...(settings.ignore ? { weight: made([classes], dtype, (i) => 1 + i) } : {}),
  })
  const cut = { batchSize: batch * whole, shuffle: true, dropLast: settings.dropLast ?? false }
  let loader = new data.DataLoader([x, y], cut)
  if (settings.transform) {
    const noisy = ([x, y]) => [add(x, mul(randn(x.shape, { dtype }), 0.1)), y]
    loader = new data.DataLoader(
      new data.TransformedDataset(new data.TensorDataset([x, y]), noisy),
      cut,
    )
  }
  if (settings.iterable) {
    const list = [...new data.DataLoader([x, y], { ...cut, shuffle: false })]
    loader = { [Symbol.iterator]: () => list[Symbol.iterator]() }
  }
  const told = []
  const running = fit(model, loader, {
    criterion,
    optimizer,
    epochs,
    metrics: settings.metrics ?? [],
    distributed: world,
    clipGradNorm: settings.clipGradNorm,
    accumulate: settings.accumulate ?? 1,
    capture: settings.capture ?? true,
    ...(settings.validation
      ? {
          validation: new data.DataLoader([x.narrow(0, 0, 37), y.narrow(0, 0, 37)], {
            batchSize: 10 * whole,
          }),
        }
      : {}),
    ...(settings.plateau
      ? {
          scheduler: new optim.lrScheduler.ReduceLROnPlateau(optimizer, {
            patience: 0,
            factor: 0.5,
          }),
        }
      : {}),
    ...(settings.checkpoint
      ? {
          // Which only rank 0 can read.
          checkpoint: { everySteps: settings.everySteps, path: settings.checkpoint + (rank || '') },
          resume: true,
        }
      : {}),
    callbacks: [
      ...(settings.byBatch ? [{ onBatchEnd: ({ logs }) => void told.push(logs.loss) }] : []),
      ...(settings.file
        ? [new callbacks.ModelCheckpoint({ path: settings.file, monitor: 'loss' })]
        : []),
      ...(settings.stopping
        ? [new callbacks.EarlyStopping({ monitor: 'valLoss', patience: 1 })]
        : []),
      ...(settings.stopAt
        ? [
            {
              onBatchEnd: ({ step }) => {
                if (step === settings.stopAt) throw new Error('stopped')
              },
            },
          ]
        : []),
    ],
  })
  const history = await running.catch((error) => {
    if (settings.stopAt === undefined || error.message !== 'stopped') throw error
  })
  if (history === undefined) return null
  const hash = createHash('sha256')
  const state = [...model.parameters(), ...model.buffers()]
  for (const { data: numbers } of state) hash.update(numbers)
  return {
    size,
    steps: history.steps,
    mode: history.mode,
    epochs: history.epochs.map(({ logs, lr }) => ({ ...logs, lr })),
    told,
    digest: hash.digest('hex'),
    weights: state.flatMap((tensor) => Array.from(tensor.data)),
  }
}

const runs = []
for (const settings of JSON.parse(process.argv[2])) {
  runs.push(await train(settings))
}
say({ rank, runs })
