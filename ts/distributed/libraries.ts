import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'

import type { Environment, Launcher } from './launcher.js'

/** Programs that start ranks: each lies in the folder `bin` of its MPI. */
const LAUNCHER = /^(mpirun|mpiexec|orterun|orted|prte|prted|prterun|hydra_)/

/**
 * What to load, the likeliest first: the libraries that lie beside the launcher, by their paths, then those that
 * the loader finds by their names.
 */
export function librariesOf({ own, others }: Launcher, env: Environment): string[] {
  const beside = [env['OPAL_PREFIX'], env['I_MPI_ROOT'], prefixOf(programsAbove())]
    .filter((prefix) => prefix !== undefined && path.isAbsolute(prefix))
    .flatMap((prefix) => ['lib', 'lib64'].map((folder) => path.join(prefix!, folder)))
    .flatMap((folder) => own.map((name) => path.join(folder, name)))
    .filter((file) => existsSync(file))
  return [...new Set([...beside, ...own, ...others])]
}

/** Where the MPI lies whose launcher is the nearest of these programs. */
export function prefixOf(programs: Iterable<string>): string | undefined {
  for (const program of programs) {
    if (LAUNCHER.test(path.basename(program))) return path.dirname(path.dirname(program))
  }
  return undefined
}

/** Paths of the programs that have started this one, the nearest first, as far as they may be seen. */
function* programsAbove(): Generator<string> {
  let id = process.ppid
  try {
    while (id > 1) {
      yield readlinkSync(`/proc/${id}/exe`)
      id = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))![1])
    }
  } catch {
    // Of another user, or ended.
  }
}
