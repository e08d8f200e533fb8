import { expect } from 'chai'

import {
  type callbacks,
  evaluate,
  fit,
  fitSync,
  Generator,
  manualSeed,
  predict,
  predictSync,
  randn,
  type Tensor,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { byHand, Doubled, rejection, setting, weights } from './setting.js'

const numbers = ({ data }: Tensor): number[] => Array.from(data)

describe('a model that answers while fit trains it', () => {
  const x = randn([3, 6], { generator: new Generator(8) })

  eachBackend(() => {
    for (const kind of [
      'captured',
      'batch by batch',
      'eager',
      'of a module in JavaScript',
    ] as const) {
      it(`is trained to the same bits by forward in training mode: ${kind}`, async () => {
        const extra = kind === 'of a module in JavaScript' ? [new Doubled()] : []
        const [alone, served] = [setting(extra), setting(extra)]
        const watch: callbacks.Callback = { onBatchEnd: () => undefined }
        const options = {
          epochs: 4,
          capture: kind !== 'eager',
          callbacks: kind === 'batch by batch' ? [watch] : [],
        }
        manualSeed(3)
        await fit(alone.model, alone.loader, { ...alone.options, ...options })
        manualSeed(3)
        let training = true
        const run = fit(served.model, served.loader, { ...served.options, ...options }).finally(
          () => {
            training = false
          },
        )
        let answers = 0
        while (training as boolean) {
          served.model.forward(x)
          served.model.at(1)!.forward(randn([4, 10], { generator: new Generator(1) }))
          expect(served.model.training).to.equal(true)
          await predict(served.model, x)
          answers++
          await new Promise(setImmediate)
        }
        await run
        expect(answers).to.be.greaterThan(0)
        expect(weights(served)).to.deep.equal(weights(alone))
        expect(served.model.modules().some((module) => Object.hasOwn(module, 'forward'))).to.equal(
          false,
        )
      })
    }

    it('answers in evaluation mode, as predict does', async () => {
      const { model, loader, options: of } = setting()
      const seen: [number[], number[]][] = []
      const batches = {
        *[Symbol.iterator]() {
          seen.push([numbers(model.forward(x)), numbers(predictSync(model, x))])
          yield* loader
        },
      }
      fitSync(model, batches, { ...of, epochs: 2 })
      await fit(model, batches, { ...of, epochs: 2 })
      expect(seen).to.have.length(4)
      for (const [forward, predicted] of seen) expect(forward).to.deep.equal(predicted)
    })

    it('lets callbacks compute as the training does', async () => {
      const of = setting()
      const norm = of.model.at(1)!
      const mean = (): number[] => numbers(norm.buffers()[0]!)
      const moved: boolean[] = []
      const callback: callbacks.Callback = {
        onEpochEnd({ model }) {
          const before = mean()
          model.forward(x)
          moved.push(mean().some((value, i) => value !== before[i]))
        },
      }
      await fit(of.model, of.loader, { ...of.options, callbacks: [callback] })
      expect(moved).to.deep.equal([true])
    })

    it('trains twice at a time, and is free in the end, however that comes', async () => {
      const of = setting()
      const broken: callbacks.Callback = {
        onEpochEnd: () => {
          throw new Error('no')
        },
      }
      const options = { ...of.options, epochs: 2 }
      await Promise.all([
        rejection(fit(of.model, of.loader, { ...options, callbacks: [broken] })),
        fit(of.model, of.loader, options),
        evaluate(of.model, of.held, { criterion: of.criterion }),
      ])
      expect(of.model.modules().some((module) => Object.hasOwn(module, 'forward'))).to.equal(false)
      // In training mode again: the statistics move.
      const before = numbers(of.model.buffers()[0]!)
      of.model.forward(x)
      expect(numbers(of.model.buffers()[0]!)).to.not.deep.equal(before)
      byHand(of, { epochs: 1 })
    })
  })
})
