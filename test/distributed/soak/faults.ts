// One training of three ranks whose processes are killed or stopped twenty times, at moments and on ranks drawn at
// random, under one MPI and the other in turn. It goes on from its checkpoint each time and comes to the same bits.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import { root } from '../../lifecycle/built.js'
import { installed, type JobOutcome, type Mpi, runJob, saidIn } from '../mpirun.js'

const FAULTS = 20
const RANKS = 3
const SEED = 26

interface Fault {
  readonly mpi: string
  readonly signal: 'SIGKILL' | 'SIGSTOP'
  readonly rank: number
  readonly inInit: boolean
  readonly endedAfterMs: number
  /** Whether a message names the rank, with its machine. */
  readonly named: boolean
  readonly exitCode: number | null
}

let state = SEED
/** Numbers from 0 to 1, the same in every run. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-faults-'))

function run(
  mpi: Mpi,
  file: string,
  pause: number,
  onOutput?: (stdout: string) => void,
): Promise<JobOutcome> {
  const args = [path.join(folder, file), String(pause)]
  return runJob(mpi, 'resumed.mjs', { ranks: RANKS, args, ...(onOutput && { onOutput }) })
}

/** Whether a process runs, or is stopped. */
function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

async function fault(mpi: Mpi): Promise<Fault> {
  const signal = random() < 0.5 ? 'SIGKILL' : 'SIGSTOP'
  const rank = Math.floor(random() * RANKS)
  const delay = random() * 1200
  let sentAt = NaN
  let [isPlanned, inInit] = [false, false]
  let pids: number[] = []
  let open: { rank: number; pid: number }[] = []
  const { code, stdout, stderr } = await run(mpi, 'run.ckpt', 20, (output) => {
    const said = saidIn(output) as unknown as typeof open
    open = said.filter((each) => each.rank >= 0)
    pids = said.filter((each) => each.rank < 0).map(({ pid }) => pid)
    if (isPlanned || pids.length < RANKS) return
    isPlanned = true
    setTimeout(() => {
      const found = open.find((each) => each.rank === rank)
      inInit = found === undefined
      sentAt = performance.now()
      process.kill(found?.pid ?? pids[rank]!, signal)
    }, delay)
  })
  const endedAfterMs = Math.round(performance.now() - sentAt)
  expect(Number.isNaN(sentAt), `it ended before the fault: ${stderr}`).to.equal(false)
  expect(code, stderr).not.to.equal(0)
  // The launcher may reap them a moment after it has ended.
  for (let i = 0; pids.some(lives) && i < 100; i++)
    await new Promise((done) => setTimeout(done, 20))
  expect(pids.filter(lives)).to.deep.equal([])
  const named = new RegExp(`rank ${rank} \\(|process rank ${rank} with PID \\d+ on node`)
  return {
    ...{ mpi: mpi.name, signal, rank, inInit, endedAfterMs, exitCode: code },
    named: named.test(stdout + stderr),
  }
}

try {
  const whole = await run(installed[0]!, 'whole.ckpt', 0)
  expect(whole.code, whole.stderr).to.equal(0)
  const faults: Fault[] = []
  for (let i = 0; i < FAULTS; i++) {
    faults.push(await fault(installed[i % installed.length]!))
    console.log(JSON.stringify(faults.at(-1)))
  }
  const { code, said, stderr } = await run(installed[0]!, 'run.ckpt', 0)
  expect(code, stderr).to.equal(0)
  expect(said).to.deep.equal(whole.said)
  for (const { signal, inInit, named } of faults) {
    if (signal === 'SIGSTOP' && !inInit) expect(named).to.equal(true)
  }
  const { steps } = said[0]!
  const result = { what: `${RANKS} ranks, ${String(steps)} steps, timeout 1500 ms`, faults }
  const to = path.join(root, 'benchmarks', 'results', 'distributed-faults.json')
  writeFileSync(to, `${JSON.stringify(result, null, 2)}\n`)
  const slowest = (signal: string): number =>
    Math.max(...faults.filter((each) => each.signal === signal).map((each) => each.endedAfterMs))
  console.log(
    `${FAULTS} faults, the same bits; at the latest ${slowest('SIGKILL')} ms after a kill, ${slowest('SIGSTOP')} ms after a stop`,
  )
} finally {
  rmSync(folder, { recursive: true })
}
