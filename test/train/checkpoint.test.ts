import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import {
  type callbacks,
  data,
  fit,
  type FitOptions,
  fitSync,
  FormatError,
  Generator,
  History,
  io,
  LockedError,
  manualSeed,
  metrics,
  nn,
  optim,
  rand,
  randn,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { defaultGenerator } from '../../ts/random/generator.js'
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
            let [from, done] = [0, 0]
            const count: callbacks.Callback = {
              onTrainBegin({ epoch, step }) {
                from = epoch
                done = step - (epoch * stepsOfAll) / 4
              },
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
            // Of the resumed epoch what was trained on now.
            const { samplesPerSecond, seconds } = history.epochs[from]!
            const rows = (validationSplit ? 40 : ROWS) - 8 * done
            expect(samplesPerSecond * seconds).to.be.closeTo(rows, 1e-6)
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

    it('is written by one training at a time, whatever its name and however it ended', async () => {
      const inner: unknown[] = []
      const link = path.join(folder, 'link.ckpt')
      if (process.platform !== 'win32') symlinkSync('run.ckpt', link)
      const nested: callbacks.Callback = {
        async onEpochEnd({ epoch, stop }) {
          if (epoch !== 0) return
          const other = make(process.platform === 'win32' ? file : link, false)
          other.model.eval()
          const before = weights(other.model)
          for (const changes of [{ resume: true }, {}]) {
            const options = { ...other.options, ...changes }
            inner.push(await rejection(fit(other.model, other.loader, options)))
            try {
              fitSync(other.model, other.loader, options)
            } catch (error) {
              inner.push(error)
            }
          }
          expect(weights(other.model)).to.deep.equal(before)
          expect(other.model.training).to.equal(false)
          stop('enough')
        },
      }
      const run = make(file, false)
      await fit(run.model, run.loader, { ...run.options, callbacks: [nested] })
      expect(inner.map((error) => (error as { code?: string }).code)).to.deep.equal(
        Array(4).fill('ERR_LOCKED'),
      )
      const endings: ((context: callbacks.BatchContext) => void)[] = [
        () => {
          throw new Error('failed')
        },
        ({ stop }) => {
          stop('enough')
        },
        () => {
          controller.abort()
        },
      ]
      const controller = new AbortController()
      const { signal } = controller
      for (const onBatchEnd of endings) {
        const { model, loader, options } = make(file, false)
        await rejection(fit(model, loader, { ...options, callbacks: [{ onBatchEnd }], signal }))
        expect(readdirSync(folder).filter((name) => name !== 'link.ckpt')).to.deep.equal([
          'run.ckpt',
        ])
      }
      writeFileSync(file, 'hello')
      const last = make(file, false)
      const error = await rejection(fit(last.model, last.loader, { ...last.options, resume: true }))
      expect(error).to.be.instanceOf(FormatError)
      await fit(last.model, last.loader, last.options)
    })

    it('ends a training whose lock was taken away, before it writes', async () => {
      const run = make(file, false)
      const take: callbacks.Callback = {
        onEpochEnd: () => {
          rmSync(path.join(folder, '.run.ckpt.lock'))
        },
      }
      const error = await rejection(
        fit(run.model, run.loader, {
          ...run.options,
          checkpoint: file,
          callbacks: [take],
        }),
      )
      expect(error).to.be.instanceOf(LockedError)
      expect(readdirSync(folder)).to.deep.equal([])
    })

    it('keeps the mode of its file', async function () {
      if (process.platform === 'win32') this.skip()
      writeFileSync(file, '')
      chmodSync(file, 0o640)
      const run = make(file, false)
      await fit(run.model, run.loader, run.options)
      expect(statSync(file).mode & 0o777).to.equal(0o640)
    })

    it('keeps what a callback carries as it is', async () => {
      const odd = {
        zero: -0,
        numbers: [NaN, -Infinity, -0, 0, 1e-320],
        nothing: undefined,
        holes: [1, , 3],
        $tensor: 'a',
        $$: { $number: 'NaN', $undefined: [] },
        $number: '1',
        __proto: Object.create(null) as object,
        ['a.b']: tensor([1]),
        a: { b: tensor([2]), "b'": tensor([3]) },
        words: ['\ud800', 'ü', ''],
        ['__proto__']: 7,
      }
      let loaded: Record<string, unknown> = {}
      const keeps: callbacks.Callback = {
        stateDict: () => odd,
        loadStateDict: (state) => {
          loaded = state
        },
      }
      const run = make(file, false)
      await fit(run.model, run.loader, { ...run.options, callbacks: [keeps] })
      await fit(run.model, run.loader, { ...run.options, callbacks: [keeps], resume: true })
      const one = loaded['a.b'] as Tensor
      const rest = (state: Record<string, unknown>): unknown => ({
        ...state,
        ...{ holes: 0, __proto: 0, 'a.b': 0, a: 0 },
      })
      expect(rest(loaded)).to.deep.equal(rest(odd))
      expect(Object.is(loaded['zero'], -0)).to.equal(true)
      expect(Object.hasOwn(loaded, '__proto__')).to.equal(true)
      expect(loaded['holes']).to.deep.equal([1, undefined, 3])
      expect(loaded['__proto']).to.deep.equal({})
      const { b, "b'": c } = loaded['a'] as Record<string, Tensor>
      expect([one, b!, c!].map((value) => value.item())).to.deep.equal([1, 2, 3])
    })

    class Point {
      x = 1
    }
    const circle: Record<string, unknown> = {}
    circle['self'] = { circle }
    for (const [what, value, message] of [
      ['a Date', new Date(0), /seen.*an instance of Date/],
      ['a Map', new Map(), /seen.*an instance of Map/],
      ['a typed array', new Float32Array(2), /seen.*an instance of Float32Array/],
      ['an object of a class', [{ a: new Point() }], /seen\.0\.a.*an instance of Point/],
      ['a bigint', { a: 1n }, /seen\.a.*a bigint/],
      ['a function', () => 1, /seen.*a function/],
      ['a symbol', [Symbol('s')], /seen\.0.*a symbol/],
      ['an object with symbols', { [Symbol('s')]: 1 }, /seen.*an object with symbols/],
      ['a circle', circle, /in a circle/],
    ] as const) {
      it(`refuses a callback that carries ${what}, before it trains`, async () => {
        const run = make(file, false)
        const before = weights(run.model)
        const keeps: callbacks.Callback = {
          stateDict: () => ({ seen: value }),
          loadStateDict: () => undefined,
        }
        const error = await rejection(
          fit(run.model, run.loader, { ...run.options, callbacks: [keeps] }),
        )
        expect(error).to.be.instanceOf(ValueError)
        expect(String(error)).to.match(message)
        expect(weights(run.model)).to.deep.equal(before)
        expect(readdirSync(folder)).to.deep.equal([])
      })
    }

    it('refuses other callbacks, other batches and states that are odd, with nothing changed', async () => {
      const loads: unknown[] = []
      const keeps = (state: () => Record<string, unknown>, fails = false): callbacks.Callback => ({
        stateDict: state,
        loadStateDict: (given) => {
          if (fails && loads.length === 1) throw new ValueError('not mine')
          loads.push(given)
        },
      })
      const one = keeps(() => ({ a: 1 }))
      const first = make(file, false)
      const stop: callbacks.Callback = {
        onBatchEnd({ step }) {
          if (step === 10) throw new Error('stop')
        },
      }
      const callbacksOf = [one, one, stop]
      await rejection(fit(first.model, first.loader, { ...first.options, callbacks: callbacksOf }))
      const run = make(file, false)
      const before = weights(run.model)
      const state = (): unknown => [
        weights(run.model),
        run.options.optimizer.paramGroups.map(({ lr }) => lr),
        (run.options.scheduler as optim.LRScheduler).stateDict(),
        run.options.history!.epochs.length,
        rand([1], { generator: new Generator(1).setState(defaultGenerator.getState()) }).item(),
      ]
      const untouched = state()
      const every = Array.from({ length: ROWS }, (_, i) => i)
      const [x, y] = run.loader.dataset.gather!(tensor(every, { dtype: 'int32' }))
      for (const [changes, message, loader] of [
        [{ callbacks: [one] }, /the states of callbacks.*got 2/, run.loader],
        [{ callbacks: [one, one, one] }, /the states of callbacks.*got 2/, run.loader],
        [{ callbacks: [] }, /those of none.*got 2/, run.loader],
        [{ callbacks: [{ stateDict: () => ({}) }] }, /no loadStateDict/, run.loader],
        [{ callbacks: [one, one], metrics: ['accuracy'] }, /of 1 metrics, got 3/, run.loader],
        [
          { callbacks: [one, one], metrics: ['accuracy', 'mae', 'mse'] },
          /loadStateDict/,
          run.loader,
        ],
        [
          { callbacks: [one, one] },
          /the batches of the epoch in progress.*"batchSize":9.*got .*"batchSize":8/,
          new data.DataLoader([x, y], { batchSize: 9, shuffle: true }),
        ],
        [{ callbacks: [one, one], accumulate: 2 }, /"accumulate":2.*"accumulate":1/, run.loader],
        [{ callbacks: [one, keeps(() => ({ a: 2 }), true)] }, /not mine/, run.loader],
      ] as readonly (readonly [Partial<FitOptions>, RegExp, typeof run.loader])[]) {
        loads.splice(0, Infinity)
        const error = await rejection(
          fit(run.model, loader, { ...run.options, ...changes, resume: true }),
        )
        expect(error).to.be.instanceOf(ValueError)
        expect(String(error)).to.match(message)
        expect(state()).to.deep.equal(untouched)
      }
      // the first one got its state, and then its own again
      expect(loads).to.deep.equal([{ a: 1 }, { a: 1 }, { a: 2 }].slice(0, loads.length))
      expect(loads.length).to.be.at.least(2)
      expect(weights(run.model)).to.deep.equal(before)
    })

    it('says when it cannot write', async () => {
      const run = make(path.join(folder, 'missing', 'run.ckpt'), false)
      const error = await rejection(fit(run.model, run.loader, run.options))
      expect(error).to.have.property('code', 'ENOENT')
    })
  })
})
