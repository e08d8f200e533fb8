// Samples a second of one rank and of two.
import { join } from 'node:path'

import type { Hosts } from '../../test/distributed/hosts.js'
import { writeDataset } from '../dataset.js'
import { format, median } from '../statistics.js'
import { type Trial, trials } from '../trials.js'
import type { Job } from './jobs.js'
import { NETWORKS } from './networks.js'
import { alone, joined, torchAlone, torchDdp, worldOfOne } from './systems.js'

const RANKS = 2

export interface Workload {
  readonly name: string
  readonly trial: Trial
  readonly accumulate: number
}

/** With epochs that are long beside what happens between two of them. */
function workload(name: string, of: string, samples: number, accumulate = 1): Workload {
  return { name, trial: { ...trials.find(({ name }) => name === of)!, samples }, accumulate }
}

export const workloads: readonly Workload[] = [
  workload('cifar_cnn', 'cifar_cnn', 1024),
  workload('transformer', 'transformer', 512),
  workload('mnist_mlp', 'mnist_mlp', 16_384),
  workload('accumulated', 'mnist_mlp', 16_384, 8),
]

export interface Row {
  readonly system: string
  readonly ranks: number
  /** Null for what sends nothing. */
  readonly network: string | null
  /** Of a step, one a round. */
  readonly milliseconds: readonly number[]
  readonly median: number
  readonly fastest: number
  /** Of all ranks together, by the median. */
  readonly samplesPerSecond: number
  /** Of the process of a rank. */
  readonly cpuMilliseconds: number
}

export interface Figures {
  readonly workload: string
  readonly accumulate: number
  readonly batch: number
  readonly rows: readonly Row[]
}

interface Runner {
  readonly job: Job
  readonly system: string
  readonly ranks: number
  readonly network: (typeof NETWORKS)[number] | null
  readonly milliseconds: number[]
  readonly cpu: number[]
  epochs: number
}

/** All systems in turn, round after round. */
export async function measureTraining(
  { name, trial, accumulate }: Workload,
  hosts: Hosts,
  folder: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Figures> {
  const files = join(folder, name)
  writeDataset(trial, files)
  const spec = { trial, folder: files, accumulate }
  const jobs: Job[] = []
  const runners: Runner[] = []
  const add = (job: Job, system: string, ranks: number, network: Runner['network']): void => {
    runners.push({ job, system, ranks, network, milliseconds: [], cpu: [], epochs: 1 })
  }
  const started = async (starting: Promise<Job>): Promise<Job> => {
    const job = await starting
    jobs.push(job)
    return job
  }
  try {
    const one = await started(alone.start(hosts, RANKS, spec))
    add(one, alone.name, 1, null)
    add(one, 'gradlane, two that do not join', RANKS, null)
    add(await started(worldOfOne.start(hosts, 1, spec)), worldOfOne.name, 1, null)
    for (const system of torchAlone) {
      add(await started(system.start(hosts, 1, spec)), system.name, 1, null)
    }
    for (const system of [...joined, ...torchDdp]) {
      const job = await started(system.start(hosts, RANKS, spec))
      for (const network of NETWORKS) add(job, system.name, RANKS, network)
    }
    for (let round = -1; round < rounds; round++) {
      for (const runner of round % 2 === 0 ? runners : runners.toReversed()) {
        hosts.throttle(runner.network?.megabits ?? null)
        const { job, ranks, epochs } = runner
        const numbers = Array.from({ length: ranks }, (_, i) => i)
        const all = await job.ask({ command: 'epochs', epochs }, numbers)
        const slowest = Math.max(...all.map((each) => each.seconds))
        if (round < 0) {
          runner.epochs = Math.max(1, Math.round(seconds / slowest))
        } else {
          runner.milliseconds.push((slowest / all[0]!.steps) * 1e3)
          const cpu = all.reduce((sum, each) => sum + each.cpuSeconds, 0) / ranks
          runner.cpu.push((cpu / all[0]!.steps) * 1e3)
        }
      }
    }
  } finally {
    for (const job of jobs) await job.stop()
  }
  const rows = runners.map(({ system, ranks, network, milliseconds, cpu }) => {
    const middle = median(milliseconds)
    return {
      system,
      ranks,
      network: network?.name ?? null,
      milliseconds,
      median: middle,
      fastest: Math.min(...milliseconds),
      samplesPerSecond: (trial.batch * accumulate * ranks * 1e3) / middle,
      cpuMilliseconds: median(cpu),
    }
  })
  return { workload: name, accumulate, batch: trial.batch, rows }
}

/** Times one rank of the same library: by medians, and by the fastest rounds. */
export function tableOf({ workload, accumulate, batch, rows }: Figures): string {
  const head = `${workload}: batch ${batch} a rank${accumulate > 1 ? `, ${accumulate} accumulated` : ''}`
  const lines = rows.map(({ system, ranks, network, ...row }) => {
    const first = rows.find((other) => other.ranks === 1 && system.startsWith(other.system))!
    const ratio = (ranks * first.median) / row.median
    const best = (ranks * first.fastest) / row.fastest
    return [
      `${system}, ${ranks} rank${ranks > 1 ? 's' : ''}${network === null ? '' : `, ${network}`}`.padEnd(
        60,
      ),
      `${format(row.median)} ms a step (fastest ${format(row.fastest)}, CPU ${format(row.cpuMilliseconds)})`.padEnd(
        52,
      ),
      `${format(row.samplesPerSecond)} samples/s`.padEnd(20),
      `${ratio.toFixed(2)} x one rank (fastest ${best.toFixed(2)})`,
    ].join(' ')
  })
  return [head, ...lines].join('\n  ')
}
