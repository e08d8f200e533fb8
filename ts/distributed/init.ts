import { checkArguments } from '../check.js'
import { complaint, DistributedError, ValueError } from '../errors.js'
import { type Options, path, readOptions, type Values, whole } from '../options.js'
import type { Job } from './job.js'
import type { World } from './world.js'

export interface InitOptions {
  /** Name or path of the MPI library. Default: the one beside the launcher, else what the loader finds. */
  library?: string
  /** Milliseconds after which a rank that is silent counts as lost. Default 300000, five minutes. */
  timeout?: number
}

const OPTIONS = {
  library: path('the name or the path of a library'),
  timeout: whole(1, 300_000),
} satisfies Options<InitOptions>

type Settings = Values<typeof OPTIONS>

let opened: { readonly settings: Settings; readonly joining: Promise<Job> } | undefined

/**
 * Joins the processes that `mpirun`, `mpiexec` or `srun` has started together with this one. Without a launcher,
 * or with a single process, the world has size 1 and nothing is loaded.
 *
 * The system's MPI library (Open MPI 4 or 5, MPICH 4 or 5, what is compatible with it, or one with the standard
 * binary interface of MPI 5) is loaded now and talks on a
 * thread of its own. The cores that this process may run on are shared with those ranks of its machine that may
 * run on the same, unless `GRADLANE_NUM_THREADS` says otherwise. If the program ends with an error, all ranks end.
 *
 * A second call gives the same world. One that failed may be tried again, unless it had started MPI.
 *
 * @throws DistributedError where there is no such library, or it is not the launcher's; outside of Linux; when
 *   ranks run different versions of gradlane; in a worker thread; once the world was closed. ValueError when the
 *   world was opened with another option.
 *
 * @example
 * const world = await distributed.init()
 * console.log(world.rank, world.size)
 * await world.close()
 */
export async function init(options: InitOptions = {}): Promise<World> {
  checkArguments('init', 1, arguments)
  const settings = readOptions('init', OPTIONS, options)
  if (!process.getBuiltinModule('node:worker_threads').isMainThread) {
    throw new DistributedError('distributed.init: MPI belongs to the main thread, this is a worker')
  }
  if (opened === undefined) return open(settings)
  for (const name of Object.keys(OPTIONS) as (keyof InitOptions)[]) {
    const [given, first] = [options[name], opened.settings[name]]
    if (given === undefined || given === first) continue
    const expected = `${first ?? 'none'}, which the world was opened with`
    throw new ValueError(complaint('init', name, expected, given))
  }
  const world = await opened.joining
  if (!world.isClosed) return world
  throw new DistributedError('distributed.init: the world was closed, and there is one a process')
}

async function open(settings: Settings): Promise<World> {
  const joining = import('./join.js').then(({ join }) => join(settings))
  opened = { settings, joining }
  try {
    return await joining
  } catch (error) {
    opened = undefined
    throw error
  }
}
