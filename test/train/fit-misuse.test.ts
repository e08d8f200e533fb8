import { expect } from 'chai'

import { data, fit, nn, predict, randn, ShapeError, tensor, ValueError } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { rejection, type Setting, setting, weights } from './setting.js'

const wrong = (value: unknown): never => value as never

describe('fit: misuse', () => {
  eachBackend(() => {
    describe('refuses, with nothing changed', () => {
      const mistakes: readonly (readonly [string, (of: Setting) => Promise<unknown>, RegExp])[] = [
        [
          'no model',
          (of) => fit(wrong(nn.Linear), of.loader, of.options),
          /fit.*the model.*a Module/,
        ],
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
        ['no loader', (of) => fit(of.model, wrong(3), of.options), /the loader.*DataLoader/],
        [
          'no validation loader',
          (of) => fit(of.model, of.loader, { ...of.options, validation: wrong(3) }),
          /validation/,
        ],
        [
          'half an epoch',
          (of) => fit(of.model, of.loader, { ...of.options, epochs: 0.5 }),
          /epochs/,
        ],
        [
          'no accumulation',
          (of) => fit(of.model, of.loader, { ...of.options, accumulate: 0 }),
          /accumulate/,
        ],
        [
          'a negative norm',
          (of) => fit(of.model, of.loader, { ...of.options, clipGradNorm: -1 }),
          /clipGradNorm/,
        ],
        [
          'an unknown metric',
          (of) => fit(of.model, of.loader, { ...of.options, metrics: ['acuracy'] }),
          /accuracy/,
        ],
        [
          'an unknown interval',
          (of) => fit(of.model, of.loader, { ...of.options, schedulerInterval: wrong('batch') }),
          /'epoch' or 'step'/,
        ],
        [
          'a batch of one',
          (of) => fit(of.model, [[of.loader.dataset.get(0)[0]]], of.options),
          /\[features, targets\]/,
        ],
        [
          'a dataset without targets',
          (of) => fit(of.model, new data.DataLoader([randn([8, 6])]), of.options),
          /\[features, targets\]/,
        ],
        [
          'many losses',
          (of) =>
            fit(of.model, of.loader, {
              ...of.options,
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
              of.options,
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
        const error = await rejection(fit(of.model, [[randn([4, 6]), y]], of.options))
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
