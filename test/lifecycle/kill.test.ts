import { buildDist } from './built.js'
import { killTrainings } from './kills.js'

describe('a training that is killed again and again', function () {
  this.timeout(600_000)
  before(buildDist)

  it('goes on from its checkpoint each time, to the same last bit', () => killTrainings(6))
})
