import { expect } from 'chai'

import { buildDist, runProgram } from './built.js'

describe('memory that runs out', function () {
  this.timeout(120_000)
  before(buildDist)

  it('is an error that says how much was asked for, and gradlane computes on', function () {
    if (process.platform !== 'linux') this.skip() // prlimit
    const { code, signal, stdout, stderr } = runProgram('out-of-memory.mjs')
    expect({ code, signal, stderr }).to.deep.equal({ code: 0, signal: null, stderr: '' })
    interface Thrown {
      name: string
      code: string
      message: string
    }
    const { errors, same, goesOn } = JSON.parse(stdout) as {
      errors: Record<string, Thrown>
      same: boolean
      goesOn: boolean
    }
    expect(errors).to.have.all.keys('eager', 'runSync', 'run', 'tensor')
    for (const [how, thrown] of Object.entries(errors)) {
      expect(thrown.name, how).to.equal('OutOfMemoryError')
      expect(thrown.code, how).to.equal('ERR_OUT_OF_MEMORY')
      // three columns of 2^24 floats for the kernel, 2^27 floats for the tensor
      const least = how === 'tensor' ? 2 ** 29 : 3 * 2 ** 26
      const bytes = /^out of memory: (\d+) bytes/.exec(thrown.message)
      expect(Number(bytes?.[1]), thrown.message).to.be.within(least, least + 2 ** 16)
    }
    expect({ same, goesOn }).to.deep.equal({ same: true, goesOn: true })
  })
})
