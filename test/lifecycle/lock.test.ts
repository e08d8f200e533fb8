import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'

import { expect } from 'chai'

import { buildDist, root } from './built.js'

const program = path.join(root, 'test', 'lifecycle', 'programs', 'lock.mjs')

/** A training somewhere else. */
interface Elsewhere {
  /** Resolves with the next word it says. */
  said(): Promise<string>
  /** Ends it with no time for anything. */
  kill(): Promise<unknown>
}

function inProcess(...args: string[]): Elsewhere {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const words: string[] = []
  const closed = once(child, 'close')
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    words.push(...text.trim().split('\n'))
    child.emit('said')
  })
  return {
    async said() {
      while (words.length === 0) await once(child, 'said')
      return words.shift()!
    },
    kill() {
      child.kill('SIGKILL')
      return closed
    },
  }
}

function inThread(...args: string[]): Elsewhere {
  const worker = new Worker(program, { workerData: args, execArgv: [] })
  return {
    said: async () => ((await once(worker, 'message')) as [string])[0],
    kill: () => worker.terminate(),
  }
}

describe('trainings on one checkpoint', function () {
  this.timeout(120_000)
  before(buildDist)

  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-locks-'))
    file = path.join(folder, 'run.ckpt')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  for (const [where, start] of [
    ['a process', inProcess],
    ['a thread', inThread],
  ] as const) {
    it(`are refused while one runs in ${where}, and go on when it was killed`, async () => {
      for (let round = 0; round < 2; round++) {
        const first = start(file, 'forever')
        expect(await first.said()).to.equal('training')
        for (const elsewhere of [inProcess, inThread]) {
          const second = elsewhere(file)
          expect(await second.said()).to.equal('ERR_LOCKED')
          await second.kill()
        }
        await first.kill()
      }
      const last = inThread(file)
      expect(await last.said()).to.equal('training')
      expect(await last.said()).to.equal('done')
      await last.kill()
      expect(readdirSync(folder)).to.deep.equal(['run.ckpt'])
    })
  }

  it('take the lock of a dead one over one at a time', async () => {
    for (const [start, count] of [
      [inThread, 4],
      [inProcess, 3],
    ] as const) {
      const dead = inProcess(file, 'forever')
      expect(await dead.said()).to.equal('training')
      await dead.kill()
      const rivals = Array.from({ length: count }, () => start(file, 'forever'))
      const words = await Promise.all(rivals.map((rival) => rival.said()))
      const expected = ['training', ...Array<string>(count - 1).fill('ERR_LOCKED')]
      expect(words.sort()).to.have.members(expected)
      await Promise.all(rivals.map((rival) => rival.kill()))
    }
  })
})
