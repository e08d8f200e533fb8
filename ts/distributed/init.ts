import { checkArguments } from '../check.js'
import { DistributedError } from '../errors.js'
import { type Options, path, readOptions, whole } from '../options.js'
import type { World } from './world.js'

export interface InitOptions {
  /** Name or path of the MPI library. Default: the one that goes with the launcher. */
  library?: string
  /** Milliseconds after which a rank that is silent counts as lost. Default 300000, five minutes. */
  timeout?: number
}

const OPTIONS = {
  library: path('the name or the path of a library'),
  timeout: whole(1, 300_000),
} satisfies Options<InitOptions>

let world: Promise<World> | undefined

/**
 * Joins the processes that `mpirun`, `mpiexec` or `srun` has started together with this one. Without a launcher,
 * or with a single process, the world has size 1 and nothing is loaded.
 *
 * The system's MPI library (Open MPI 4 or 5, MPICH 4 or one compatible with it) is loaded now and talks on a
 * thread of its own. The cores that this process may run on are shared with those ranks of its machine that may
 * run on the same, unless `GRADLANE_NUM_THREADS` says otherwise. If the program ends with an error, all ranks end.
 *
 * A second call gives the same world.
 *
 * @throws DistributedError where there is no such library, or it is not the launcher's; outside of Linux; when
 *   ranks run different versions of gradlane; in a worker thread.
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
  world ??= import('./join.js').then(({ join }) => join(settings))
  return world
}
