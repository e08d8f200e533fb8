import { expect } from 'chai'

import {
  add,
  capture,
  CaptureError,
  type CapturedStep,
  mul,
  ones,
  type Tensor,
  tensor,
  zeros,
} from '../../ts/index.js'
import type { RunAsyncOptions } from '../../ts/capture/run-options.js'
import { kernels } from '../../ts/kernels/backend.js'
import { eachBackend } from '../support/each-backend.js'

type Inputs = { a: Tensor; b: Tensor }

/** 10 a + b, counting its runs. */
function counting(): { step: CapturedStep<Inputs, Tensor>; runs: Tensor } {
  const runs = zeros([1], { dtype: 'float64' })
  const one = ones([1], { dtype: 'float64' })
  const step = capture(
    ({ a, b }: Inputs) => {
      kernels().axpby({ x: one, y: runs, n: 1, alpha: 1, beta: 1 })
      return add(mul(a, 10), b)
    },
    { inputs: { a: zeros([2]), b: zeros([2]) } },
  )
  return { step, runs }
}

/** Other runs of the step, which must leave no trace in the one that they came into. */
const intruders: Readonly<Record<string, (step: CapturedStep<Inputs, Tensor>) => void>> = {
  runSync: (step) => step.runSync({ a: tensor([7, 7]), b: tensor([7, 7]) }),
  scanSync: (step) => step.scanSync({ a: ones([3, 2]), b: ones([3, 2]) }),
  describe: (step) => step.describe({ times: 1 }),
}

const options = ['times', 'threads', 'priority', 'signal', 'onProgress', 'progressInterval']

type Started = (inputs: Partial<Inputs>, options: RunAsyncOptions) => Promise<Tensor> | Tensor

describe('a captured step that is run again from inside of its own run', () => {
  eachBackend(() => {
    for (const [name, intrude] of Object.entries(intruders)) {
      const starts = (step: CapturedStep<Inputs, Tensor>): Record<string, Started> => ({
        run: (inputs, given) => step.run(inputs, given),
        runSync: (inputs, given) => step.runSync(inputs, given),
        scan: (inputs, given) => step.scan(inputs, given),
        scanSync: (inputs, given) => step.scanSync(inputs, given),
      })
      for (const how of ['run', 'runSync', 'scan', 'scanSync'] as const) {
        const rows = how.startsWith('scan')
        const given = (of: number[]): Tensor => (rows ? tensor([of]) : tensor(of))

        it(`${name} in getters of the options of ${how}`, async () => {
          const { step } = counting()
          let called = 0
          const tricky: RunAsyncOptions = {}
          for (const option of options) {
            Object.defineProperty(tricky, option, {
              get() {
                called++
                intrude(step)
                return undefined
              },
            })
          }
          const inputs = { a: given([1, 2]), b: given([3, 4]) }
          const result = await starts(step)[how]!(inputs, tricky)
          expect(Array.from(result.data)).to.deep.equal([13, 24])
          expect(called).to.equal(options.length)
          expect(step.running).to.equal(false)
        })

        it(`${name} in getters of the inputs of ${how}`, async () => {
          const { step } = counting()
          const inputs = {
            get a() {
              intrude(step)
              return given([1, 2])
            },
            get b() {
              intrude(step)
              return given([3, 4])
            },
          }
          const result = await starts(step)[how]!(inputs, {})
          expect(Array.from(result.data)).to.deep.equal([13, 24])
        })

        it(`${name} in getters of a tensor that ${how} is given`, async () => {
          const { step } = counting()
          const a = given([1, 2])
          for (const property of ['buffer', 'byteOffset', 'shape', 'dtype'] as const) {
            const value = a[property]
            Object.defineProperty(a, property, {
              get() {
                intrude(step)
                return value
              },
            })
          }
          const result = await starts(step)[how]!({ a, b: given([3, 4]) }, {})
          expect(Array.from(result.data)).to.deep.equal([13, 24])
        })
      }
    }

    it('is refused while a run is in flight, whoever asks', async () => {
      const { step, runs } = counting()
      const errors: unknown[] = []
      const again = (): void => {
        try {
          step.runSync()
        } catch (error) {
          errors.push(error)
        }
      }
      const signal = {
        aborted: false,
        throwIfAborted: again,
        addEventListener: again,
        removeEventListener: again,
      }
      await step.run({}, { times: 5, signal: signal as unknown as AbortSignal })
      expect(errors).to.have.length(2)
      for (const error of errors) expect(error).to.be.instanceOf(CaptureError)
      // what was asked for before it began was run
      expect(runs.item()).to.equal(6)
    })

    it('ends, and can be run again, when a listener cannot be added', async () => {
      const { step, runs } = counting()
      const signal = {
        throwIfAborted: () => undefined,
        addEventListener: () => {
          throw new Error('no listeners')
        },
        removeEventListener: () => undefined,
      }
      const error = await step.run({}, { signal: signal as unknown as AbortSignal }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).to.have.property('message', 'no listeners')
      expect(step.running).to.equal(false)
      expect(runs.item()).to.equal(0)
      step.runSync()
      expect(runs.item()).to.equal(1)
    })

    it('stops when the signal is aborted while the run is being started', async () => {
      const { step, runs } = counting()
      const controller = new AbortController()
      const signal = {
        get aborted() {
          return controller.signal.aborted
        },
        get reason() {
          return controller.signal.reason as Error
        },
        throwIfAborted: () => undefined,
        addEventListener: () => {
          controller.abort(new Error('at once'))
        },
        removeEventListener: () => undefined,
      } as unknown as AbortSignal
      const error = await step.run({}, { times: 1e9, signal }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).to.have.property('message', 'at once')
      expect(runs.item()).to.be.below(1e9)
    })
  })
})
