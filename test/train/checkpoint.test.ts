import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import {
  type callbacks,
  data,
  fit,
  type FitOptions,
  FormatError,
  Generator,
  History,
  io,
  manualSeed,
  metrics,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { others } from '../support/training.js'

const ROWS = 53

interface Run {
  readonly model: nn.Module
  readonly loader: data.DataLoader<readonly [Tensor, Tensor]>
  readonly options: FitOptions
}

/** A training with every kind of state, made anew as a new process would. */
function make(
  file: string,
  ownGenerator: boolean,
  optimizerOf: (typeof others)[string] = ([first, ...rest]) =>
    new optim.Adam([{ params: [first!], lr: 0.01 }, { params: rest }], { lr: 0.02 }),
): Run {
  const generator = new Generator(1)
  const x = randn([ROWS, 6], { generator })
  const y = tensor(
    Array.from({ length: ROWS }, (_, i) => (x.data[6 * i]! > 0 ? 1 : 0)),
    { dtype: 'int32' },
  )
  manualSeed(7)
  const model = new nn.Sequential(
    new nn.Linear(6, 10),
    new nn.BatchNorm1d(10),
    new nn.ReLU(),
    new nn.Dropout(0.2, ownGenerator ? { generator: new Generator(4) } : {}),
    new nn.Linear(10, 2),
  )
  const optimizer = optimizerOf(model.parameters())
  const order = ownGenerator ? { generator: new Generator(2) } : {}
  return {
    model,
    loader: new data.DataLoader([x, y], { batchSize: 8, shuffle: true, ...order }),
    options: {
      criterion: new nn.CrossEntropyLoss(),
      optimizer,
      scheduler: new optim.ExponentialLR(optimizer, { gamma: 0.9 }),
      metrics: ['accuracy', 'confusionMatrix', new metrics.Precision({ average: null })],
      epochs: 4,
      checkpoint: { path: file, everySteps: 2 },
      history: new History(),
    },
  }
}

const logsOf = (history: History): unknown =>
  history.epochs.map(({ epoch, logs, results, lr, lrs }) => ({ epoch, logs, results, lr, lrs }))
const weights = (model: nn.Module): number[][] =>
  Object.values(model.stateDict()).map((part) => Array.from(part.data))

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('fit: checkpoints', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-checkpoint-'))
    file = path.join(folder, 'run.ckpt')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  eachBackend(() => {
    for (const [whose, ownGenerator, validationSplit] of [
      ['the default generator', false, undefined],
      ['generators of their own', true, undefined],
      ['a part held out', false, 0.25],
      ['a part held out and generators of their own', true, 0.25],
    ] as const) {
      for (const capture of [true, false]) {
        it(`resumes from any step as if nothing had been, with ${whose}, capture ${capture}`, async () => {
          const whole = make(file, ownGenerator)
          const changes = { capture, ...(validationSplit && { validationSplit }) }
          const expected = await fit(whole.model, whole.loader, { ...whole.options, ...changes })
          const stepsOfAll = 4 * Math.ceil((validationSplit ? 40 : ROWS) / 8)
          for (const steps of [1, 2, 5, 7, 8, 13, 20]) {
            rmSync(file, { force: true })
            const first = make(file, ownGenerator)
            const controller = new AbortController()
            const abort: callbacks.Callback = {
              onBatchEnd({ step }) {
                if (step === steps) controller.abort()
              },
            }
            const error = await rejection(
              fit(first.model, first.loader, {
                ...first.options,
                ...changes,
                callbacks: [abort],
                signal: controller.signal,
              }),
            )
            expect(error).to.have.property('name', 'AbortError')
            const second = make(file, ownGenerator)
            // A new process begins anywhere, but for one that finds no checkpoint yet.
            if (existsSync(file)) manualSeed(99)
            let lastStep = 0
            const count: callbacks.Callback = {
              onEpochEnd({ step }) {
                lastStep = step
              },
            }
            const history = await fit(second.model, second.loader, {
              ...second.options,
              ...changes,
              resume: true,
              callbacks: [count],
            })
            expect(lastStep).to.equal(stepsOfAll)
            expect(weights(second.model)).to.deep.equal(weights(whole.model))
            expect(logsOf(history)).to.deep.equal(logsOf(expected))
          }
          expect(readdirSync(folder)).to.deep.equal(['run.ckpt'])
        })
      }
    }

    for (const [name, optimizerOf] of Object.entries(others)) {
      it(`resumes ${name} from the middle of an epoch as if nothing had been`, async () => {
        const whole = make(file, true, optimizerOf)
        await fit(whole.model, whole.loader, whole.options)
        rmSync(file)
        const first = make(file, true, optimizerOf)
        const stop: callbacks.Callback = {
          onBatchEnd({ step }) {
            if (step === 10) throw new Error('stop')
          },
        }
        const options = { ...first.options, callbacks: [stop] }
        expect(await rejection(fit(first.model, first.loader, options))).to.be.instanceOf(Error)
        const second = make(file, true, optimizerOf)
        await fit(second.model, second.loader, { ...second.options, resume: true })
        expect(weights(second.model)).to.deep.equal(weights(whole.model))
        expect(weights(second.model)).to.not.deep.equal(weights(first.model))
      })
    }

    it('does nothing more when all epochs are done, and goes on for more', async () => {
      const run = make(file, false)
      await fit(run.model, run.loader, run.options)
      const again = make(file, false)
      const history = await fit(again.model, again.loader, { ...again.options, resume: true })
      expect(weights(again.model)).to.deep.equal(weights(run.model))
      expect(history.epochs).to.have.length(4)
      await fit(again.model, again.loader, { ...again.options, resume: true, epochs: 5 })
      expect(history.epochs).to.have.length(5)
    })

    it('stays stopped when a callback has ended the training', async () => {
      const stop: callbacks.Callback = {
        onEpochEnd({ epoch, stop }) {
          if (epoch === 1) stop('enough')
        },
      }
      const run = make(file, false)
      await fit(run.model, run.loader, { ...run.options, callbacks: [stop] })
      const again = make(file, false)
      const history = await fit(again.model, again.loader, {
        ...again.options,
        callbacks: [stop],
        resume: true,
      })
      expect(history.epochs).to.have.length(2)
    })

    it('keeps the state of callbacks, and numbers that JSON has not', async () => {
      const counter = { best: Infinity, seen: tensor([1, 2]) }
      const keeps: callbacks.Callback = {
        stateDict: () => ({ ...counter }),
        loadStateDict: (state) => Object.assign(counter, state),
      }
      const run = make(file, false)
      await fit(run.model, run.loader, { ...run.options, callbacks: [keeps] })
      counter.best = 0
      counter.seen = tensor([0])
      await fit(run.model, run.loader, { ...run.options, callbacks: [keeps], resume: true })
      expect(counter.best).to.equal(Infinity)
      expect(counter.seen.toArray()).to.deep.equal([1, 2])
    })

    it('starts when there is no file yet, and refuses what is none of its own, with nothing changed', async () => {
      const run = make(file, false)
      await fit(run.model, run.loader, { ...run.options, resume: true })
      const bytes = readFileSync(file)
      const other = make(file, false)
      const before = weights(other.model)
      const attempt = async (
        content: Uint8Array,
        changes: Partial<FitOptions> = {},
      ): Promise<unknown> => {
        writeFileSync(file, content)
        const history = new History()
        const error = await rejection(
          fit(other.model, other.loader, { ...other.options, history, resume: true, ...changes }),
        )
        expect(weights(other.model)).to.deep.equal(before)
        expect(history.epochs).to.have.length(0)
        return error
      }
      expect(await attempt(bytes.subarray(0, bytes.length - 3))).to.be.instanceOf(FormatError)
      expect(await attempt(Buffer.from('hello'))).to.be.instanceOf(FormatError)
      expect(await attempt(io.safetensorsToBuffer({ a: tensor([1]) }))).to.be.instanceOf(
        FormatError,
      )
      expect(await attempt(bytes, { validationSplit: 0.25 })).to.be.instanceOf(ValueError)
      const cut = make(path.join(folder, 'cut.ckpt'), false)
      await fit(cut.model, cut.loader, { ...cut.options, validationSplit: 0.25 })
      const ofCut = readFileSync(path.join(folder, 'cut.ckpt'))
      for (const [validationSplit, message] of [
        [0.3, /0\.25 as in the checkpoint, got 0\.3/],
        [undefined, /validationSplit/],
      ] as const) {
        expect(String(await attempt(ofCut, { validationSplit }))).to.match(message)
      }
      const plain = new nn.Sequential(new nn.Linear(6, 2))
      writeFileSync(file, bytes)
      const misfit = await rejection(
        fit(plain, other.loader, {
          ...other.options,
          optimizer: new optim.SGD(plain.parameters()),
          scheduler: undefined,
          resume: true,
        }),
      )
      expect(misfit).to.be.instanceOf(ValueError)
      expect(
        await attempt(bytes, {
          optimizer: new optim.SGD(other.model.parameters(), { momentum: 0.9 }),
        }),
      ).to.be.instanceOf(ValueError)
      expect(
        await rejection(
          fit(other.model, other.loader, {
            ...other.options,
            checkpoint: undefined,
            resume: true,
          }),
        ),
      ).to.be.instanceOf(ValueError)
      expect(
        await rejection(
          fit(other.model, other.loader, {
            ...other.options,
            checkpoint: { path: file, everySteps: 0 },
          }),
        ),
      ).to.be.instanceOf(ValueError)
    })

    it('says when it cannot write', async () => {
      const run = make(path.join(folder, 'missing', 'run.ckpt'), false)
      const error = await rejection(fit(run.model, run.loader, run.options))
      expect(error).to.have.property('code', 'ENOENT')
    })
  })
})
