import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import {
  callbacks,
  data,
  fit,
  type FitOptions,
  Generator,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

interface Run {
  readonly model: nn.Sequential
  readonly loader: data.DataLoader<readonly [Tensor, Tensor]>
  readonly options: FitOptions
}

function make(lr: number): Run {
  const generator = new Generator(1)
  const x = randn([40, 5], { generator })
  const y = tensor(
    Array.from({ length: 40 }, (_, i) => (x.data[5 * i]! > 0 ? 1 : 0)),
    { dtype: 'int32' },
  )
  manualSeed(2)
  const model = new nn.Sequential(new nn.Linear(5, 8), new nn.Tanh(), new nn.Linear(8, 2))
  return {
    model,
    loader: new data.DataLoader([x, y], { batchSize: 10 }),
    options: {
      criterion: new nn.CrossEntropyLoss(),
      optimizer: new optim.SGD(model.parameters(), { lr }),
      validation: new data.DataLoader([x, y], { batchSize: 40 }),
    },
  }
}

const weights = (model: nn.Module): number[][] =>
  Object.values(model.stateDict()).map((part) => Array.from(part.data))

describe('fit with the callbacks that come along', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-fit-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  eachBackend(() => {
    it('EarlyStopping ends it and puts the best weights back', async () => {
      const { model, loader, options } = make(0.5)
      const after: number[][][] = []
      const keep: callbacks.Callback = {
        onEpochEnd({ epoch, optimizer }) {
          after.push(weights(model))
          if (epoch === 3) optimizer.paramGroups[0]!.lr = 100 // from here on it gets worse
        },
      }
      const stopping = new callbacks.EarlyStopping({ monitor: 'valLoss', patience: 2 })
      const history = await fit(model, loader, {
        ...options,
        epochs: 50,
        callbacks: [keep, stopping],
      })
      expect(history.mode).to.equal('captured')
      expect(stopping.bestEpoch).to.equal(3)
      expect(history.epochs).to.have.length(6)
      expect(weights(model)).to.deep.equal(after[3])
    })

    it('ModelCheckpoint, CSVLogger, LearningRateMonitor and TensorBoardLogger write files', async () => {
      const { model, loader, options } = make(0.1)
      const history = await fit(model, loader, {
        ...options,
        epochs: 3,
        metrics: ['accuracy'],
        callbacks: [
          new callbacks.LearningRateMonitor(),
          new callbacks.ModelCheckpoint({ path: path.join(folder, 'best.safetensors') }),
          new callbacks.CSVLogger({ path: path.join(folder, 'log.csv') }),
          new callbacks.TensorBoardLogger({ logDir: path.join(folder, 'board') }),
        ],
      })
      const [header, ...rows] = readFileSync(path.join(folder, 'log.csv'), 'utf8')
        .trim()
        .split('\n')
      expect(header!.split(',')).to.include.members([
        'epoch',
        'loss',
        'accuracy',
        'valLoss',
        'valAccuracy',
      ])
      expect(rows).to.have.length(3)
      expect(rows[2]).to.include(String(history.last['valLoss']))
      expect(readdirSync(folder)).to.include('best.safetensors')
      expect(readdirSync(path.join(folder, 'board'))).to.have.length(1)
    })

    it('NanWatchdog names the module', async () => {
      const { model, loader, options } = make(1e38)
      const error = await fit(model, loader, {
        ...options,
        epochs: 50,
        callbacks: [new callbacks.NanWatchdog()],
      }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).to.have.property('code', 'ERR_NOT_FINITE')
      expect(String(error)).to.match(/Linear/)
    })
  })
})
