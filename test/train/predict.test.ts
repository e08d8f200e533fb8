import { expect } from 'chai'

import { nn, predict, predictSync, randn, ShapeError, type Tensor, tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { rejection } from './setting.js'

describe('predict: a sample without the dimension of the batch', () => {
  eachBackend(() => {
    const image = new nn.Sequential(new nn.Conv2d(1, 4, 3), new nn.ReLU())
    const cases: readonly (readonly [string, () => nn.Module, Tensor, RegExp])[] = [
      [
        'a vector',
        () => new nn.Linear(20, 3),
        randn([20]),
        /\(20\).*makes \(3\).*reshape\(\[1, 20\]\)/,
      ],
      ['an image', () => image, randn([1, 8, 8]), /\(1, 8, 8\).*reshape\(\[1, 1, 8, 8\]\)/],
    ]
    for (const [what, model, inputs, message] of cases) {
      it(`refuses ${what}, and tells the fix`, async () => {
        const error = await rejection(predict(model(), inputs))
        expect(error).to.be.instanceOf(ShapeError)
        expect(String(error)).to.match(message)
        expect(() => predictSync(model(), inputs)).to.throw(ShapeError, message)
        const cured = inputs.reshape([1, ...inputs.shape])
        expect((await predict(model(), cured)).shape[0]).to.equal(1)
      })
    }

    it('takes a number for each sample', async () => {
      const rows = await predict(new nn.Embedding(5, 2), tensor([1, 4, 0], { dtype: 'int32' }))
      expect(rows.shape).to.deep.equal([3, 2])
    })
  })
})
