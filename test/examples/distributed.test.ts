import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'

import { getBackend } from '../../ts/index.js'
import { installed, runJob } from '../distributed/mpirun.js'
import { buildDist, root } from '../lifecycle/built.js'

const folder = path.join(root, 'examples', 'distributed')
const text = (name: string): string => readFileSync(path.join(folder, name), 'utf8')

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

describe('examples: distributed', function () {
  this.timeout(600_000)
  let scratch: string
  beforeEach(() => {
    scratch = mkdtempSync(path.join(tmpdir(), 'gradlane-distributed-'))
  })
  afterEach(() => {
    rmSync(scratch, { recursive: true })
  })

  describe('train.mjs', () => {
    before(function () {
      if (getBackend() !== 'native') this.skip() // MPI is reached through the binary, and convolutions take long
      buildDist()
    })

    const program = path.join(folder, 'train.mjs')
    const small = ['--samples', '640', '--batch', '32', '--every', '4']
    const files = (): string[] => [
      ...['--checkpoint', path.join(scratch, 'run.ckpt')],
      ...['--report', path.join(scratch, 'report.html')],
    ]
    const alone = (...args: string[]): Ran => {
      const options = { encoding: 'utf8', cwd: scratch } as const
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options)
      return { code: status, stdout, stderr }
    }
    const accuracyOf = ({ code, stdout, stderr }: Ran): number => {
      expect(code, stderr).to.equal(0)
      return Number(/^accuracy (\S+) by /m.exec(stdout)![1])
    }
    const epochsOf = ({ stderr }: Ran): string[] =>
      [...stderr.matchAll(/^epoch (\d+\/\d+) /gm)].map(([, epoch]) => epoch!)

    it('learns alone, and as well on two ranks, which find their checkpoint again', async function () {
      const whole = alone(...small, '--epochs', '3', ...files())
      expect(accuracyOf(whole)).to.be.above(0.3) // chance is 0.1
      expect(epochsOf(whole)).to.deep.equal(['1/3', '2/3', '3/3'])
      expect(readFileSync(path.join(scratch, 'report.html'), 'utf8')).to.include('by one process')
      const mpi = installed.at(-1)
      if (mpi === undefined) this.skip()
      rmSync(path.join(scratch, 'run.ckpt'))
      const args = [...small, '--epochs', '3', ...files()]
      const ranks = await runJob(mpi, program, { ranks: 2, args })
      expect(ranks.stdout).to.match(/by 2 ranks$/m)
      expect(epochsOf(ranks)).to.have.length(3)
      // In float32, of 128 images: some lie at a boundary between two classes.
      expect(accuracyOf(ranks)).to.be.closeTo(accuracyOf(whole), 0.1)
      const again = await runJob(mpi, program, { ranks: 2, args })
      expect(epochsOf(again)).to.deep.equal([])
      expect(accuracyOf(again)).to.equal(accuracyOf(ranks))
      expect(readFileSync(path.join(scratch, 'report.html'), 'utf8')).to.include(
        '2 ranks on 1 host',
      )
    })

    it("reads CIFAR-10's files", () => {
      // Of each image its class, then 3 x 32 x 32 bytes.
      const files = { 'data_batch_1.bin': 20, 'data_batch_2.bin': 12, 'test_batch.bin': 10 }
      for (const [name, count] of Object.entries(files)) {
        const bytes = Uint8Array.from({ length: count * 3073 }, (_, i) =>
          i % 3073 === 0 ? Math.floor(i / 3073) % 10 : (i * 7) % 256,
        )
        writeFileSync(path.join(scratch, name), bytes)
      }
      const ran = alone('--data', scratch, '--batch', '8', '--epochs', '1')
      accuracyOf(ran)
      expect(epochsOf(ran)).to.deep.equal(['1/1'])
    })
  })

  describe('train.slurm', () => {
    /** Runs it with programs in the place of srun and scontrol, which write down what they are called with. */
    function submitted(
      code: number,
      variables: Record<string, string> = {},
    ): Ran & { calls: string[] } {
      const calls = path.join(scratch, 'calls')
      writeFileSync(calls, '')
      for (const [name, status] of [
        ['srun', code],
        ['scontrol', 0],
      ] as const) {
        const file = path.join(scratch, name)
        writeFileSync(file, `#!/bin/sh\necho ${name} "$@" >> '${calls}'\nexit ${status}\n`)
        chmodSync(file, 0o755)
      }
      const env = {
        PATH: `${scratch}:${process.env['PATH']!}`,
        ...{ SLURM_JOB_ID: '17', SLURM_CPUS_PER_TASK: '8', ...variables },
      }
      const script = path.join(folder, 'train.slurm')
      const { status, stdout, stderr } = spawnSync('bash', [script, '--epochs', '9'], {
        encoding: 'utf8',
        env,
      })
      const lines = readFileSync(calls, 'utf8').trim().split('\n')
      return { code: status, stdout, stderr, calls: lines }
    }

    it('starts the ranks, which end together, and passes arguments on', () => {
      const { code, stderr, calls } = submitted(0)
      expect(code, stderr).to.equal(0)
      expect(stderr).to.equal('')
      expect(calls).to.deep.equal([
        'srun --mpi=pmix --cpus-per-task=8 --cpu-bind=cores --kill-on-bad-exit=1 --label ' +
          'node train.mjs --checkpoint run-17.ckpt --epochs 9',
      ])
      expect(submitted(0, { SLURM_MPI_TYPE: 'pmi2' }).calls[0]).to.include('--mpi=pmi2')
    })

    it('is started again after a failure, three times', () => {
      const first = submitted(137)
      expect(first.code).to.equal(137)
      expect(first.calls).to.have.length(2)
      expect(first.calls[1]).to.equal('scontrol requeue 17')
      expect(submitted(1, { SLURM_RESTART_COUNT: '2' }).calls).to.have.length(2)
      expect(submitted(1, { SLURM_RESTART_COUNT: '3' }).calls).to.have.length(1)
    })

    it('asks for machines, and to be started again when one is lost', () => {
      const asked = [...text('train.slurm').matchAll(/^#SBATCH (--\S+)$/gm)].map(([, flag]) => flag)
      expect(asked).to.include.members([
        ...['--nodes=2', '--ntasks-per-node=4', '--cpus-per-task=8', '--requeue'],
      ])
    })
  })

  describe('the job of Kubernetes and its image', () => {
    interface Container {
      readonly image: string
      readonly command: readonly string[]
      readonly args: readonly string[]
      readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
      readonly securityContext: { readonly runAsUser: number }
    }
    interface Replicas {
      readonly replicas: number
      readonly restartPolicy: string
      readonly template: {
        readonly spec: {
          readonly containers: readonly [Container]
          readonly volumes?: readonly unknown[]
        }
      }
    }
    interface Job {
      readonly apiVersion: string
      readonly kind: string
      readonly spec: {
        readonly slotsPerWorker: number
        readonly mpiImplementation: string
        readonly sshAuthMountPath: string
        readonly runPolicy: { readonly backoffLimit: number }
        readonly mpiReplicaSpecs: { readonly Launcher: Replicas; readonly Worker: Replicas }
      }
    }
    const documents = parseAllDocuments(text('mpijob.yaml'))
    const [claim, job] = documents.map((document) => document.toJS() as unknown) as [
      { kind: string; spec: { accessModes: string[] }; metadata: { name: string } },
      Job,
    ]

    it('is an MPIJob whose ranks fill its slots and share a volume', () => {
      expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).to.deep.equal(
        [],
      )
      expect([job.apiVersion, job.kind]).to.deep.equal(['kubeflow.org/v2beta1', 'MPIJob'])
      const { slotsPerWorker, runPolicy, mpiReplicaSpecs: specs } = job.spec
      const { Launcher, Worker } = specs
      const [launcher, worker] = [Launcher, Worker].map(
        ({ template }) => template.spec.containers[0],
      ) as [Container, Container]
      expect(launcher.command).to.deep.equal(['mpirun'])
      const ranks = Number(launcher.args[launcher.args.indexOf('-n') + 1])
      expect(ranks).to.equal(Worker.replicas * slotsPerWorker)
      expect(Launcher.replicas).to.equal(1)
      expect(launcher.image).to.equal(worker.image)
      // Tried again with its own pod each time.
      expect([Launcher.restartPolicy, runPolicy.backoffLimit]).to.deep.equal(['Never', 3])
      const checkpoint = launcher.args[launcher.args.indexOf('--checkpoint') + 1]!
      expect(path.dirname(checkpoint)).to.equal(worker.volumeMounts![0]!.mountPath)
      expect(claim.kind).to.equal('PersistentVolumeClaim')
      expect(claim.spec.accessModes).to.deep.equal(['ReadWriteMany'])
      expect(JSON.stringify(Worker.template.spec.volumes)).to.include(claim.metadata.name)
    })

    it('finds its programs, keys and ports in the image', () => {
      const dockerfile = text('Dockerfile')
      const { Launcher, Worker } = job.spec.mpiReplicaSpecs
      const [server, config] = [
        Worker.template.spec.containers[0],
        Worker.template.spec.containers[0].args[2]!,
      ]
      expect(server.command).to.deep.equal(['/usr/sbin/sshd'])
      expect(dockerfile).to.include(`COPY sshd.conf ${config}\n`)
      expect(dockerfile).to.match(/^WORKDIR \/app$/m)
      expect(Launcher.template.spec.containers[0].args).to.include('/app/train.mjs')
      for (const [, files] of dockerfile.matchAll(/^COPY (.+) \S+$/gm)) {
        for (const file of files!.split(' ')) expect(text(file)).to.not.equal('')
      }
      const sshd = text('sshd.conf')
      expect(sshd).to.include(`HostKey ${job.spec.sshAuthMountPath}/id_rsa\n`)
      expect(sshd).to.include(`AuthorizedKeysFile ${job.spec.sshAuthMountPath}/authorized_keys\n`)
      const port = /^ *Port (\d+)$/m
      expect(port.exec(text('ssh.conf'))![1]).to.equal(port.exec(sshd)![1])
      const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
        engines: { node: string }
      }
      const [, node] = /^FROM node:(\d+)-bookworm-slim$/m.exec(dockerfile)!
      expect(Number(node)).to.be.at.least(Number(/\d+/.exec(engines.node)![0]))
    })

    it('installs packages that Debian has', function () {
      const [, packages] = /--no-install-recommends (.+) \\$/m.exec(text('Dockerfile'))!
      const names = packages!.split(' ')
      expect(names).to.include.members(['openmpi-bin', 'openssh-server'])
      const { status, stdout } = spawnSync('apt-cache', ['show', ...names], { encoding: 'utf8' })
      if (status !== 0 && !stdout.includes('Package: ')) this.skip() // no Debian, or without its lists
      for (const name of names) expect(stdout).to.include(`Package: ${name}\n`)
    })
  })
})
