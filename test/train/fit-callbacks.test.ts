import { expect } from 'chai'

import { type callbacks, fit, randn, tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { rejection, setting } from './setting.js'

describe('fit: callbacks', () => {
  eachBackend(() => {
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
      await fit(of.model, of.loader, { ...of.options, epochs: 9, callbacks: [callback] })
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
      const history = await fit(of.model, of.loader, {
        ...of.options,
        epochs: 9,
        callbacks: [callback],
      })
      expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1])
      expect([history.mode, history.epochs.length]).to.deep.equal(['captured', 1])
    })

    it('tells callbacks how it ended, on every way out', async () => {
      const outcomes: string[] = []
      const callback: callbacks.Callback = {
        onTrainEnd: ({ outcome }) => void outcomes.push(outcome),
      }
      const of = setting()
      const options = { ...of.options, callbacks: [callback] }
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
      const history = await fit(of.model, of.loader, { ...of.options, callbacks: [new Watcher()] })
      expect(history.reason).to.match(/Watcher/)
    })
  })
})
