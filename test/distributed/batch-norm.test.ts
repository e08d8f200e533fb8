import { expect } from 'chai'

import { buildDist } from '../lifecycle/built.js'
import { installed, runJob } from './mpirun.js'

const hasBinary = process.env['GRADLANE_BACKEND'] !== 'reference'

describe('BatchNorm by the samples of all ranks', function () {
  this.timeout(240_000)
  before(function () {
    if (!hasBinary || installed.length === 0) this.skip()
    buildDist()
  })

  it('is one layer with all batches, eager, captured and in a graph', async () => {
    const { code, said, stderr } = await runJob(installed[0]!, 'batch-norm.mjs', { ranks: 3 })
    expect(code, stderr).to.equal(0)
    expect(said.map(({ rank }) => rank)).to.deep.equal([0, 1, 2])
    for (const { oneValue, onReference } of said) {
      expect(oneValue).to.deep.equal({
        code: 'ERR_VALUE',
        message:
          'BatchNorm1d(2, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true, sync=true): ' +
          'expected the input to be of more than one value a feature, so that there is a variance, ' +
          'got one on all ranks together',
      })
      expect(onReference).to.deep.include({ code: 'ERR_DISTRIBUTED' })
    }
  })
})
