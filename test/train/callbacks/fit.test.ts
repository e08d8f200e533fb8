import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import {
  callbacks,
  data,
  fit,
  Generator,
  io,
  nn,
  NotFiniteError,
  optim,
  tensor,
  type Tensor,
} from '../../../ts/index.js'
import { eachBackend } from '../../support/each-backend.js'
import { separable } from '../whole-state.js'
import { scratch } from './context.js'

interface Parts {
  readonly model: nn.Sequential
  readonly optimizer: optim.SGD
  readonly criterion: nn.CrossEntropyLoss
  readonly loader: data.DataLoader<[Tensor, Tensor]>
  readonly validation: data.DataLoader<[Tensor, Tensor]>
}

function parts(): Parts {
  const generator = new Generator(12)
  const model = new nn.Sequential(
    new nn.Linear(4, 8, { generator }),
    new nn.ReLU(),
    new nn.Linear(8, 2, { generator }),
  )
  return {
    model,
    optimizer: new optim.SGD(model.parameters(), { lr: 0.5 }),
    criterion: new nn.CrossEntropyLoss(),
    loader: new data.DataLoader(separable(40, generator), {
      batchSize: 8,
      shuffle: true,
      generator,
    }),
    validation: new data.DataLoader(separable(16, generator), { batchSize: 16 }),
  }
}

describe('callbacks in fit', () => {
  const { path } = scratch()

  eachBackend(() => {
    it('write what the history has, and keep the best model', async () => {
      const { model, optimizer, criterion, loader, validation } = parts()
      const stopper = new callbacks.EarlyStopping({ patience: 100 })
      const list = [
        new callbacks.LearningRateMonitor(),
        new callbacks.CSVLogger({ path: path('log.csv') }),
        new callbacks.TensorBoardLogger({ logDir: path('run'), histogramsEvery: 1 }),
        new callbacks.ModelCheckpoint({ path: path('best.safetensors') }),
        new callbacks.NanWatchdog({ everyModule: false }),
        stopper,
      ]
      const scheduler = new optim.ExponentialLR(optimizer, { gamma: 0.5 })
      const options = { criterion, optimizer, epochs: 4, validation, callbacks: list, scheduler }
      const history = await fit(model, loader, options)
      const [header, ...rows] = readFileSync(path('log.csv'), 'utf8').trimEnd().split('\n')
      expect(header).to.equal('epoch,step,loss,valLoss,lr')
      expect(rows.map((row) => row.split(',').map(Number))).to.deep.equal(
        history.epochs.map(({ epoch, logs, lr }) => [
          epoch,
          5 * (epoch + 1),
          logs['loss'],
          logs['valLoss'],
          lr,
        ]),
      )
      const best = Math.min(...history.epochs.map(({ logs }) => logs['valLoss']!))
      expect(stopper.best).to.equal(best)
      const { tensors, metadata } = await io.loadSafetensors(path('best.safetensors'))
      expect(metadata).to.deep.equal({
        epoch: `${stopper.bestEpoch}`,
        step: '20',
        valLoss: `${best}`,
      })
      for (const [name, weights] of Object.entries(model.stateDict())) {
        expect(weights.toArray(), name).to.deep.equal(tensors[name]!.toArray())
      }
    })

    it('stop a training early', async () => {
      const { model, optimizer, criterion, loader } = parts()
      optimizer.paramGroups[0]!.lr = 0
      const stopper = new callbacks.EarlyStopping({ monitor: 'loss', minDelta: 0.1, patience: 2 })
      const options = { criterion, optimizer, epochs: 50, callbacks: [stopper] }
      const history = await fit(model, loader, options)
      expect(history.epochs).to.have.length(3)
    })

    it('put the best weights back when they have stopped a training', async () => {
      const { model, optimizer, criterion, loader, validation } = parts()
      const after: unknown[] = []
      const keep: callbacks.Callback = {
        onEpochEnd({ epoch }) {
          after.push(Object.values(model.stateDict()).map((part) => part.toArray()))
          if (epoch === 3) optimizer.paramGroups[0]!.lr = 100 // from here on it gets worse
        },
      }
      const stopper = new callbacks.EarlyStopping({ patience: 2 })
      const options = { criterion, optimizer, epochs: 50, validation, callbacks: [keep, stopper] }
      const history = await fit(model, loader, options)
      expect([history.mode, history.epochs.length]).to.deep.equal(['captured', 6])
      expect(Object.values(model.stateDict()).map((part) => part.toArray())).to.deep.equal(after[3])
    })

    it('name the batch and the module of a NaN, and take their hands off', async () => {
      const { model, optimizer, criterion } = parts()
      const [x, y] = separable(24, new Generator(1))
      x.data[4 * 17] = NaN // in the third batch
      const loader = new data.DataLoader([x, y], { batchSize: 8 })
      const list = [new callbacks.NanWatchdog()]
      const error: unknown = await fit(model, loader, {
        criterion,
        optimizer,
        epochs: 2,
        callbacks: list,
      }).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(NotFiniteError)
      expect(String(error)).to.match(
        /: step 2: the output of 0 Linear\(4, 8\) is not finite, and so is its input$/,
      )
      expect(
        model
          .parameters()
          .flatMap(({ data }) => [...data])
          .every(Number.isFinite),
      ).to.equal(true)
      expect(Object.hasOwn(model, 'forward')).to.equal(false)
      const history = await fit(
        model,
        [[tensor([[1, 2, 3, 4]]), tensor([1], { dtype: 'int32' })]],
        {
          criterion,
          optimizer,
          callbacks: list,
        },
      )
      expect(history.mode).to.equal('eager')
    })
  })
})
