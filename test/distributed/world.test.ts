import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import { buildDist, root } from '../lifecycle/built.js'
import {
  type FaultOutcome,
  installed,
  missing,
  type Mpi,
  runFault as faultOf,
  runJob,
} from './mpirun.js'

const hasBinary = process.env['GRADLANE_BACKEND'] !== 'reference'

describe('distributed.init with several ranks', function () {
  this.timeout(240_000)
  before(function () {
    if (!hasBinary) this.skip() // MPI is reached through the binary
    buildDist()
  })

  for (const name of missing) {
    it.skip(
      `${name} is not installed (Debian: openmpi-bin, mpich), or name its mpirun in MPIRUN_OPENMPI, MPIRUN_MPICH`,
    )
  }

  for (const mpi of installed) {
    describe(mpi.name, () => {
      it('adds up in the order of ranks, sends and gathers, and leaves by itself', async () => {
        const { code, said, stderr } = await runJob(mpi, 'collectives.mjs', { ranks: 3 })
        expect(code, stderr).to.equal(0)
        expect(said.map(({ rank }) => rank)).to.deep.equal([0, 1, 2])
        for (const each of said) {
          expect(each).to.include({ size: 3, hosts: 3, threads: 1 })
          expect(each['refused']).to.deep.equal(REFUSED)
          // That which lies beside the launcher, where one does.
          expect(each['loaded']).to.match(/^\/.*\/libmpi/)
          if (path.isAbsolute(mpi.library))
            expect(each['loaded']).to.equal(realpathSync(mpi.library))
        }
      })

      const { standard } = mpi
      if (standard !== null) {
        it('by the standard binary interface as well', async () => {
          const outcome = await runJob(mpi, 'collectives.mjs', { ranks: 3, args: [standard] })
          expect(outcome.code, outcome.stderr).to.equal(0)
          for (const each of outcome.said)
            expect(each).to.include({ size: 3, loaded: realpathSync(standard) })
          expect(outcome.said).to.have.length(3)
        })
      }

      it('tells ranks that another one calls something else', async () => {
        const { code, told, stdout, stderr } = await runFault(mpi, 'other call', 2)
        expect(code).not.to.equal(0)
        // Else UCX, where the library uses it, takes memory from other threads: one start of thirty crashed.
        const ucx = /UCX_\* env variables?: .*/.exec(stdout)?.[0] ?? 'UCX_MEM_EVENTS=n'
        expect(ucx).to.include('UCX_MEM_EVENTS=n')
        expect(told, stderr).not.to.deep.equal([]) // the first one to be told may end the job before others have spoken
        for (const { rank, code, message } of told) {
          expect(code).to.equal('ERR_DISTRIBUTED')
          const own = ['allReduce of 2 x float32, sum', 'barrier']
          if (rank === 1) own.reverse()
          const other = `rank ${1 - (rank as number)} \\(.+\\) has come to ${own[1]!}`
          const me = `rank ${rank as number} \\(.+\\) to ${own[0]!}`
          expect(message).to.match(new RegExp(`${other}, ${me}|has failed`))
        }
      })

      it('ends the job when a rank ends by an error, which is told with its rank', async () => {
        const { code, told, stderr } = await runFault(mpi, 'error', 2)
        expect(code).not.to.equal(0)
        expect(told.filter(({ met }) => met)).to.deep.equal([])
        expect(stderr).to.match(/gradlane, rank 1 \(.+\): TypeError: of one rank/)
      })

      it('ends the job when a rank is killed', async () => {
        const { code, told, stdout, stderr } = await runFault(mpi, 'kill', 2, 'SIGKILL')
        expect(code).not.to.equal(0)
        expect(told.filter(({ met }) => met)).to.deep.equal([])
        expect(stdout + stderr).to.match(/signal 9|KILLED BY SIGNAL: 9|EXIT CODE: 9/i)
      })

      it('ends the job where MPI waits for a rank that has not called init', async () => {
        const { code, stderr } = await runFault(mpi, 'late', 2)
        expect(code).not.to.equal(0)
        expect(stderr).to.match(
          /gradlane, rank 0 \(.+\): MPI_Init_thread has not returned for 700 ms: not all ranks/,
        )
      })

      it('names a rank that is silent for longer than the timeout', async () => {
        const { code, told, stderr } = await runFault(mpi, 'stop', 2, 'SIGSTOP')
        expect(code, stderr).not.to.equal(0)
        expect(told[0]!['message']).to.match(
          /nothing was heard for 700 ms at allReduce of 2 x float32, sum of rank 1 \(/,
        )
      })
    })
  }

  if (installed.length === 2) {
    for (const [launcher, other] of [installed, [...installed].reverse()] as [Mpi, Mpi][]) {
      it(`the launcher of ${launcher.name} and the library of ${other.name} do not go together`, async () => {
        const { code, stderr } = await runJob(launcher, 'collectives.mjs', {
          ranks: 2,
          args: [other.library],
        })
        expect(code).not.to.equal(0)
        // Newer versions of MPICH end the process themselves.
        expect(stderr).to.match(
          /started 2 processes, but the library, .+, sees 1|\/libmpi\S+ has ended this process/,
        )
        expect(stderr).to.include('ERR_DISTRIBUTED')
      })
    }
  }

  it('takes the library that lies in the folder of the launcher before any other', function () {
    const [mpi] = installed
    if (mpi === undefined || mpi.library !== 'libmpi.so.40') return this.skip()
    const prefix = mkdtempSync(path.join(tmpdir(), 'gradlane-prefix-'))
    try {
      // A launcher that starts one process, which is told of two.
      const launcher = path.join(prefix, 'bin', 'mpirun')
      for (const folder of ['bin', 'lib']) mkdirSync(path.join(prefix, folder))
      copyFileSync('/bin/sh', launcher)
      chmodSync(launcher, 0o755)
      const library = path.join(prefix, 'lib', 'libmpi.so.40')
      const start = (): string => {
        const program = path.join(root, 'test', 'distributed', 'programs', 'collectives.mjs')
        const command = `OMPI_COMM_WORLD_SIZE=2 "${process.execPath}" "${program}"; true`
        return spawnSync(launcher, ['-c', command], { encoding: 'utf8' }).stderr
      }
      const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu']
      const real = folders.map((folder) => path.join(folder, mpi.library)).find(existsSync)
      symlinkSync(real!, library)
      const loaded = (): string => {
        const text = start()
        return /but the library, Open MPI v\d\S* \((.*)\), sees 1; /.exec(text)?.[1] ?? text
      }
      expect(loaded()).to.equal(library)
      // One that cannot be loaded is passed over.
      rmSync(library)
      writeFileSync(library, 'no library')
      expect(realpathSync(loaded())).to.equal(realpathSync(real!))
    } finally {
      rmSync(prefix, { recursive: true })
    }
  })

  if (installed.length > 0) {
    it('is left by close, and takes a library by its name', async () => {
      const args = [installed[0]!.library, 'close']
      const variables = { GRADLANE_NUM_THREADS: '' }
      const { code, said, stderr } = await runJob(installed[0]!, 'collectives.mjs', {
        ranks: 2,
        args,
        variables,
      })
      expect(code, stderr).to.equal(0)
      expect(said).to.have.length(2)
    })

    it('may be tried again with another library, and is one world until it is closed', async () => {
      const { code, told, stderr } = await runFault(installed[0]!, 'retry', 2)
      expect(code, stderr).to.equal(0)
      expect(told.map(({ met }) => met)).to.deep.equal([true, true])
    })

    it('tells them of other sizes, and of a rank that has ended', async () => {
      const { code, told } = await runFault(installed[0]!, 'other size', 2)
      expect(code).not.to.equal(0)
      expect(told[0]).to.include({ code: 'ERR_DISTRIBUTED' })
      expect(told[0]!['message']).to.match(/has come to allReduce of [23] x float32/)
      const end = await runFault(installed[0]!, 'early end', 2)
      expect(end.code).not.to.equal(0)
      const texts = end.told.map(({ message }) => message as string)
      expect(`${texts.join()} ${end.stderr}`).to.match(/to the end of its program/)
    })

    it('tells of a library that cannot be loaded', async () => {
      const { stderr } = await runJob(installed[0]!, 'collectives.mjs', {
        ranks: 2,
        args: ['libnone.so.1'],
      })
      expect(stderr).to.match(/no MPI library could be loaded:\s+libnone\.so\.1: cannot open/)
      const foreign = await runJob(installed[0]!, 'collectives.mjs', {
        ranks: 2,
        args: ['libm.so.6'],
      })
      expect(foreign.stderr).to.include('libm.so.6 has neither the interface of Open MPI')
    })
  }
})

const REFUSED = ['ERR_VALUE', 'ERR_DTYPE', 'ERR_DTYPE', 'ERR_VALUE', 'ERR_VALUE']

/** What UCX takes from the environment is to be told of. */
function runFault(
  mpi: Mpi,
  fault: string,
  ranks: number,
  signal?: NodeJS.Signals,
): Promise<FaultOutcome> {
  const variables: Record<string, string> = fault === 'other call' ? { UCX_LOG_LEVEL: 'info' } : {}
  return faultOf(mpi, 'faults.mjs', { fault, ranks, signal, variables })
}
