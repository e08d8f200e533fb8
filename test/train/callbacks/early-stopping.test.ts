import { expect } from 'chai'
import { callbacks, GradlaneError } from '../../../ts/index.js'
import { eachBackend } from '../../support/each-backend.js'
import { epochsOf, Subject } from './context.js'

const { EarlyStopping } = callbacks

describe('EarlyStopping', () => {
  eachBackend(() => {
    it('stops after epochs without an improvement and puts the best weights back', async () => {
      const subject = new Subject()
      const stopper = new EarlyStopping({ patience: 2 })
      const epochs = epochsOf('valLoss', [5, 3, 2, 4, NaN, 1])
      const logs = await subject.train([stopper], epochs)
      expect(logs).to.have.length(5)
      expect(subject.reasons).to.deep.equal([
        'EarlyStopping: valLoss has not improved since epoch 2 (2)',
      ])
      expect([stopper.best, stopper.bestEpoch, stopper.wait, subject.weight]).to.deep.equal([
        2, 2, 2, 2,
      ])
    })

    for (const outcome of ['completed', 'aborted', 'failed'] as const) {
      it(`puts the best weights back when the training has ${outcome}`, async () => {
        const subject = new Subject()
        await subject.train([new EarlyStopping()], epochsOf('valLoss', [2, 1, 3]), { outcome })
        expect(subject.weight).to.equal(1)
        await subject.train([new EarlyStopping()], epochsOf('valLoss', [3, 2, 1]), { outcome })
        expect(subject.weight).to.equal(2)
      })
    }

    it('leaves the weights alone on request, and where nothing was ever good', async () => {
      const subject = new Subject()
      const epochs = epochsOf('valLoss', [1, 2, 3])
      await subject.train([new EarlyStopping({ restoreBest: false })], epochs)
      expect(subject.weight).to.equal(2)
      const stopper = new EarlyStopping({ patience: 2 })
      await subject.train([stopper], epochsOf('valLoss', [NaN, NaN, 1]))
      expect(subject.weight).to.equal(1)
      expect(subject.reasons).to.deep.equal(['EarlyStopping: valLoss has not improved at all'])
    })

    it('watches a number that is to rise, by more than minDelta', async () => {
      const subject = new Subject()
      const options = { monitor: 'accuracy', mode: 'max', minDelta: 0.5, patience: 2 } as const
      await subject.train([new EarlyStopping(options)], epochsOf('accuracy', [1, 2, 2.25, 2.5, 9]))
      expect(subject.weight).to.equal(1)
    })

    it('goes on after a resume as if nothing had happened', async () => {
      const epochs = epochsOf('valLoss', [5, 3, 4, 4, 4, 1])
      const straight = new Subject()
      const uninterrupted = new EarlyStopping({ patience: 3 })
      await straight.train([uninterrupted], epochs)
      const [first, second] = [new Subject(), new Subject()]
      const [before, after] = [1, 2].map(() => new EarlyStopping({ patience: 3 })) as [
        callbacks.EarlyStopping,
        callbacks.EarlyStopping,
      ]
      await first.train([before], epochs.slice(0, 3))
      after.loadStateDict(before.stateDict())
      await second.train([after], epochs, { from: 3 })
      expect(second.reasons).to.deep.equal(straight.reasons)
      expect(second.weight).to.equal(straight.weight).and.to.equal(1)
      expect(after.bestEpoch).to.equal(1)
      // A second training begins anew.
      second.reasons.length = 0
      await second.train([after], epochsOf('valLoss', [50]))
      expect(after.best).to.equal(50)
    })
  })

  it('tells what is wrong with its options, its logs and its state', async () => {
    const wrong = (value: unknown): never => value as never
    const mistakes: [object, RegExp][] = [
      [{ patience: 0 }, /patience.*at least 1, got 0/],
      [{ monitor: '' }, /monitor.*not empty, got ''/],
      [{ mode: 'auto' }, /'min' or 'max', got 'auto'/],
      [{ minDelta: -1 }, /minDelta.*got -1/],
    ]
    for (const [options, message] of mistakes) {
      expect(() => new EarlyStopping(wrong(options))).to.throw(GradlaneError, message)
    }
    const error: unknown = await new Subject()
      .train([new EarlyStopping()], [{ loss: 1, lr: 2 }])
      .catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(GradlaneError)
    expect(String(error)).to.match(/one of loss, lr, got valLoss; is there validation data/)
    const stopper = new EarlyStopping()
    const before = stopper.stateDict()
    const bad = [{}, { ...before, best: 'x' }, { ...before, wait: -1 }, { ...before, weights: [1] }]
    for (const state of bad) {
      expect(() => {
        stopper.loadStateDict(state)
      }).to.throw(GradlaneError)
      expect(stopper.stateDict()).to.deep.equal(before)
    }
  })
})
