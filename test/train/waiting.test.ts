import { expect } from 'chai'

import { callbacks, evaluate, fit, lrFind, nn, optim, type Tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { rejection, setting } from './setting.js'

type Pair = readonly Tensor[]

/** A database cursor that stalls: gives so many batches, then nothing until it is closed, or ever. */
class Cursor implements AsyncIterableIterator<Pair> {
  returned = 0
  asked = 0
  readonly #batches: Pair[]
  readonly #onStall: () => void

  constructor(batches: Iterable<Pair>, count: number, onStall: () => void) {
    this.#batches = [...batches].slice(0, count)
    this.#onStall = onStall
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Pair>> {
    this.asked++
    const value = this.#batches.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    setImmediate(this.#onStall)
    return new Promise(() => undefined)
  }

  return(): Promise<IteratorResult<Pair>> {
    this.returned++
    return Promise.resolve({ done: true, value: undefined })
  }
}

describe('a training that waits for a batch', () => {
  eachBackend(() => {
    for (const capture of [true, false]) {
      for (const [count, accumulate] of [
        [0, 1],
        [1, 1],
        [2, 1],
        [3, 2],
      ] as const) {
        it(`ends at once when it is aborted after ${count} batches, accumulate ${accumulate}, capture ${capture}`, async () => {
          const of = setting()
          const reason = new Error('enough')
          const controller = new AbortController()
          const cursor = new Cursor(of.loader, count, () => {
            controller.abort(reason)
          })
          const outcomes: string[] = []
          const tell: callbacks.Callback = {
            onTrainEnd: ({ outcome }) => void outcomes.push(outcome),
          }
          const { signal } = controller
          const options = { ...of.options, accumulate, capture, signal, callbacks: [tell] }
          expect(await rejection(fit(of.model, cursor, options))).to.equal(reason)
          expect(outcomes).to.deep.equal(['aborted'])
          expect(cursor.returned).to.equal(1)
          expect(cursor.asked).to.equal(count + 1)
        })
      }

      it(`runs the end of a generator once it comes on, capture ${capture}`, async () => {
        const of = setting()
        const controller = new AbortController()
        let goOn: () => void = () => undefined
        const stalled = new Promise<void>((resolve) => {
          goOn = resolve
        })
        let [given, closed] = [0, false]
        async function* batches(): AsyncGenerator<Pair> {
          try {
            for (const batch of of.loader) {
              if (given === 2) {
                setImmediate(() => {
                  controller.abort(new Error('enough'))
                })
                await stalled
              }
              given++
              yield batch
            }
          } finally {
            closed = true
          }
        }
        const { signal } = controller
        const error = await rejection(fit(of.model, batches(), { ...of.options, capture, signal }))
        expect(error).to.have.property('message', 'enough')
        expect(closed).to.equal(false)
        goOn()
        await new Promise(setImmediate)
        expect(closed).to.equal(true)
        expect(given).to.equal(3)
      })
    }

    it('ends at once when validation waits, and evaluate and lrFind do', async () => {
      const of = setting()
      const { model, criterion, loader } = of
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      for (const start of [
        (cursor: Cursor, signal: AbortSignal) =>
          fit(model, loader, { criterion, optimizer, validation: cursor, signal }),
        (cursor: Cursor, signal: AbortSignal) => evaluate(model, cursor, { criterion, signal }),
        (cursor: Cursor, signal: AbortSignal) =>
          lrFind(model, cursor, { criterion, optimizer, signal }),
      ] as ((cursor: Cursor, signal: AbortSignal) => Promise<unknown>)[]) {
        const controller = new AbortController()
        const cursor = new Cursor(loader, 2, () => {
          controller.abort(new Error('enough'))
        })
        const error = await rejection(start(cursor, controller.signal))
        expect(error).to.have.property('message', 'enough')
        expect(cursor.returned).to.equal(1)
      }
    })

    it('ends with the error of a step while a batch does not come', async () => {
      const of = setting()
      const wide = new nn.Linear(3, 2)
      const cursor = new Cursor(of.loader, 1, () => undefined)
      const optimizer = new optim.SGD(wide.parameters(), { lr: 0.1 })
      const { criterion } = of
      const error = await rejection(fit(wide, cursor, { criterion, optimizer }))
      expect(error).to.have.property('code', 'ERR_SHAPE')
      expect(cursor.returned).to.equal(1)
    })

    it('does not ask an iterator to return that has ended or thrown', async () => {
      const of = setting()
      const whole = new Cursor(of.loader, 1, () => undefined)
      whole.next = () => {
        whole.asked++
        return Promise.resolve({ done: true, value: undefined })
      }
      expect(await rejection(fit(of.model, whole, of.options))).to.have.property(
        'code',
        'ERR_VALUE',
      )
      expect([whole.asked, whole.returned]).to.deep.equal([1, 0])
      const broken = new Cursor(of.loader, 1, () => undefined)
      broken.next = () => Promise.reject(new Error('lost'))
      expect(await rejection(fit(of.model, broken, of.options))).to.have.property('message', 'lost')
      expect(broken.returned).to.equal(0)
    })
  })
})
