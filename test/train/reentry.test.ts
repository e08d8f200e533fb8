import { expect } from 'chai'

import {
  data,
  evaluateSync,
  fit,
  fitSync,
  type FitOptions,
  Generator,
  manualSeed,
  nn,
  optim,
  predictSync,
  randn,
  type Tensor,
} from '../../ts/index.js'
import { addon } from '../../ts/kernels/native/load.js'
import { withThreads } from '../../ts/threads.js'
import { eachBackend } from '../support/each-backend.js'
import { needsNative } from '../support/backends.js'

const generator = new Generator(3)
const x = randn([24, 3], { generator })
const y = randn([24, 1], { generator })
const criterion = new nn.MSELoss()

/** What runs on the same model while it is being trained. */
const intruders: Readonly<Record<string, (model: nn.Module) => void>> = {
  fitSync: (model) => {
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
    fitSync(model, [x, y], { criterion, optimizer, batchSize: 5, shuffle: false, details: false })
  },
  evaluateSync: (model) => {
    evaluateSync(model, [x, y], { criterion, batchSize: 7 })
  },
  predictSync: (model) => {
    predictSync(model, x, { batchSize: 5 })
  },
  'a loop over the loader': (model) => {
    for (const [features] of loader) model.forward(features)
  },
}

const loader = new data.DataLoader([x, y], { batchSize: 8 })

/** Where it comes in: the batches and options of a training. */
const places: Readonly<
  Record<string, (intrude: () => void) => { batches: Iterable<[Tensor, Tensor]>; options: object }>
> = {
  'a getter of the options': (intrude) => ({
    batches: loader,
    options: {
      get clipGradNorm() {
        intrude()
        return undefined
      },
      get epochs() {
        intrude()
        return 2
      },
    },
  }),
  'the iterator of the batches': (intrude) => ({
    batches: {
      *[Symbol.iterator]() {
        for (const batch of loader) {
          intrude()
          yield batch
        }
      },
    },
    options: { epochs: 2 },
  }),
  'callbacks between steps and epochs': (intrude) => ({
    batches: loader,
    options: { epochs: 2, callbacks: [{ onBatchEnd: intrude, onEpochEnd: intrude }] },
  }),
  'callbacks at the beginning and the end': (intrude) => ({
    batches: loader,
    options: { epochs: 2, callbacks: [{ onTrainBegin: intrude, onTrainEnd: intrude }] },
  }),
}

describe('a model that is used again from inside of its own training', () => {
  eachBackend(() => {
    for (const [name, intrude] of Object.entries(intruders)) {
      for (const [place, setting] of Object.entries(places)) {
        it(`${name} in ${place}: the same bits however the steps are run`, async () => {
          const train = async (sync: boolean, capture: boolean): Promise<unknown> => {
            manualSeed(5)
            const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 1))
            const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 })
            const { batches, options } = setting(() => {
              intrude(model)
            })
            const all = Object.defineProperties(
              { criterion, optimizer, capture, details: false },
              Object.getOwnPropertyDescriptors(options),
            ) as FitOptions
            const history = sync ? fitSync(model, batches, all) : await fit(model, batches, all)
            expect(history.epochs).to.have.length(2)
            const losses = history.epochs.map(({ logs }) => logs['loss'])
            return [losses, model.parameters().map(({ data: elements }) => Array.from(elements))]
          }
          const expected = await train(true, false)
          expect(await train(true, true)).to.deep.equal(expected)
          // fit asks for the next batch while one is trained on, so what trains then comes earlier
          const waited = await train(false, true)
          if (name !== 'fitSync' || !place.startsWith('the iterator')) {
            expect(waited).to.deep.equal(expected)
          }
        })
      }
    }
  })

  it('goes back to the threads of what it came into', function () {
    needsNative(this)
    const binding = addon()
    const own = Object.getOwnPropertyDescriptor(binding, 'limitThreads')!
    const limits: number[] = []
    binding.limitThreads = (count) => {
      limits.push(count)
      ;(own.value as typeof binding.limitThreads)(count)
    }
    try {
      withThreads(2, () => {
        withThreads(1, () => undefined)
        expect(() => {
          withThreads(3, () => {
            throw new Error('left')
          })
        }).to.throw('left')
      })
    } finally {
      Object.defineProperty(binding, 'limitThreads', own)
    }
    expect(limits).to.deep.equal([2, 1, 2, 3, 2, 0])
  })
})
