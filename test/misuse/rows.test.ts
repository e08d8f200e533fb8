/** Rows of a stranger, as they come out of `JSON.parse`. */
import { expect } from 'chai'

import { GradlaneError, nn, predict, tensor, type NestedArray } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const parsed = (text: string): NestedArray => JSON.parse(text) as NestedArray

/** What is sent, and what the error says. */
const refused: readonly (readonly [text: string, code: string, message: RegExp])[] = [
  ['[[1, "2"]]', 'ERR_VALUE', /\[0\]\[1\] to be a number, got the string "2"/],
  ['[[1, null]]', 'ERR_VALUE', /\[0\]\[1\] to be a number, got null/],
  ['[[1, true]]', 'ERR_VALUE', /\[0\]\[1\] to be a number, got true/],
  ['[{"length": 1000000000}]', 'ERR_VALUE', /\[0\] to be a number, got an object/],
  ['[{"__proto__": [1]}]', 'ERR_VALUE', /\[0\] to be a number, got an object/],
  ['{"0": 1, "length": 1}', 'ERR_VALUE', /to be a number, got an object/],
  ['[[1, 2], [3]]', 'ERR_SHAPE', /\[1\] to be of length 2/],
  ['[[1, 2], 3]', 'ERR_SHAPE', /\[1\]/],
  [`${'['.repeat(100_000)}1${']'.repeat(100_000)}`, 'ERR_SHAPE', /nested 64 times at most/],
]

describe('rows from outside', () => {
  for (const [text, code, message] of refused) {
    it(`are refused as ${text.slice(0, 30)}`, () => {
      let rows: NestedArray
      try {
        rows = parsed(text)
      } catch {
        return // JSON.parse itself has refused what is nested so deeply
      }
      expect(() => tensor(rows))
        .to.throw(GradlaneError, message)
        .with.property('code', code)
    })
  }

  eachBackend(() => {
    it('of another width are refused', async () => {
      const model = new nn.Sequential(new nn.Linear(2, 3))
      expect(() => model.forward(tensor([[1, 2, 3]])))
        .to.throw(GradlaneError)
        .with.property('code', 'ERR_SHAPE')
      const error: unknown = await predict(model, tensor([[1, 2, 3]])).catch((e: unknown) => e)
      expect(error).to.have.property('code', 'ERR_SHAPE')
    })

    it('with an index outside of its range are refused', () => {
      const embedding = new nn.Embedding(3, 2)
      for (const index of [3, -1, 2 ** 31 - 1, -(2 ** 31)]) {
        expect(() => embedding.forward(tensor([[0, index]], { dtype: 'int32' })))
          .to.throw(GradlaneError, String(index))
          .with.property('code', 'ERR_VALUE')
      }
    })

    for (const dtype of ['float32', 'float64'] as const) {
      it(`change the results of no other row, whatever they hold, ${dtype}`, async () => {
        const options = { dtype }
        const model = new nn.Sequential(
          new nn.Linear(5, 7, options),
          new nn.BatchNorm1d(7, options),
          new nn.ReLU(),
          new nn.Linear(7, 3, options),
          new nn.Softmax(1),
        )
        const own = [0.5, -1, 2, 0, 1]
        const batch = async (other: readonly number[]): Promise<unknown> => {
          const scores = await predict(model, tensor([own, other, own], options))
          return [0, 2].map((row) => Array.from(scores.data.subarray(3 * row, 3 * row + 3)))
        }
        const expected = await batch([0, 0, 0, 0, 0])
        for (const value of [NaN, Infinity, -Infinity, 1e38, 5e-324]) {
          expect(await batch(Array<number>(5).fill(value)), String(value)).to.deep.equal(expected)
        }
      })
    }
  })
})
