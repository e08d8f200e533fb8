import { expect } from 'chai'

import { eachBackend } from '../support/each-backend.js'
import { damageCheckpoints } from './damage.js'

describe('a checkpoint that was damaged', () => {
  eachBackend(() => {
    it('is refused with nothing changed, or resumed to the same bits', () => {
      expect(damageCheckpoints(100, 1)).to.deep.equal([])
    })
  })
})
