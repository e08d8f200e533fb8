/**
 * `npm test` runs the kernels of the best ISA target of the machine; here the native halves of the same tests
 * run once more for each of its other targets, in a process of its own because a target is chosen when
 * the addon is loaded. These runs leave out the big sizes (GRADLANE_TEST_SMALL, see support/op-case.ts);
 * the continuous integration runs `npm run test:kernels` on each target instead, which does not.
 */
import { expect } from 'chai'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { addon } from '../../ts/kernels/native/load.js'
import { nativeExpected } from '../support/backends.js'

const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.resolve(here, '../..')
const files = fs
  .readdirSync(here)
  .filter((file) => file.endsWith('.test.ts') && file !== path.basename(import.meta.url))
  .map((file) => path.join(here, file))

interface Outcome {
  readonly status: number | null
  readonly output: string
}

function runOn(target: string): Promise<Outcome> {
  const mocha = path.join(root, 'node_modules/mocha/bin/mocha.js')
  const options = ['--no-config', '--extension', 'ts', '--timeout', '60000']
  const child = spawn(process.execPath, ['--import', 'tsx', mocha, ...options, ...files], {
    cwd: root,
    env: {
      ...process.env,
      ...{ GRADLANE_BACKEND: 'native', GRADLANE_ISA: target, GRADLANE_TEST_SMALL: '1' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    }
    child.on('error', reject).on('close', (status) => {
      resolve({ status, output })
    })
  })
}

describe('kernels: the other ISA targets of this machine', function () {
  this.timeout(180_000)
  if (!nativeExpected || (process.env['GRADLANE_ISA'] ?? '') !== '') {
    it('are left to runs with another GRADLANE_ISA or GRADLANE_BACKEND')
    return
  }
  const { isa, supportedIsas } = addon().info()
  for (const target of supportedIsas.filter((supported) => supported !== isa)) {
    it(target, async function () {
      const { status, output } = await runOn(target)
      const passed = /(\d+) passing/.exec(output)?.[1]
      expect(status, output).to.equal(0)
      expect(output).to.contain(`[${target}]`)
      this.test!.title = `${target}: ${passed} tests`
      expect(Number(passed)).to.be.greaterThan(200)
    })
  }
})
