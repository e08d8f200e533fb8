import { expect } from 'chai'

import { buildDist, runProgram } from './built.js'

describe('a realm of its own, as under Jest', function () {
  this.timeout(300_000)
  before(buildDist)

  for (const backend of ['native', 'reference']) {
    it(`trains, writes and reads files: ${backend}`, function () {
      if ((process.env['GRADLANE_BACKEND'] ?? backend) !== backend) this.skip()
      const outcome = runProgram('realm.mjs', [], {
        GRADLANE_BACKEND: backend,
        NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
      })
      expect(outcome).to.deep.equal({ code: 0, signal: null, stdout: '3 captured\n', stderr: '' })
    })
  }
})
