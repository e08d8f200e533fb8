import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { eachBackend } from '../support/each-backend.js'

const program = fileURLToPath(new URL('empty-sizes.ts', import.meta.url))
/** Of CPU time, so that it does not matter how busy the machine is: some ten times what it takes. */
const SECONDS = 60

describe('shapes without elements and with huge other sizes', function () {
  this.timeout(20 * SECONDS * 1000)

  eachBackend((backend) => {
    it('take no work that is proportional to a size', async () => {
      const command = `ulimit -t ${SECONDS}; exec "$0" --import tsx "$1"`
      const env = { ...process.env, GRADLANE_BACKEND: backend }
      const last = (output: string): string => output.trimEnd().split('\n').at(-1)!
      const told = await promisify(execFile)('sh', ['-c', command, process.execPath, program], {
        env,
        maxBuffer: 2 ** 26,
      }).then(
        ({ stdout }) => last(stdout),
        (error: unknown) => {
          const { stdout, stderr, signal } = error as Record<'stdout' | 'stderr' | 'signal', string>
          return `${signal ? `${signal} in` : 'failed in'} ${last(stdout)}\n${stderr}`
        },
      )
      expect(told).to.equal('end')
    })
  })
})
