import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
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
      // What it is at, line by line: a file, for a pipe may be full.
      const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-'))
      const log = path.join(folder, 'log')
      const command = `ulimit -t ${SECONDS}; exec "$0" --import tsx "$1" "$2"`
      const env = { ...process.env, GRADLANE_BACKEND: backend }
      const last = (): string => readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)!
      const args = ['-c', command, process.execPath, program, log]
      const told = await promisify(execFile)('sh', args, { env }).then(last, (error: unknown) => {
        const { stderr, signal } = error as Record<'stderr' | 'signal', string>
        return `${signal ? `${signal} in` : 'failed in'} ${last()}\n${stderr}`
      })
      rmSync(folder, { recursive: true })
      expect(told).to.equal('end')
    })
  })
})
