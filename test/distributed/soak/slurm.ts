// Jobs of srun in a cluster of one node, which is made for it: what goes with which MPI, the mistakes, and a rank
// that is killed. Needs root and Debian's slurmctld, slurmd, slurm-client and munge.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import { type FaultOutcome, installed, type Mpi, runFault, runJob } from '../mpirun.js'

const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-slurm-'))
const at = (name: string): string => path.join(folder, name)
const variables = { SLURM_CONF: at('slurm.conf') }
const env = { ...process.env, ...variables }
const node = hostname().split('.')[0]!

function run(command: string, ...args: string[]): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, { env, encoding: 'utf8' })
  if (error !== undefined)
    throw new Error(`${error.message}: apt-get install slurmctld slurmd slurm-client munge`)
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}

function startCluster(): void {
  for (const name of ['state', 'spool']) mkdirSync(at(name))
  writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o600 })
  writeFileSync(
    variables.SLURM_CONF,
    `ClusterName=one
SlurmctldHost=${node}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${at('munge.socket')}
StateSaveLocation=${at('state')}
SlurmdSpoolDir=${at('spool')}
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('slurmd.pid')}
SlurmctldLogFile=${at('slurmctld.log')}
SlurmdLogFile=${at('slurmd.log')}
SlurmctldPort=46817
SlurmdPort=46818
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=5
NodeName=${node} NodeAddr=127.0.0.1 CPUs=8 CoresPerSocket=8 State=UNKNOWN
PartitionName=all Nodes=${node} Default=YES State=UP
`,
  )
  run(
    '/usr/sbin/munged',
    '--force',
    ...Object.entries({
      socket: at('munge.socket'),
      'key-file': at('munge.key'),
      'pid-file': at('munged.pid'),
      'log-file': at('munged.log'),
      'seed-file': at('munge.seed'),
    }).map(([name, value]) => `--${name}=${value}`),
  )
  run('/usr/sbin/slurmctld', '-f', variables.SLURM_CONF)
  run('/usr/sbin/slurmd', '-f', variables.SLURM_CONF, '-N', node)
}

async function stopCluster(): Promise<void> {
  for (const name of ['slurmd', 'slurmctld', 'munged']) {
    try {
      const id = Number(readFileSync(at(`${name}.pid`), 'utf8'))
      process.kill(id, 'SIGTERM')
      for (let i = 0; i < 100; i++) {
        process.kill(id, 0)
        await sleep(100)
      }
    } catch {
      // It has not been started, or has ended.
    }
  }
  rmSync(folder, { recursive: true, force: true })
}

const srun = (mpi: Mpi, ...flags: string[]): Mpi => ({ ...mpi, launcher: 'srun', flags })
const protocolOf = ({ name }: Mpi): string => (name === 'Open MPI' ? 'pmix' : 'pmi2')

async function works(mpi: Mpi, protocol: string): Promise<void> {
  const args = [mpi.library]
  const options = { ranks: 3, args, variables }
  const { code, said, stderr } = await runJob(
    srun(mpi, `--mpi=${protocol}`),
    'collectives.mjs',
    options,
  )
  expect(code, stderr).to.equal(0)
  expect(said.map(({ rank, size }) => [rank, size])).to.deep.equal([
    [0, 3],
    [1, 3],
    [2, 3],
  ])
  console.log(`${mpi.name}: --mpi=${protocol}`)
}

async function fails(flags: string[], args: string[], expected: RegExp): Promise<void> {
  const { code, stderr } = await runJob(srun(installed[0]!, ...flags), 'collectives.mjs', {
    ranks: 2,
    args,
    variables,
  })
  expect(code).not.to.equal(0)
  expect(stderr).to.include('ERR_DISTRIBUTED').and.to.match(expected)
}

async function isKilled(mpi: Mpi): Promise<void> {
  const by = srun(mpi, `--mpi=${protocolOf(mpi)}`, '--kill-on-bad-exit=1')
  const { code, told, stderr }: FaultOutcome = await runFault(by, 'faults.mjs', {
    ranks: 2,
    fault: 'kill',
    signal: 'SIGKILL',
    variables,
  })
  expect(code).not.to.equal(0)
  expect(told.filter(({ met }) => met)).to.deep.equal([])
  expect(stderr).to.match(/task 1: Killed/)
  console.log(`${mpi.name}: a rank that is killed is named, and the job ends`)
}

try {
  startCluster()
  for (const mpi of installed) {
    await works(mpi, protocolOf(mpi))
    await isKilled(mpi)
  }
  await fails(
    ['--mpi=none'],
    [],
    /srun has started 2 processes that no MPI library can bring together/,
  )
  const mpich = installed.find(({ name }) => name === 'MPICH')
  if (mpich !== undefined) {
    const sees = /srun has started 2 processes, but the library, .+, sees 1; srun has to speak/
    for (const protocol of ['none', 'pmix'])
      await fails([`--mpi=${protocol}`], [mpich.library], sees)
  }
  console.log('srun without the protocol of the library is told so')
} finally {
  await stopCluster()
}
