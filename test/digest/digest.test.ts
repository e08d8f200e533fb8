/**
 * What small trainings leave, bit for bit, against what they left when digests.json was written:
 * whoever changes how something is computed without changing what, sees here that it is so.
 */
import { expect } from 'chai'

import { eachBackend } from '../support/each-backend.js'
import { cases, column, committed, digestOf, incomparable } from './digest.js'

const { compiler, digests } = committed()

describe('the bits of trainings', () => {
  eachBackend((backend) => {
    it('are those that were committed, eager and captured', function () {
      const why = incomparable(compiler)
      if (why !== null) {
        this.test!.title += `: not compared, ${why}`
        this.skip()
      }
      // The reference computes one of the two; that they are equal is tested elsewhere.
      const ways = backend === 'native' ? [false, true] : [false]
      const different = cases().flatMap(([key, name, dtype]) =>
        ways
          .filter((captured) => digestOf(name, dtype, captured) !== digests[key]![column()])
          .map((captured) => `${key}, ${captured ? 'captured' : 'eager'}`),
      )
      const hint = 'where that is meant: npm run digest -- --write, and say why in the commit'
      expect(different, `on ${column()}; ${hint}`).to.deep.equal([])
    })
  })
})
