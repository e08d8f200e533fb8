import { expect } from 'chai'

import {
  type Batches,
  type BatchSource,
  data,
  evaluate,
  fit,
  fitSync,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { rejection, type Setting, setting, weights } from './setting.js'

/** Something that begins anew whenever it is asked, but with fewer batches each time. */
class Drying implements Iterable<readonly Tensor[]> {
  #left: number
  constructor(
    private readonly loader: Setting['loader'],
    epochs: number,
  ) {
    this.#left = epochs
  }
  [Symbol.iterator](): Iterator<readonly Tensor[]> {
    return (this.#left-- > 0 ? this.loader : [])[Symbol.iterator]()
  }
}

async function* later(loader: Setting['loader']): AsyncGenerator<readonly Tensor[]> {
  await Promise.resolve()
  yield* loader
}

const few = (dropLast: boolean, rows = 5): data.DataLoader<readonly Tensor[]> =>
  new data.DataLoader([randn([rows, 6]), tensor(Array<number>(rows).fill(0), { dtype: 'int32' })], {
    batchSize: 8,
    dropLast,
  })

describe('fit: epochs without a batch', () => {
  eachBackend(() => {
    const refused: readonly (readonly [string, (of: Setting) => BatchSource, RegExp])[] = [
      [
        'a generator for several epochs',
        ({ loader }) => loader[Symbol.iterator](),
        /epoch 2;.*begin anew/,
      ],
      ['an asynchronous one', ({ loader }) => later(loader), /epoch 2;.*begin anew/],
      [
        'a loader whose dropLast leaves nothing',
        () => few(true),
        /at least 8 samples.*5 of them; dropLast/,
      ],
      ['a loader without samples', () => few(false, 0), /at least one sample, got 0/],
      [
        'two tensors without samples',
        () => [randn([0, 6]), tensor([], { dtype: 'int32' })],
        /at least one sample/,
      ],
      ['no batches', () => [], /epoch 1 of 3 to be of at least one sample/],
      [
        'a batch of no sample',
        () => [[randn([0, 6]), tensor([], { dtype: 'int32' })]],
        /epoch 1 of 3/,
      ],
    ]
    for (const [what, source, message] of refused) {
      it(`refuses ${what}, to train or to validate on`, async () => {
        const of = setting()
        const before = weights(of)
        const options = { ...of.options, epochs: 3 }
        const error = await rejection(fit(of.model, source(of), options))
        expect(error).to.be.instanceOf(ValueError)
        expect(String(error)).to.match(message)
        expect(weights(of)).to.deep.equal(before)
        const validation = source(of)
        const other = await rejection(fit(of.model, of.loader, { ...options, validation }))
        expect(other).to.be.instanceOf(ValueError)
      })
    }

    for (const capture of [true, false]) {
      it(`names the epoch that nothing was left for, ${capture ? 'captured' : 'eager'}`, async () => {
        const of = setting()
        const batches: Batches = new Drying(of.loader, 2)
        const error = await rejection(fit(of.model, batches, { ...of.options, epochs: 4, capture }))
        expect(error).to.be.instanceOf(ValueError)
        expect(String(error)).to.match(
          /epoch 3 of 4.*got none; an iterator can be gone through only/,
        )
      })
    }

    it('takes a generator for one epoch', async () => {
      const of = setting()
      const history = await fit(of.model, later(of.loader), of.options)
      expect(history.last['loss']).to.be.greaterThan(0)
    })

    it('evaluates on something', async () => {
      const { model, criterion, loader } = setting()
      const used = loader[Symbol.iterator]()
      Array.from(used)
      for (const source of [used, few(true), [] as readonly Tensor[][]]) {
        const error = await rejection(evaluate(model, source, { criterion }))
        expect(error).to.be.instanceOf(ValueError)
      }
    })

    it('splits so that dropLast leaves something', () => {
      const of = setting()
      expect(() =>
        fitSync(of.model, few(true, 9), { ...of.options, validationSplit: 0.3 }),
      ).to.throw(ShapeError, /3 of 9; dropLast drops the 6 to train on/)
    })
  })
})
