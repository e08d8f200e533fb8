import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import { buildDist, root } from './built.js'

const KILLS = 50

/** Runs training.mjs; kills it so long after it has begun to train, if it is not done by then. */
async function train(file: string, afterMs: number | null): Promise<string | null> {
  const program = path.join(root, 'test', 'lifecycle', 'programs', 'training.mjs')
  const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const closed = once(child, 'close') as Promise<[number | null]>
  let timer: NodeJS.Timeout | undefined
  if (afterMs !== null) {
    await once(child.stdout, 'data')
    timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
  }
  const [code] = await closed
  clearTimeout(timer) // it may be due in a quarter of an hour, and would keep this process alive
  expect(code).to.be.oneOf(afterMs === null ? [0] : [0, null])
  return code === 0 ? output.trim().split('\n').at(-1)! : null
}

describe('a training that is killed again and again', function () {
  this.timeout(600_000)
  before(buildDist)

  it(`goes on from its checkpoint each time, to the same last bit, ${KILLS} times`, async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-kill-'))
    try {
      const expected = await train(path.join(folder, 'whole.ckpt'), null)
      let kills = 0
      let round = 0
      let longest = 400
      while (kills < KILLS) {
        // Trainings one after the other, each killed at random moments until it comes to its end.
        const file = path.join(folder, `killed-${round++}.ckpt`)
        for (;;) {
          const digest = await train(file, Math.random() * longest)
          if (digest === null) {
            kills++
            if (kills % KILLS === 0) longest = 1e6
            continue
          }
          expect(digest).to.equal(expected)
          break
        }
      }
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).to.deep.equal([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
