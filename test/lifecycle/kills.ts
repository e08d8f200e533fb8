import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import { root } from './built.js'

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

/**
 * Trainings one after the other, each killed at random moments and resumed until it comes to its end,
 * until so many were killed. Each must end with the same bits as one that was left alone.
 */
export async function killTrainings(kills: number): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-kill-'))
  try {
    const expected = await train(path.join(folder, 'whole.ckpt'), null)
    let killed = 0
    for (let round = 0; killed < kills; round++) {
      const file = path.join(folder, `killed-${round}.ckpt`)
      let digest: string | null
      do {
        // Enough killed, this one may take its time.
        digest = await train(file, Math.random() * (killed < kills ? 400 : 1e6))
        if (digest === null) killed++
      } while (digest === null)
      expect(digest).to.equal(expected)
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).to.deep.equal([])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
