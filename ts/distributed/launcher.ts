export type Environment = Readonly<Record<string, string | undefined>>

/** What started this process together with others. */
export interface Launcher {
  readonly name: string
  /** Processes of the job; null where it does not tell. */
  readonly size: number | null
  /** Names of the libraries of its own MPI, the likeliest first. */
  readonly own: readonly string[]
  /** Names of libraries that may do as well. */
  readonly others: readonly string[]
  /** Set where it does not tell an MPI library how to find the others: to what is to be said of it. */
  readonly mute?: string
}

const STANDARD = 'libmpi_abi.so.1'
const OPEN_MPI = ['libmpi.so.40', 'libmpi.so', STANDARD]
/** As its makers name it, and as Debian does. */
const MPICH = ['libmpi.so.12', 'libmpich.so.12', STANDARD]

/** What makes Slurm's launcher one of MPI. */
export const SRUN =
  'srun has to speak the protocol of the library: --mpi=pmix for Open MPI, --mpi=pmi2 for MPICH; ' +
  'srun --mpi=list tells which there are, and MpiDefault in slurm.conf what it speaks without --mpi'

/** The launcher that an environment tells of; null for a process of its own. */
export function launcherOf(env: Environment): Launcher | null {
  const openMpi = wholeOf(env['OMPI_COMM_WORLD_SIZE'])
  if (openMpi !== null) {
    return { name: 'mpirun of Open MPI', size: openMpi, own: OPEN_MPI, others: MPICH }
  }
  const hydra = wholeOf(env['PMI_SIZE'])
  if (hydra !== null) {
    const bySlurm = env['SLURM_STEP_ID'] !== undefined && env['HYDI_CONTROL_FD'] === undefined
    const name = bySlurm ? 'srun' : 'mpiexec of MPICH'
    return { name, size: hydra, own: MPICH, others: OPEN_MPI }
  }
  const tasks = wholeOf(env['SLURM_STEP_NUM_TASKS'])
  if (tasks !== null && env['SLURM_PROCID'] !== undefined) {
    const srun = { name: 'srun', size: tasks, own: OPEN_MPI, others: MPICH }
    const speaks = Object.keys(env).some((name) => /^(PMI|PMIX|PALS)_|^I_MPI_PMI_/.test(name))
    return speaks ? srun : { ...srun, mute: SRUN }
  }
  if (env['PMIX_RANK'] === undefined) return null
  return { name: 'a launcher with PMIx', size: null, own: OPEN_MPI, others: MPICH }
}

/** What a launcher calls this process among the others. */
export function rankIn(env: Environment): string {
  const names = ['OMPI_COMM_WORLD_RANK', 'PMI_RANK', 'PMIX_RANK', 'SLURM_PROCID']
  const rank = names.map((name) => env[name]).find((value) => value !== undefined)
  return rank !== undefined && /^\d{1,9}$/.test(rank) ? `rank ${rank}` : 'a rank'
}

function wholeOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null
}
