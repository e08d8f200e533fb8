// An all-reduce by its size, beside MPI_Allreduce and gloo's, and what waiting takes.
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Hosts } from '../../test/distributed/hosts.js'
import { installed } from '../../test/distributed/mpirun.js'
import { format, median } from '../statistics.js'
import type { Job } from './jobs.js'
import { joined, torchDdp } from './systems.js'

const SIZES = [1, 16, 256, 1024, 4096, 16_384, 65_536].map((kilobytes) => kilobytes * 1024)
const WAIT = 1 // second

/** Some milliseconds of calls. */
const callsOf = (bytes: number): number => Math.max(3, Math.min(100, Math.round(8e6 / bytes)))

interface CallRow {
  readonly system: string
  /** Milliseconds by bytes: the median of the rounds, each the mean of some calls. */
  readonly milliseconds: Readonly<Record<number, number>>
  readonly fastest: Readonly<Record<number, number>>
}

interface Scaling {
  readonly ranks: number
  readonly bytes: number
  readonly milliseconds: number
}

export interface CallFigures {
  readonly allReduce: readonly CallRow[]
  /** gradlane's at 1 Gbit/s by the number of ranks: the fastest round. */
  readonly scaling: readonly Scaling[]
  /** The part of a core that rank 0 takes while it waits for the other one. */
  readonly waiting: Readonly<Record<string, number>>
}

export async function measureCalls(
  hosts: Hosts,
  folder: string,
  rounds: number,
): Promise<CallFigures> {
  hosts.throttle(null)
  const jobs: Job[] = []
  const taken = new Map<string, Map<number, number[]>>()
  const note = (system: string, bytes: number, milliseconds: number): void => {
    const bySize = taken.get(system) ?? new Map<number, number[]>()
    taken.set(system, bySize)
    bySize.set(bytes, [...(bySize.get(bytes) ?? []), milliseconds])
  }
  const waiting: Record<string, number> = {}
  const programs = installed.map((mpi) => ({ mpi, program: compiled(mpi.name, folder) }))
  try {
    for (const system of [...joined, ...torchDdp]) {
      jobs.push(await system.start(hosts, 2, { accumulate: 1 }))
    }
    for (let round = -1; round < rounds; round++) {
      for (const job of jobs) {
        for (const bytes of SIZES) {
          const all = await job.ask({ command: 'allReduce', bytes, calls: callsOf(bytes) })
          const slowest = Math.max(...all.map(({ seconds, steps }) => seconds / steps))
          if (round >= 0) note(job.name, bytes, slowest * 1e3)
        }
      }
      for (const { mpi, program } of programs) {
        if (program === null || round < 0) continue
        const [command, ...before] = [hosts.mpi(mpi).launcher, ...hosts.mpi(mpi).flags]
        const args = SIZES.map((bytes) => `${bytes},${callsOf(bytes)}`)
        const output = execFileSync(command, [...before, '-n', '2', program, ...args], {
          env: { ...process.env, ...ROOT },
          encoding: 'utf8',
        })
        for (const line of output.split('\n').filter(Boolean)) {
          const { bytes, seconds } = JSON.parse(line) as { bytes: number; seconds: number }
          note(`MPI_Allreduce of ${mpi.name}`, bytes, seconds * 1e3)
        }
      }
    }
    for (const job of jobs) {
      const [first] = await job.ask({ command: 'wait', seconds: WAIT })
      waiting[job.name] = first!.cpuSeconds / first!.seconds
    }
  } finally {
    for (const job of jobs) await job.stop()
  }
  const allReduce = [...taken].map(([system, bySize]) => ({
    system,
    milliseconds: each(bySize, median),
    fastest: each(bySize, (values) => Math.min(...values)),
  }))
  console.log(
    `\nall-reduce, ms (fastest round): ${SIZES.map((bytes) => `${bytes >> 10} KB`).join(', ')}`,
  )
  for (const { system, milliseconds, fastest } of allReduce) {
    const cells = SIZES.map(
      (bytes) => `${format(milliseconds[bytes]!)} (${format(fastest[bytes]!)})`,
    )
    console.log(`  ${system.padEnd(32)} ${cells.join(', ')}`)
  }
  for (const [system, part] of Object.entries(waiting))
    console.log(`waiting in ${system} takes ${(100 * part).toFixed(1)} % of a core`)
  return { allReduce, waiting, scaling: await scalingOf(rounds) }
}

/** On two cores, so what counts is what the network takes. */
async function scalingOf(rounds: number): Promise<Scaling[]> {
  const scaling: Scaling[] = []
  const [system] = joined
  if (system === undefined) return scaling
  for (const ranks of [2, 3, 4]) {
    const hosts = new Hosts(ranks)
    try {
      hosts.throttle(1000)
      const job = await system.start(hosts, ranks, { accumulate: 1 })
      for (const bytes of [1024, 1 << 20, 4 << 20]) {
        const taken: number[] = []
        for (let round = 0; round < rounds; round++) {
          const calls = Math.min(20, callsOf(bytes))
          const all = await job.ask({ command: 'allReduce', bytes, calls })
          taken.push(Math.max(...all.map(({ seconds, steps }) => (seconds / steps) * 1e3)))
        }
        scaling.push({ ranks, bytes, milliseconds: Math.min(...taken) })
      }
      await job.stop()
    } finally {
      hosts.remove()
    }
  }
  return scaling
}

const ROOT = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' }

function each(
  bySize: ReadonlyMap<number, readonly number[]>,
  figure: (values: readonly number[]) => number,
): Record<number, number> {
  return Object.fromEntries(Array.from(bySize, ([bytes, values]) => [bytes, figure(values)]))
}

/** The program that calls MPI_Allreduce; null where there is no compiler of that MPI. */
function compiled(name: string, folder: string): string | null {
  const compiler = name === 'MPICH' ? 'mpicc.mpich' : 'mpicc.openmpi'
  const source = fileURLToPath(new URL('../peers/mpi_all_reduce.c', import.meta.url))
  const program = join(folder, compiler)
  const { status } = spawnSync(compiler, ['-O2', source, '-o', program])
  if (status === 0) return program
  console.log(`${compiler} MISSING: no figures of MPI_Allreduce`)
  return null
}
