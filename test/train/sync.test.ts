import { expect } from 'chai'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import {
  type BatchSource,
  callbacks,
  data,
  evaluate,
  evaluateSync,
  fit,
  type FitOptions,
  fitSync,
  type FitSyncOptions,
  Generator,
  type History,
  manualSeed,
  nn,
  optim,
  predict,
  predictSync,
  randn,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const ROWS = 53

const wrong = (value: unknown): never => value as never

interface Setting {
  readonly model: nn.Module
  readonly optimizer: optim.Adam
  readonly samples: [Tensor, Tensor]
  readonly loader: data.DataLoader<[Tensor, Tensor]>
}

/** The same network, data and random numbers each time. */
function setting(): Setting {
  const x = randn([ROWS, 6], { generator: new Generator(1) })
  const labels = Array.from({ length: ROWS }, (_, i) => (x.data[6 * i]! > 0 ? 1 : 0))
  const samples: [Tensor, Tensor] = [x, tensor(labels, { dtype: 'int32' })]
  manualSeed(7)
  const model = new nn.Sequential(
    new nn.Linear(6, 10),
    new nn.BatchNorm1d(10),
    new nn.ReLU(),
    new nn.Dropout(0.2),
    new nn.Linear(10, 2),
  )
  return {
    model,
    optimizer: new optim.Adam(model.parameters(), { lr: 0.02 }),
    samples,
    loader: new data.DataLoader(samples, { batchSize: 8, shuffle: true }),
  }
}

const weights = ({ model }: Setting): number[][] =>
  Object.values(model.stateDict()).map((part) => Array.from(part.data))
const epochsOf = ({ epochs, mode, reason }: History): unknown => [
  mode,
  reason,
  epochs.map(({ epoch, logs, results, lrs }) => ({ epoch, logs, results, lrs })),
]

describe('fitSync', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-sync-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** What all files say, but for TensorBoard's, whose records tell the time. */
  const filesIn = (name: string): unknown =>
    readdirSync(path.join(folder, name), { withFileTypes: true })
      .map((entry) => {
        const file = path.join(folder, name, entry.name)
        return entry.isDirectory() ? 'events' : [entry.name, readFileSync(file).toString('hex')]
      })
      .sort()

  eachBackend(() => {
    type Variation = (of: Setting, folder: string) => Partial<FitSyncOptions & FitOptions>
    const variations: readonly (readonly [string, Variation])[] = [
      ['with nothing else', () => ({})],
      ['with groups of batches and clipping', () => ({ accumulate: 2, clipGradNorm: 0.5 })],
      [
        'with a scheduler of steps',
        ({ optimizer }) => ({
          scheduler: new optim.StepLR(optimizer, { stepSize: 2, gamma: 0.9 }),
          schedulerInterval: 'step',
        }),
      ],
      [
        'with validation and metrics',
        () => ({ validationSplit: 0.25, metrics: ['accuracy', 'confusionMatrix'] }),
      ],
      ['with a checkpoint', (_, to) => ({ checkpoint: { path: `${to}/run.ckpt`, everySteps: 3 } })],
      [
        'with callbacks that write files',
        (_, to) => ({
          callbacks: [
            new callbacks.EarlyStopping({ monitor: 'loss' }),
            new callbacks.CSVLogger({ path: `${to}/log.csv` }),
            new callbacks.ModelCheckpoint({ path: `${to}/best.safetensors`, monitor: 'loss' }),
            new callbacks.TensorBoardLogger({ logDir: `${to}/events`, everyBatches: 2 }),
          ],
        }),
      ],
    ]
    const sources: readonly (readonly [string, (of: Setting) => BatchSource])[] = [
      ['a loader', ({ loader }) => loader],
      ['an iterable', ({ loader }) => ({ [Symbol.iterator]: () => loader[Symbol.iterator]() })],
    ]
    for (const [what, vary] of variations) {
      for (const [from, sourceOf] of sources) {
        for (const capture of [true, false]) {
          if (what.includes('validation') && from === 'an iterable') continue
          it(`does what fit does, ${what}, from ${from}, capture ${capture}`, async () => {
            const [gentle, inOneGo] = [setting(), setting()]
            const [one, other] = ['gentle', 'sync'].map((name) => {
              return mkdtempSync(path.join(folder, `${name}-`))
            }) as [string, string]
            const optionsOf = (of: Setting, to: string): FitOptions => {
              const { optimizer } = of
              const criterion = new nn.CrossEntropyLoss()
              return { criterion, optimizer, epochs: 3, capture, ...vary(of, to) }
            }
            manualSeed(3)
            const expected = await fit(gentle.model, sourceOf(gentle), optionsOf(gentle, one))
            manualSeed(3)
            const history = fitSync(inOneGo.model, sourceOf(inOneGo), optionsOf(inOneGo, other))
            expect(weights(inOneGo)).to.deep.equal(weights(gentle))
            expect(epochsOf(history)).to.deep.equal(epochsOf(expected))
            expect(history.mode).to.equal(capture ? 'captured' : 'eager')
            // Histories in checkpoints tell how long epochs took.
            const [files, expectedFiles] = [other, one].map((to) => filesIn(path.basename(to)))
            if (what.includes('checkpoint')) expect(files).to.have.length(1)
            else expect(files).to.deep.equal(expectedFiles)
          })
        }
      }
    }

    it('goes on from a checkpoint of fit', async () => {
      const [whole, first, second] = [setting(), setting(), setting()]
      const checkpoint = path.join(folder, 'run.ckpt')
      const common = { criterion: new nn.CrossEntropyLoss(), epochs: 4 }
      manualSeed(3)
      await fit(whole.model, whole.loader, { ...common, optimizer: whole.optimizer })
      manualSeed(3)
      await fit(first.model, first.loader, {
        ...common,
        epochs: 2,
        optimizer: first.optimizer,
        checkpoint,
      })
      fitSync(second.model, second.loader, {
        ...common,
        optimizer: second.optimizer,
        checkpoint,
        resume: true,
      })
      expect(weights(second)).to.deep.equal(weights(whole))
      expect(readdirSync(folder)).to.deep.equal(['run.ckpt'])
    })

    it('stops when a callback says so, and tells how it ended', () => {
      const { model, optimizer, loader } = setting()
      const told: string[] = []
      const stopper: callbacks.Callback = {
        onEpochEnd: ({ epoch, sync, stop }) => {
          told.push(`${epoch} ${sync}`)
          if (epoch === 1) stop('enough')
        },
        onTrainEnd: ({ outcome }) => void told.push(outcome),
      }
      const criterion = new nn.CrossEntropyLoss()
      fitSync(model, loader, { criterion, optimizer, epochs: 9, callbacks: [stopper] })
      expect(told).to.deep.equal(['0 true', '1 true', 'stopped'])
    })

    it('refuses what it would have to wait for', () => {
      const of = setting()
      const { model, optimizer, loader } = of
      const options = { criterion: new nn.CrossEntropyLoss(), optimizer }
      const before = weights(of)
      const stream = {
        async *[Symbol.asyncIterator]() {
          yield* loader
          await Promise.resolve()
        },
      }
      const outcomes: string[] = []
      const later: callbacks.Callback = {
        onTrainBegin: () => Promise.reject(new Error('nobody hears that')),
        onTrainEnd: ({ outcome }) => void outcomes.push(outcome),
      }
      const promises = Array.from(loader, (batch) => Promise.resolve(batch))
      const attempts: readonly (readonly [() => unknown, RegExp])[] = [
        [() => fitSync(model, stream, options), /fitSync.*the loader.*async iterable.*fit waits/],
        [() => fitSync(model, loader, { ...options, validation: stream }), /validation.*async/],
        [() => fitSync(model, wrong(promises), options), /fitSync.*a promise; fit waits/],
        [() => fitSync(model, loader, { ...options, callbacks: [later] }), /a promise; fit waits/],
        [
          () => evaluateSync(model, stream, { criterion: options.criterion }),
          /evaluateSync.*async.*evaluate waits/,
        ],
        [() => fitSync(model, wrong(3), options), /fitSync.*the loader/],
      ]
      for (const [attempt, message] of attempts) {
        expect(attempt).to.throw(ValueError, message)
        expect(weights(of)).to.deep.equal(before)
      }
      expect(outcomes).to.deep.equal(['failed'])
    })

    it('evaluates and predicts without a promise', async () => {
      const { model, samples, loader } = setting()
      const options = { criterion: new nn.CrossEntropyLoss(), metrics: ['accuracy'] }
      for (const [source, capture] of [
        [loader, true],
        [loader, false],
        [samples, true],
      ] as const) {
        manualSeed(3)
        const expected = await evaluate(model, source, { ...options, capture })
        manualSeed(3)
        expect(evaluateSync(model, source, { ...options, capture })).to.deep.equal(expected)
      }
      const [x] = samples
      for (const batchSize of [10, ROWS]) {
        const expected = await predict(model, x, { batchSize })
        const outputs = predictSync(model, x, { batchSize })
        expect(outputs.shape).to.deep.equal([ROWS, 2])
        expect(outputs.toArray()).to.deep.equal(expected.toArray())
      }
      expect(() => predictSync(model, wrong(3))).to.throw(ValueError, /predictSync/)
    })
  })
})
