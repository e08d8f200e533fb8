import { expect } from 'chai'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { callbacks, fit, fitSync, History, historyOf, nn } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { textOf } from '../support/html.js'
import { warningsOf } from '../support/warnings.js'
import { rejection, setting, weights } from './setting.js'

const broken = (
  hook: 'onTrainBegin' | 'onEpochEnd' | 'onTrainEnd',
  text: string,
): callbacks.Callback => ({
  [hook]: () => {
    throw new Error(text)
  },
})

describe('how a training ends', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-endings-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  eachBackend(() => {
    it('gives every callback its end, and throws the first error', async () => {
      const of = setting()
      const ended: string[] = []
      const last: callbacks.Callback = { onTrainEnd: ({ outcome }) => void ended.push(outcome) }
      const list = [broken('onTrainEnd', 'first'), broken('onTrainEnd', 'second'), last]
      const history = new History()
      let error: unknown
      const told = await warningsOf(async () => {
        error = await rejection(
          fit(of.model, of.loader, { ...of.options, callbacks: list, history }),
        )
      })
      expect(error).to.have.property('message', 'first')
      expect(told).to.have.length(1)
      expect(told[0]).to.match(/fit: .*second/)
      expect(ended).to.deep.equal(['completed'])
      expect([history.outcome, history.epochs.length]).to.deep.equal(['failed', 1])
    })

    it('throws the error of the training before those of its end', async () => {
      const of = setting()
      const list = [broken('onEpochEnd', 'cause'), broken('onTrainEnd', 'after')]
      const told = await warningsOf(async () => {
        const error = await rejection(fit(of.model, of.loader, { ...of.options, callbacks: list }))
        expect(error).to.have.property('message', 'cause')
      })
      expect(told.join()).to.match(/after/)
      const lock = join(folder, 'run.ckpt')
      expect(() =>
        fitSync(of.model, of.loader, { ...of.options, callbacks: list, checkpoint: lock }),
      ).to.throw('cause')
      expect(readdirSync(folder)).to.deep.equal([]) // nor is there a lock
    })

    it('leaves weights alone where a training has failed before its first step', async () => {
      const of = setting()
      const stopper = new callbacks.EarlyStopping({ monitor: 'loss' })
      await fit(of.model, of.loader, { ...of.options, epochs: 2, callbacks: [stopper] })
      of.model.parameters().forEach((parameter) => parameter.data.fill(0.5))
      const before = weights(of)
      const ended: unknown[] = []
      const never: callbacks.Callback = { onTrainEnd: (context) => void ended.push(context) }
      const list = [broken('onTrainBegin', 'no'), stopper, never]
      expect(
        await rejection(fit(of.model, of.loader, { ...of.options, callbacks: list })),
      ).to.have.property('message', 'no')
      expect(weights(of)).to.deep.equal(before)
      expect(ended).to.deep.equal([])
      const other = new nn.Linear(2, 2)
      expect(
        await rejection(fit(other, of.loader, { ...of.options, callbacks: [stopper] })),
      ).to.be.instanceOf(Error)
    })

    it('has a history after an abort and after an error', async () => {
      const of = setting()
      const controller = new AbortController()
      const abort: callbacks.Callback = {
        onEpochEnd: ({ epoch }) => {
          if (epoch === 1) controller.abort()
        },
      }
      const options = { ...of.options, epochs: 9, callbacks: [abort], signal: controller.signal }
      const reason = await rejection(fit(of.model, of.loader, options))
      expect(reason).to.equal(controller.signal.reason)
      expect(historyOf(reason)).to.have.property('outcome', 'aborted')
      expect(historyOf(reason)!.epochs).to.have.length(2)
      let error: unknown
      try {
        fitSync(of.model, of.loader, { ...of.options, callbacks: [broken('onEpochEnd', 'no')] })
      } catch (caught) {
        error = caught
      }
      expect(historyOf(error)!.epochs).to.have.length(1)
      for (const other of [new Error('no'), null, undefined, 'enough', 3]) {
        expect(historyOf(other)).to.equal(null)
      }
    })

    it('keeps who has stopped it and why, in history, report and checkpoint', async () => {
      class Judge implements callbacks.Callback {
        onEpochEnd({ epoch, stop }: callbacks.EpochContext): void {
          if (epoch === 1) stop('that will do')
        }
        onTrainEnd({ stop }: callbacks.TrainEndContext): void {
          stop('too late')
        }
      }
      const file = join(folder, 'run.ckpt')
      const late: callbacks.Callback = {
        onEpochEnd: ({ epoch, stop }) => {
          if (epoch === 1) stop('me too')
        },
      }
      const options = { epochs: 9, checkpoint: file }
      const of = setting()
      const history = await fit(of.model, of.loader, {
        ...of.options,
        ...options,
        callbacks: [new Judge(), late],
      })
      const record = { by: 'Judge', reason: 'that will do', epoch: 1, step: 14 }
      expect(history.stopped).to.deep.equal(record)
      expect(JSON.parse(JSON.stringify(history))).to.have.deep.property('stopped', record)
      expect(textOf(await history.toHTML())).to.include(
        'Judge ended the training after 2 epochs: that will do.',
      )
      const again = setting()
      const resumed = await fit(again.model, again.loader, {
        ...again.options,
        ...options,
        resume: true,
      })
      expect([resumed.outcome, resumed.epochs.length]).to.deep.equal(['stopped', 2])
      expect(resumed.stopped).to.deep.equal(record)
      await fit(of.model, of.loader, { ...of.options, history })
      expect([history.outcome, history.stopped]).to.deep.equal(['completed', null])
    })

    it('names a callback without a class by its place, and needs no reason', async () => {
      const of = setting()
      const stop: callbacks.Callback = {
        onBatchEnd: ({ stop }) => {
          ;(stop as () => void)()
        },
      }
      const history = await fit(of.model, of.loader, { ...of.options, callbacks: [{}, stop] })
      expect(history.stopped).to.deep.equal({ by: 'callback 1', reason: '', epoch: 0, step: 1 })
      await fit(of.model, of.loader, { ...of.options, history })
      await fit(of.model, of.loader, { ...of.options, history, callbacks: [{}, stop] })
      expect(textOf(await history.toHTML())).to.include(
        'Callback 1 ended the training after 1 epoch.',
      )
    })

    it('does not repeat its reason in the report', async () => {
      const of = setting()
      of.optimizer.paramGroups[0]!.lr = 0
      const stopper = new callbacks.EarlyStopping({ monitor: 'loss', minDelta: 10, patience: 1 })
      const history = await fit(of.model, of.loader, {
        ...of.options,
        epochs: 9,
        callbacks: [stopper],
      })
      expect(history.stopped!.by).to.equal('EarlyStopping')
      expect(textOf(await history.toHTML())).to.match(
        /EarlyStopping ended the training after 2 epochs: loss has not improved/,
      )
    })
  })

  describe('logs', () => {
    const csv = (): number[][] =>
      readFileSync(join(folder, 'log.csv'), 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').slice(0, 2).map(Number))

    it('go on counting in a second training with the same history', async () => {
      const of = setting()
      const history = new History()
      const seen: number[] = []
      const list = [
        new callbacks.CSVLogger({ path: join(folder, 'log.csv'), append: true }),
        { onBatchEnd: ({ step }: callbacks.BatchContext) => void seen.push(step) },
      ]
      for (const capture of [true, false]) {
        await fit(of.model, of.loader, {
          ...of.options,
          epochs: 2,
          history,
          callbacks: list,
          capture,
        })
      }
      expect(csv()).to.deep.equal([0, 1, 2, 3].map((epoch) => [epoch, 7 * (epoch + 1)]))
      expect(seen).to.deep.equal(Array.from({ length: 28 }, (_, i) => i + 1))
      expect(history.steps).to.equal(28)
    })

    it('count on after an abort in the middle of an epoch', async () => {
      const of = setting()
      const history = new History()
      const controller = new AbortController()
      const seen: number[] = []
      const list: callbacks.Callback[] = [
        {
          onBatchEnd({ step }) {
            seen.push(step)
            if (step === 3) controller.abort()
          },
        },
      ]
      const options = { ...of.options, history, callbacks: list }
      await rejection(fit(of.model, of.loader, { ...options, signal: controller.signal }))
      await fit(of.model, of.loader, options)
      expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    })

    it('have no epoch twice after a crash', async () => {
      const run = join(folder, 'run')
      const log = join(folder, 'log.csv')
      const file = join(folder, 'run.ckpt')
      const crash: callbacks.Callback = {
        onEpochEnd({ epoch }) {
          if (epoch === 2) throw new Error('crash') // the epoch is in the logs, but in no checkpoint
        },
      }
      const loggers = (): callbacks.Callback[] => [
        new callbacks.CSVLogger({ path: log, append: true }),
        new callbacks.TensorBoardLogger({ logDir: run }),
      ]
      const of = setting()
      const options = { epochs: 4, checkpoint: file, resume: true }
      const failing = { ...of.options, ...options, callbacks: [...loggers(), crash] }
      await rejection(fit(of.model, of.loader, failing))
      expect(csv().map(([epoch]) => epoch)).to.deep.equal([0, 1, 2])
      const again = setting()
      const history = await fit(again.model, again.loader, {
        ...again.options,
        ...options,
        callbacks: loggers(),
      })
      expect(csv()).to.deep.equal([0, 1, 2, 3].map((epoch) => [epoch, 7 * (epoch + 1)]))
      expect(history.steps).to.equal(28)
      expect(existsSync(run)).to.equal(true)
    })
  })
})
