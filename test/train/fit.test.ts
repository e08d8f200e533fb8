import { expect } from 'chai'

import {
  argmax,
  type Batches,
  type callbacks,
  data,
  evaluate,
  fit,
  Generator,
  History,
  manualSeed,
  metrics,
  nn,
  optim,
  predict,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const ROWS = 53
const BATCH = 8

const wrong = (value: unknown): never => value as never

interface Setting {
  readonly model: nn.Sequential
  readonly optimizer: optim.Adam
  readonly criterion: nn.CrossEntropyLoss
  readonly loader: data.DataLoader<readonly [Tensor, Tensor]>
  readonly held: data.DataLoader<readonly [Tensor, Tensor]>
}

/** The same network, data and random numbers each time. */
function setting(extra: readonly nn.Module[] = []): Setting {
  const generator = new Generator(1)
  const x = randn([ROWS, 6], { generator })
  const y = tensor(
    Array.from({ length: ROWS }, (_, i) => (x.data[6 * i]! > 0 ? 1 : 0) + (i % 3 === 0 ? 1 : 0)),
    { dtype: 'int32' },
  )
  manualSeed(7)
  const model = new nn.Sequential(
    new nn.Linear(6, 10),
    new nn.BatchNorm1d(10),
    new nn.ReLU(),
    new nn.Dropout(0.2),
    ...extra,
    new nn.Linear(10, 3),
  )
  return {
    model,
    optimizer: new optim.Adam(model.parameters(), { lr: 0.02 }),
    criterion: new nn.CrossEntropyLoss(),
    loader: new data.DataLoader([x, y], { batchSize: BATCH, shuffle: true }),
    held: new data.DataLoader([x.narrow(0, 20), y.narrow(0, 20)], { batchSize: 7 }),
  }
}

/** A module that computes in JavaScript. */
class Doubled extends nn.Module {
  protected override computeOutput(input: Tensor): Tensor {
    const output = input.clone()
    output.data.forEach((value, i) => (output.data[i] = 2 * value))
    return output
  }
  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    const grad = gradOutput.clone()
    grad.data.forEach((value, i) => (grad.data[i] = 2 * value))
    return grad
  }
}

interface Loop {
  epochs?: number
  accumulate?: number
  clip?: number
  afterStep?: () => void
  afterEpoch?: () => void
}

/** The loop that `fit` stands for. */
function byHand({ model, optimizer, criterion, loader }: Setting, loop: Loop = {}): number[] {
  const { epochs = 3, accumulate = 1, clip, afterStep, afterEpoch } = loop
  const losses: number[] = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    let sum = 0
    const batches = [...loader]
    for (let start = 0; start < batches.length; start += accumulate) {
      const group = batches.slice(start, start + accumulate)
      optimizer.zeroGrad()
      for (const [x, y] of group) {
        const prediction = model.forward(x)
        sum += criterion.forward(prediction, y).item() * y.length
        const gradient = criterion.backward(prediction, y)
        if (group.length > 1)
          gradient.data.forEach((g, i) => (gradient.data[i] = g * (1 / group.length)))
        model.backwardParameters(x, gradient)
      }
      if (clip !== undefined) nn.utils.clipGradNorm_(model.parameters(), clip)
      optimizer.step()
      afterStep?.()
    }
    losses.push(sum / ROWS)
    afterEpoch?.()
  }
  return losses
}

const weights = ({ model }: Setting): number[][] =>
  Object.values(model.stateDict()).map((part) => Array.from(part.data))

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('fit', () => {
  eachBackend(() => {
    for (const capture of [true, false]) {
      describe(capture ? 'captured' : 'eager', () => {
        const mode = capture ? 'captured' : 'eager'

        it('does what the loop written out does, bit for bit', async () => {
          const [hand, fitted] = [setting(), setting()]
          manualSeed(3)
          const losses = byHand(hand)
          manualSeed(3)
          const { model, loader } = fitted
          const history = await fit(model, loader, { ...fitted, epochs: 3, capture })
          expect(history.mode).to.equal(mode)
          expect(weights(fitted)).to.deep.equal(weights(hand))
          // The loop adds up in another order.
          history.values('loss').forEach((loss, i) => expect(loss).to.be.closeTo(losses[i]!, 1e-12))
          expect(losses[2]).to.be.below(losses[0]!)
        })

        it('accumulates and clips', async () => {
          const [hand, fitted] = [setting(), setting()]
          manualSeed(3)
          byHand(hand, { accumulate: 2, clip: 0.5 }) // halves are exact in either arithmetic
          manualSeed(3)
          const { model, loader } = fitted
          const options = { ...fitted, epochs: 3, accumulate: 2, clipGradNorm: 0.5, capture }
          const history = await fit(model, loader, options)
          expect(weights(fitted)).to.deep.equal(weights(hand))
          expect(history.last['gradNorm']).to.be.greaterThan(0)
        })

        it('moves a scheduler on by epochs and by steps', async () => {
          for (const schedulerInterval of ['epoch', 'step'] as const) {
            const [hand, fitted] = [setting(), setting()]
            const schedule = (of: Setting): optim.LRScheduler =>
              new optim.StepLR(of.optimizer, { stepSize: 2, gamma: 0.5 })
            const mine = schedule(hand)
            const step = (): void => {
              mine.step()
            }
            manualSeed(3)
            byHand(hand, schedulerInterval === 'epoch' ? { afterEpoch: step } : { afterStep: step })
            manualSeed(3)
            const scheduler = schedule(fitted)
            await fit(fitted.model, fitted.loader, {
              ...fitted,
              epochs: 3,
              scheduler,
              schedulerInterval,
              capture,
            })
            expect(weights(fitted)).to.deep.equal(weights(hand))
            expect(scheduler.lastEpoch).to.equal(mine.lastEpoch)
          }
        })

        it('takes batches from any iterable, with backpressure', async () => {
          const [hand, fitted] = [setting(), setting()]
          manualSeed(3)
          byHand(hand)
          manualSeed(3)
          let ahead = 0
          const stream: Batches = {
            async *[Symbol.asyncIterator]() {
              for (const batch of fitted.loader) {
                ahead++
                expect(ahead).to.be.at.most(3) // one in training, one asked for, one at hand
                yield batch
                await Promise.resolve()
                ahead--
              }
            },
          }
          const history = await fit(fitted.model, stream, { ...fitted, epochs: 3, capture })
          expect(history.mode).to.equal(mode)
          expect(weights(fitted)).to.deep.equal(weights(hand))
        })

        it('measures in training and validates without a trace', async () => {
          const [alone, validated] = [setting(), setting()]
          manualSeed(3)
          await fit(alone.model, alone.loader, { ...alone, epochs: 2, capture })
          manualSeed(3)
          const { model, criterion, loader, held } = validated
          const confusion = new metrics.ConfusionMatrix()
          const history = await fit(model, loader, {
            ...validated,
            epochs: 2,
            validation: held,
            metrics: ['accuracy', confusion],
            capture,
          })
          expect(weights(validated)).to.deep.equal(weights(alone))
          expect(model.modules().every((module) => module.training)).to.equal(true)
          expect(Object.keys(history.last)).to.have.members([
            'loss',
            'accuracy',
            'valLoss',
            'valAccuracy',
          ])
          const { loss, accuracy } = await evaluate(model, held, {
            criterion,
            metrics: ['accuracy'],
            capture,
          })
          expect([history.last['valLoss'], history.last['valAccuracy']]).to.deep.equal([
            loss,
            accuracy,
          ])
          model.eval()
          const [x, y] = held.dataset.gather!(
            tensor(
              Array.from({ length: 20 }, (_, i) => i),
              { dtype: 'int32' },
            ),
          )
          const classes = argmax(model.forward(x), 1)
          const right = Array.from(y.data).filter((label, i) => label === classes.data[i]).length
          expect(accuracy).to.equal(right / 20)
          // in batches of 7 the products may be summed in another order
          expect(loss).to.be.closeTo(criterion.forward(model.forward(x), y).item(), 1e-5)
          expect(confusion.compute()).to.not.equal(undefined)
        })

        it('ends with its signal, leaves a history and a model that go on', async () => {
          const of = setting()
          const controller = new AbortController()
          const history = new History()
          const stop: callbacks.Callback = {
            onEpochEnd({ epoch }) {
              if (epoch === 1) controller.abort(new Error('enough'))
            },
          }
          const options = { ...of, capture, history }
          const error = await rejection(
            fit(of.model, of.loader, {
              ...options,
              epochs: 50,
              callbacks: [stop],
              signal: controller.signal,
            }),
          )
          expect(error).to.have.property('message', 'enough')
          expect(history.epochs.map(({ epoch }) => epoch)).to.deep.equal([0, 1])
          await fit(of.model, of.loader, { ...options, epochs: 1 })
          expect(history.epochs.map(({ epoch }) => epoch)).to.deep.equal([0, 1, 2])
        })
      })
    }

    it('is not disturbed by a model that predicts meanwhile', async () => {
      const [alone, served] = [setting(), setting()]
      manualSeed(3)
      await fit(alone.model, alone.loader, { ...alone, epochs: 6 })
      manualSeed(3)
      let training = true
      const run = fit(served.model, served.loader, { ...served, epochs: 6 }).finally(() => {
        training = false
      })
      const x = randn([3, 6], { generator: new Generator(8) })
      while (training as boolean) {
        served.model.eval().forward(x)
        await new Promise(setImmediate)
      }
      await run
      expect(served.model.training).to.equal(false)
      expect(weights(served)).to.deep.equal(weights(alone))
    })

    it('runs what computes in JavaScript by JavaScript, and says why', async () => {
      const [hand, fitted] = [setting([new Doubled()]), setting([new Doubled()])]
      manualSeed(3)
      byHand(hand)
      manualSeed(3)
      let turns = 0
      const timer = setInterval(() => turns++, 0)
      const history = await fit(fitted.model, fitted.loader, { ...fitted, epochs: 3 })
      clearInterval(timer)
      expect(history.mode).to.equal('eager')
      expect(history.reason).to.match(/reading data.*cannot be part of a captured step/)
      expect(weights(fitted)).to.deep.equal(weights(hand))
    })

    it('tells callbacks, waits for them and stops when they say so', async () => {
      const of = setting()
      const calls: string[] = []
      const callback: callbacks.Callback = {
        onTrainBegin: ({ epoch, step }) => void calls.push(`begin ${epoch} ${step}`),
        onEpochBegin: ({ epoch, step }) => void calls.push(`epoch ${epoch} ${step}`),
        async onEpochEnd({ epoch, step, logs, stop }) {
          await Promise.resolve()
          calls.push(`end ${epoch} ${step} ${Object.keys(logs).join()}`)
          if (epoch === 1) stop('enough')
        },
        onTrainEnd: ({ outcome }) => void calls.push(outcome),
      }
      await fit(of.model, of.loader, { ...of, epochs: 9, callbacks: [callback] })
      expect(calls).to.deep.equal([
        'begin 0 0',
        'epoch 0 0',
        'end 0 7 loss',
        'epoch 1 7',
        'end 1 14 loss',
        'stopped',
      ])
    })

    it('tells callbacks of each batch, and ends in the middle of an epoch', async () => {
      const of = setting()
      const seen: number[] = []
      const callback: callbacks.Callback = {
        onBatchEnd({ step, logs, stop }) {
          expect(logs['loss']).to.be.greaterThan(0)
          seen.push(step)
          if (step === 10) stop('enough')
        },
        onTrainEnd: ({ outcome }) => void seen.push(outcome === 'stopped' ? -1 : 0),
      }
      const history = await fit(of.model, of.loader, { ...of, epochs: 9, callbacks: [callback] })
      expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1])
      expect([history.mode, history.epochs.length]).to.deep.equal(['captured', 1])
    })

    it('tells callbacks how it ended, on every way out', async () => {
      const outcomes: string[] = []
      const callback: callbacks.Callback = {
        onTrainEnd: ({ outcome }) => void outcomes.push(outcome),
      }
      const of = setting()
      const options = { ...of, callbacks: [callback] }
      await fit(of.model, of.loader, options)
      const controller = new AbortController()
      const abort: callbacks.Callback = {
        onEpochEnd: () => {
          controller.abort(new Error('no'))
        },
      }
      await rejection(
        fit(of.model, of.loader, {
          ...options,
          epochs: 3,
          callbacks: [abort, callback],
          signal: controller.signal,
        }),
      )
      await rejection(
        fit(of.model, [[randn([4, 5]), tensor([0, 0, 0, 0], { dtype: 'int32' })]], options),
      )
      expect(outcomes).to.deep.equal(['completed', 'aborted', 'failed'])
    })

    it('runs by JavaScript for a callback that needs it', async () => {
      const of = setting()
      class Watcher implements callbacks.Callback {
        readonly needsEager = true
      }
      const history = await fit(of.model, of.loader, { ...of, callbacks: [new Watcher()] })
      expect(history.reason).to.match(/Watcher/)
    })

    it('goes by ReduceLROnPlateau', async () => {
      const of = setting()
      const scheduler = new optim.ReduceLROnPlateau(of.optimizer, {
        patience: 0,
        threshold: 1e9,
        thresholdMode: 'abs',
      })
      const history = await fit(of.model, of.loader, {
        ...of,
        epochs: 3,
        validation: of.held,
        scheduler,
      })
      expect(history.epochs.map(({ lr }) => lr)).to.deep.equal([0.02, 0.02, 0.02 * 0.1])
    })

    it('predicts, whatever the batch', async () => {
      const { model } = setting()
      model.eval()
      const x = randn([11, 6])
      const whole = await predict(model, x, { batchSize: 11 })
      const parts = await predict(model.train(), x, { batchSize: 4 })
      expect(model.training).to.equal(true)
      expect(parts.shape).to.deep.equal([11, 3])
      const expected = model.eval().forward(x)
      expect(Array.from(whole.data)).to.deep.equal(Array.from(expected.data))
      parts.data.forEach((value, i) => expect(value).to.be.closeTo(whole.data[i]!, 1e-5))
    })

    describe('refuses, with nothing changed', () => {
      const mistakes: readonly (readonly [string, (of: Setting) => Promise<unknown>, RegExp])[] = [
        ['no model', (of) => fit(wrong(nn.Linear), of.loader, of), /fit.*the model.*a Module/],
        [
          'no criterion',
          (of) => fit(of.model, of.loader, wrong({ optimizer: of.optimizer })),
          /criterion/,
        ],
        [
          'no optimizer',
          (of) => fit(of.model, of.loader, wrong({ criterion: of.criterion })),
          /optimizer/,
        ],
        ['no options', (of) => fit(of.model, of.loader, wrong(undefined)), /criterion/],
        ['no loader', (of) => fit(of.model, wrong(3), of), /the loader.*DataLoader/],
        [
          'no validation loader',
          (of) => fit(of.model, of.loader, { ...of, validation: wrong(3) }),
          /validation/,
        ],
        ['half an epoch', (of) => fit(of.model, of.loader, { ...of, epochs: 0.5 }), /epochs/],
        [
          'no accumulation',
          (of) => fit(of.model, of.loader, { ...of, accumulate: 0 }),
          /accumulate/,
        ],
        [
          'a negative norm',
          (of) => fit(of.model, of.loader, { ...of, clipGradNorm: -1 }),
          /clipGradNorm/,
        ],
        [
          'an unknown metric',
          (of) => fit(of.model, of.loader, { ...of, metrics: ['acuracy'] }),
          /accuracy/,
        ],
        [
          'an unknown interval',
          (of) => fit(of.model, of.loader, { ...of, schedulerInterval: wrong('batch') }),
          /epoch or step/,
        ],
        [
          'a batch of one',
          (of) => fit(of.model, [[of.loader.dataset.get(0)[0]]], of),
          /\[features, targets\]/,
        ],
        [
          'a dataset without targets',
          (of) => fit(of.model, new data.DataLoader([randn([8, 6])]), of),
          /\[features, targets\]/,
        ],
        [
          'many losses',
          (of) =>
            fit(of.model, of.loader, {
              ...of,
              criterion: new nn.CrossEntropyLoss({ reduction: 'none' }),
            }),
          /one number/,
        ],
        [
          'another width',
          (of) =>
            fit(
              of.model,
              new data.DataLoader([randn([8, 5]), tensor(Array(8).fill(0), { dtype: 'int32' })], {
                batchSize: 8,
              }),
              of,
            ),
          /Linear\(6, 10\)/,
        ],
      ]
      for (const [what, run, message] of mistakes) {
        it(what, async () => {
          const of = setting()
          const before = weights(of)
          const error = await rejection(run(of))
          expect(error).to.satisfy(
            (e: unknown) => e instanceof ValueError || e instanceof ShapeError,
          )
          expect(String(error)).to.match(message)
          expect(weights(of)).to.deep.equal(before)
        })
      }

      it('a label out of range', async () => {
        const of = setting()
        const y = tensor([0, 1, 2, 3], { dtype: 'int32' })
        const error = await rejection(fit(of.model, [[randn([4, 6]), y]], of))
        expect(error).to.be.instanceOf(ValueError)
        expect(String(error)).to.match(/3/)
      })

      it('a prediction of nothing', async () => {
        expect(await rejection(predict(setting().model, randn([0, 6])))).to.be.instanceOf(
          ShapeError,
        )
      })
    })
  })
})
