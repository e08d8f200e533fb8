import { expect } from 'chai'

import { add, capture, CaptureError, div, eq, mul, ones, tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

describe('numbers as operands', () => {
  eachBackend(() => {
    it('are each their own: 0 and -0, dtypes, and more than are remembered', () => {
      const x = tensor([1])
      for (const zero of [0, -0, 0]) expect(div(x, zero).item()).to.equal(zero === 0 ? 1 / zero : 0)
      expect(mul(ones([], { dtype: 'float64' }), 0.1).item()).to.equal(0.1)
      expect(mul(ones([]), 0.1).item()).to.equal(Math.fround(0.1))
      for (const round of [1, 2]) {
        for (let i = 0; i < 600; i++) expect(add(x, i).item(), `round ${round}`).to.equal(1 + i)
      }
      expect(eq(tensor([1, 2], { dtype: 'int32' }), 2).toArray()).to.deep.equal([0, 1])
    })

    it('of a captured step stay what they were, and are refused where they change', () => {
      const x = tensor([1])
      let calls = 0
      expect(() => capture(() => mul(x, calls++))).to.throw(CaptureError, 'value')
      const step = capture(() => mul(x, 600))
      for (let i = 0; i < 600; i++) mul(x, i)
      expect(step.runSync().item()).to.equal(600)
    })
  })
})
