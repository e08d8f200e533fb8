import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

import { DistributedError } from '../errors.js'
import { threadsFromEnvironment } from '../kernels/environment.js'
import { addon } from '../kernels/native/load.js'
import { setProcesses } from '../kernels/processes.js'
import { empty } from '../tensor/tensor.js'
import { version } from '../version.js'
import { open } from './calls.js'
import { type Launcher, launcherOf, rankIn, SRUN } from './launcher.js'
import { librariesOf } from './libraries.js'
import { Job } from './job.js'
import type { World } from './world.js'

/** @throws DistributedError when the ranks cannot be brought together. */
export async function join({
  library,
  timeout,
}: {
  readonly library: string | undefined
  readonly timeout: number
}): Promise<Job> {
  const launcher = launcherOf(process.env)
  if (launcher === null || launcher.size === 1) return new Job(0, [hostname()])
  const { mute, name, size } = launcher
  if (mute !== undefined && library === undefined) {
    const what = `${name} has started ${size!} processes that no MPI library can bring together`
    throw new DistributedError(`distributed.init: ${what}: ${mute}; { library } tries it without`)
  }
  const libraries = library === undefined ? librariesOf(launcher, process.env) : [library]
  const own = `${rankIn(process.env)} (${hostname()})`
  await withoutMemoryEvents(() => open(libraries, version, own, timeout))
  const native = addon().world()
  if (launcher.size !== null && native.hosts.length !== launcher.size)
    throw foreign(launcher, native)
  const world = new Job(native.rank, native.hosts)
  setProcesses(world.size)
  endWith(world)
  await shareCores(world)
  return world
}

/**
 * Runs it while the environment tells UCX, by which MPICH and Open MPI may communicate, not to watch the memory of
 * this process, unless it tells otherwise. UCX would try its watch by moving the end of the heap up and down again,
 * which takes from other threads, JavaScript's among them, the memory that they got in between.
 */
async function withoutMemoryEvents(run: () => Promise<void>): Promise<void> {
  const { env } = process
  if (['UCX_MEM_EVENTS', 'UCX_MEM_MMAP_HOOK_MODE'].some((name) => name in env)) return run()
  env['UCX_MEM_EVENTS'] = 'n'
  try {
    await run()
  } finally {
    delete env['UCX_MEM_EVENTS']
  }
}

/** When this program ends without having left the world, so does the job: with an error of its own told first. */
function endWith(world: Job): void {
  let last: unknown
  process.on('uncaughtExceptionMonitor', (error) => {
    last = error
  })
  process.on('exit', (code) => {
    world.exit(code, last)
  })
}

function foreign(
  { name, size }: Launcher,
  native: { readonly hosts: readonly string[]; readonly library: string },
): DistributedError {
  const cure =
    name === 'srun'
      ? SRUN
      : 'launcher and library have to be of one MPI: start with the mpiexec of that library, or pass the path of the one that goes with it, as ' +
        "{ library: '/opt/openmpi/lib/libmpi.so.40' }"
  return new DistributedError(
    `distributed.init: ${name} has started ${size!} processes, but the library, ` +
      `${native.library.replace(/\s+/g, ' ')}, sees ${native.hosts.length}; ${cure}`,
  )
}

/** Bytes of the list of cores that a rank tells of. */
const MOST = 1024

/** Of the cores that several ranks may run on, each takes its share. */
async function shareCores(world: World): Promise<void> {
  const own = empty([MOST], 'uint8')
  const cores = `${world.hosts[world.rank]!} ${allowedCores()}`
  new TextEncoder().encodeInto(cores, own.data as Uint8Array)
  const { data } = await world.allGather(own)
  const alike = Array.from({ length: world.size }, (_, rank) => {
    return (
      Buffer.compare(
        data.subarray(rank * MOST, (rank + 1) * MOST) as Uint8Array,
        own.data as Uint8Array,
      ) === 0
    )
  }).filter(Boolean).length
  if (threadsFromEnvironment() !== undefined) return
  const native = addon()
  native.setDefaultNumThreads(Math.max(1, Math.floor(native.info().cores / alike)))
}

/** As `0-3,8`. */
function allowedCores(): string {
  const status = readFileSync('/proc/self/status', 'utf8')
  return /^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? ''
}
