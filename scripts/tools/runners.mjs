// Test runners, and Node's own ways to have several environments.
import { strict as assert } from 'node:assert'

import { LEARNED } from './project.mjs'

const TEST = `
  test('learns', async () => {
    expect(await learn()).toBe('native 0110 captured report')
  })
  test('throws instances of the exported classes, from the addon too', () => {
    expect(() => new nn.Linear(-1, 2)).toThrow(ValueError)
    const scores = tensor([[0, 0]])
    const label = tensor([7], { dtype: 'int32' })
    expect(() => new nn.CrossEntropyLoss().forward(scores, label)).toThrow(ValueError)
  })
`
const IMPORTS = `import { nn, tensor, ValueError } from 'gradlane'
import { learn } from './xor.mjs'
`

const jest = {
  packages: ['jest'],
  *check(project) {
    const requires = `const { nn, tensor, ValueError } = require('gradlane')
const { learn } = require('./xor.cjs')
`
    for (const name of ['first', 'second']) {
      project.write(`${name}.test.cjs`, requires + TEST)
      project.write(`${name}.test.mjs`, IMPORTS + TEST)
    }
    project.tool('jest', ['--testMatch', '**/*.test.cjs', '--runInBand'])
    yield 'as it comes (CommonJS)'
    project.tool('jest', ['--testMatch', '**/*.test.mjs', '--runInBand'], {
      env: { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
    })
    yield 'ES modules'
  },
}

const vitest = {
  packages: ['vitest@4'],
  *check(project) {
    const imports = `import { expect, test } from 'vitest'\n${IMPORTS}`
    for (const name of ['first', 'second']) project.write(`${name}.test.mjs`, imports + TEST)
    for (const pool of ['forks', 'threads']) {
      project.tool('vitest', ['run', `--pool=${pool}`])
      yield pool
    }
  },
}

const node = {
  packages: [],
  *check(project) {
    project.write(
      'worker.mjs',
      `import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { learn } from './xor.mjs'
if (isMainThread) {
  for (let i = 0; i < 2; i++) new Worker(new URL(import.meta.url)).on('message', console.log)
} else parentPort.postMessage(await learn())
`,
    )
    project.write(
      'cluster.mjs',
      `import cluster from 'node:cluster'
import { learn } from './xor.mjs'
if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork().on('message', (message) => console.log(message))
} else process.send(await learn(), () => process.disconnect())
`,
    )
    project.write(
      'instance.mjs',
      `import { createRequire } from 'node:module'
import * as imported from 'gradlane'
const required = createRequire(import.meta.url)('gradlane')
console.log(imported.Tensor === required.Tensor)
`,
    )
    for (const [program, printed, what] of [
      ['app.mjs', LEARNED, 'import'],
      ['worker.mjs', `${LEARNED}\n${LEARNED}`, 'worker threads'],
      ['cluster.mjs', `${LEARNED}\n${LEARNED}`, 'cluster'],
      ['instance.mjs', 'true', 'one instance for import and require'],
    ]) {
      assert.equal(project.node([program]).trim(), printed, program)
      yield what
    }
  },
}

export const runners = { node, jest, vitest }
