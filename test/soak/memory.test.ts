import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { getBackend } from '../../ts/index.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('memory', function () {
  this.timeout(120_000)

  // A step in plain TypeScript takes ten times as long.
  const fewer = getBackend() === 'native' ? 1 : 4
  for (const [how, steps] of [
    ['eager', 5000 / fewer],
    ['captured', 10_000 / fewer],
  ] as const) {
    it(`stays flat over ${steps} ${how} training steps, and they train`, () => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [
          ...['--expose-gc', '--max-semi-space-size=1', '--import', 'tsx'],
          ...['test/soak/train.ts', String(steps), how],
        ],
        { cwd: root, encoding: 'utf8' },
      )
      expect(status, stdout + stderr).to.equal(0)
      const { firstLoss, loss } = JSON.parse(stdout) as { firstLoss: number; loss: number }
      // the labels are noise, but 320 of them can be learnt by heart: ln 10 at first
      expect(firstLoss).to.be.closeTo(Math.log(10), 0.3)
      expect(loss).to.be.below(1)
    })
  }
})
