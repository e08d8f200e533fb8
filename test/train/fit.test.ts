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
  optim,
  predict,
  randn,
  type Tensor,
  tensor,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { byHand, Doubled, rejection, type Setting, setting, weights } from './setting.js'

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
          const history = await fit(model, loader, { ...fitted.options, epochs: 3, capture })
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
          const options = {
            ...fitted.options,
            epochs: 3,
            accumulate: 2,
            clipGradNorm: 0.5,
            capture,
          }
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
              ...fitted.options,
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
          const history = await fit(fitted.model, stream, { ...fitted.options, epochs: 3, capture })
          expect(history.mode).to.equal(mode)
          expect(weights(fitted)).to.deep.equal(weights(hand))
        })

        it('measures in training and validates without a trace', async () => {
          const [alone, validated] = [setting(), setting()]
          manualSeed(3)
          await fit(alone.model, alone.loader, { ...alone.options, epochs: 2, capture })
          manualSeed(3)
          const { model, criterion, loader, held } = validated
          const confusion = new metrics.ConfusionMatrix()
          const history = await fit(model, loader, {
            ...validated.options,
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
          const options = { ...of.options, capture, history }
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
      await fit(alone.model, alone.loader, { ...alone.options, epochs: 6 })
      manualSeed(3)
      let training = true
      const run = fit(served.model, served.loader, { ...served.options, epochs: 6 }).finally(() => {
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
      const history = await fit(fitted.model, fitted.loader, { ...fitted.options, epochs: 3 })
      expect(history.mode).to.equal('eager')
      expect(history.reason).to.match(/reading data.*cannot be part of a captured step/)
      expect(weights(fitted)).to.deep.equal(weights(hand))
    })

    it('goes by ReduceLROnPlateau', async () => {
      const of = setting()
      const scheduler = new optim.ReduceLROnPlateau(of.optimizer, {
        patience: 0,
        threshold: 1e9,
        thresholdMode: 'abs',
      })
      const history = await fit(of.model, of.loader, {
        ...of.options,
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

    it('lets others have their turn while it takes down the results of many steps', async () => {
      class Slow extends metrics.Accuracy {
        readonly turnsBefore: number[] = []
        override update(prediction: Tensor, target: Tensor): void {
          this.turnsBefore.push(turns)
          const start = performance.now()
          while (performance.now() - start < 1);
          super.update(prediction, target)
        }
      }
      const of = setting()
      const slow = new Slow()
      const loader = new data.DataLoader(of.loader.dataset, { batchSize: 2, dropLast: true })
      let turns = 0
      let running = true
      const turn = (): void => {
        turns++
        if (running) setImmediate(turn)
      }
      turn()
      await fit(of.model, loader, { ...of.options, epochs: 1, metrics: [slow] })
      running = false
      expect(slow.turnsBefore.at(-1)! - slow.turnsBefore[0]!).to.be.at.least(5)
    })
  })
})
