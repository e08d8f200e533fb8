// Who takes part in npm run bench:distributed, and how each is started on hosts.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { Hosts } from '../../test/distributed/hosts.js'
import { installed, type Mpi } from '../../test/distributed/mpirun.js'
import { environmentPython } from '../drivers.js'
import { Job } from './jobs.js'
import type { JobSpec } from './protocol.js'

export interface System {
  readonly name: string
  /** Whether it sends anything. */
  readonly joins: boolean
  start(hosts: Hosts, ranks: number, spec: Omit<JobSpec, 'member' | 'joins'>): Promise<Job>
}

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const ours = [process.execPath, '--import', 'tsx', pathOf('../drivers/rank.ts')]

/** gradlane's processes on their own, one a host. */
export const alone: System = {
  name: 'gradlane',
  joins: false,
  start: (hosts, ranks, spec) =>
    Job.start(
      'gradlane',
      ranks,
      { ...spec, joins: false },
      hosts.hosts
        .slice(0, ranks)
        .map((_, host) => (socket, json) => hosts.on(host, ...ours, socket, json)),
    ),
}

/** One that has asked for a world, and is alone in it. */
export const worldOfOne: System = {
  name: 'gradlane, a world of 1',
  joins: false,
  start: (hosts, _, spec) =>
    Job.start('gradlane, a world of 1', 1, { ...spec, joins: true }, [
      (socket, json) => hosts.on(0, ...ours, socket, json),
    ]),
}

export const joined: readonly System[] = installed.map((mpi: Mpi) => {
  const name = `gradlane over ${mpi.name}`
  return {
    name,
    joins: true,
    start: (hosts, ranks, spec) => {
      const { launcher, flags } = hosts.mpi(mpi)
      return Job.start(name, ranks, { ...spec, joins: true }, [
        (socket, json) => [launcher, ...flags, '-n', `${ranks}`, ...ours, socket, json],
      ])
    },
  }
})

function torch(name: string, most: number): System {
  return {
    name,
    joins: most > 1,
    start: (hosts, all, spec) => {
      const ranks = Math.min(all, most)
      const { address } = hosts.hosts[0]!
      return Job.start(
        name,
        ranks,
        { ...spec, joins: true },
        hosts.hosts
          .slice(0, ranks)
          .map(
            (_, host) => (socket, json) =>
              hosts.on(
                host,
                environmentPython,
                pathOf('../peers/torch_ddp.py'),
                socket,
                json,
                `${ranks}`,
                address,
              ),
          ),
      )
    },
  }
}

/** PyTorch alone and with its DistributedDataParallel, where it is installed. */
export const torchAlone: readonly System[] = existsSync(environmentPython)
  ? [torch('PyTorch', 1)]
  : []
export const torchDdp: readonly System[] = existsSync(environmentPython)
  ? [torch('PyTorch DDP over gloo', Infinity)]
  : []
