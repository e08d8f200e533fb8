/** What started this process together with others. */
export interface Launcher {
  readonly name: string
  /** Processes of the job; null where it does not tell. */
  readonly size: number | null
  /** Names of the MPI libraries that go with it, the likeliest first. */
  readonly libraries: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

const OPEN_MPI = ['libmpi.so.40']
const MPICH = ['libmpich.so.12', 'libmpi.so.12']
const OTHERS = ['libmpi.so']

/** The launcher that an environment tells of; null for a process of its own. */
export function launcherOf(env: Environment): Launcher | null {
  const openMpi = wholeOf(env['OMPI_COMM_WORLD_SIZE'])
  if (openMpi !== null) {
    const libraries = [...OPEN_MPI, ...OTHERS, ...MPICH]
    return { name: 'mpirun of Open MPI', size: openMpi, libraries }
  }
  const hydra = wholeOf(env['PMI_SIZE'])
  const libraries = [...MPICH, ...OPEN_MPI, ...OTHERS]
  if (hydra !== null) {
    const name = env['SLURM_STEP_ID'] === undefined ? 'mpiexec of MPICH' : 'srun'
    return { name, size: hydra, libraries }
  }
  const tasks = wholeOf(env['SLURM_STEP_NUM_TASKS'])
  if (tasks !== null && env['SLURM_PROCID'] !== undefined) {
    return { name: 'srun', size: tasks, libraries: [...OPEN_MPI, ...MPICH, ...OTHERS] }
  }
  if (env['PMIX_RANK'] === undefined) return null
  return { name: 'a launcher with PMIx', size: null, libraries: [...OPEN_MPI, ...OTHERS, ...MPICH] }
}

function wholeOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null
}
