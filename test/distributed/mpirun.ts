import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { root } from '../lifecycle/built.js'

/** An MPI that is installed here. */
export interface Mpi {
  readonly name: 'Open MPI' | 'MPICH'
  readonly launcher: string
  /** Names of its library and, where it has one, of that with the standard binary interface. */
  readonly library: string
  readonly standard: string | null
  readonly flags: readonly string[]
}

const openMpi = process.env['MPIRUN_OPENMPI'] ?? '/usr/bin/mpirun.openmpi'
const mpich = process.env['MPIRUN_MPICH'] ?? '/usr/bin/mpirun.mpich'

const all: readonly Mpi[] = [
  {
    name: 'Open MPI',
    launcher: openMpi,
    library: beside(openMpi, 'libmpi.so.40') ?? 'libmpi.so.40',
    standard: beside(openMpi, 'libmpi_abi.so.1'),
    flags: ['--oversubscribe', '--bind-to', 'none'],
  },
  {
    name: 'MPICH',
    launcher: mpich,
    library: beside(mpich, 'libmpi.so.12') ?? 'libmpich.so.12',
    standard: beside(mpich, 'libmpi_abi.so.1'),
    flags: ['-bind-to', 'none'],
  },
]

/** Where such a library lies in the MPI of a launcher; null where the loader knows. */
function beside(launcher: string, name: string): string | null {
  const file = path.join(path.dirname(launcher), '..', 'lib', name)
  return existsSync(file) ? file : null
}

const isNamed = ({ name }: Mpi): boolean =>
  process.env[name === 'Open MPI' ? 'MPIRUN_OPENMPI' : 'MPIRUN_MPICH'] !== undefined

/** Those whose launcher is there, or was named and so has to be. */
export const installed = all.filter((mpi) => isNamed(mpi) || existsSync(mpi.launcher))

export const missing = all.filter((mpi) => !installed.includes(mpi)).map(({ name }) => name)

export interface JobOutcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What each rank has said, by rank. */
  readonly said: readonly Record<string, unknown>[]
}

export interface JobOptions {
  readonly ranks: number
  readonly args?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
  /** Told what was printed so far, whenever there is more. */
  readonly onOutput?: (stdout: string) => void
}

/** Runs one of the programs of this folder, or that of an absolute path, on some ranks; a rank tells `{ rank, … }` by `say`. */
export function runJob(
  { launcher, flags }: Mpi,
  program: string,
  { ranks, args = [], variables = {}, onOutput }: JobOptions,
): Promise<JobOutcome> {
  const kept = Object.entries(process.env).filter(
    ([key]) => !/^(GRADLANE|OMPI|PMI|PMIX|SLURM)_|^NODE_OPTIONS$/.test(key),
  )
  const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-mpi-'))
  const told = path.join(folder, 'told')
  const env = {
    ...Object.fromEntries(kept),
    ...{ OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' },
    ...{ GRADLANE_NUM_THREADS: '1', GRADLANE_TEST_SAID: told, ...variables },
  }
  const file = path.resolve(root, 'test', 'distributed', 'programs', program)
  const child = spawn(launcher, [...flags, '-n', String(ranks), process.execPath, file, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    onOutput?.(stdout)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      const said = existsSync(told) ? saidIn(readFileSync(told, 'utf8')) : []
      rmSync(folder, { recursive: true })
      resolve({ code, stdout, stderr, said })
    })
  })
}

/** Lines of JSON among others. */
export function saidIn(text: string): Record<string, unknown>[] {
  const said = text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return said.sort((a, b) => (a['rank'] as number) - (b['rank'] as number))
}

export interface FaultOptions {
  readonly ranks: number
  readonly fault: string
  /** Sent to rank 1 when all ranks have printed the numbers of their processes. */
  readonly signal?: NodeJS.Signals | undefined
  readonly variables?: Readonly<Record<string, string>>
}

export interface FaultOutcome extends JobOutcome {
  /** What the ranks have told, each as soon as it happened. */
  readonly told: readonly Record<string, unknown>[]
}

/** A job with a fault: its program is given the name of that and a file for what is told. */
export async function runFault(
  mpi: Mpi,
  program: string,
  { ranks, fault, signal, variables = {} }: FaultOptions,
): Promise<FaultOutcome> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-mpi-'))
  const file = path.join(folder, 'told')
  writeFileSync(file, '')
  let sent = signal === undefined
  const onOutput = (stdout: string): void => {
    const said = saidIn(stdout)
    if (sent || said.length < ranks) return
    sent = true
    process.kill(said[1]!['pid'] as number, signal)
  }
  try {
    const outcome = await runJob(mpi, program, { ranks, args: [fault, file], variables, onOutput })
    return { ...outcome, told: saidIn(readFileSync(file, 'utf8')) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
