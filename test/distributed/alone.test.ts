import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import { DistributedError } from '../../ts/errors.js'
import { distributed, empty, fit, nn, optim, tensor } from '../../ts/index.js'
import { launcherOf } from '../../ts/distributed/launcher.js'
import { librariesOf, prefixOf } from '../../ts/distributed/libraries.js'
import { Job } from '../../ts/distributed/job.js'
import { buildDist, root, runNode } from '../lifecycle/built.js'

describe('distributed.init without a launcher', () => {
  it('is a world of one rank, which the same calls leave as it is', async () => {
    const world = await distributed.init()
    expect(await distributed.init()).to.equal(world)
    expect([world.rank, world.size, world.hosts.length]).to.deep.equal([0, 1, 1])
    const x = tensor([1, 2])
    expect(await world.allReduce(x, { op: 'mean' })).to.equal(x)
    expect(await world.broadcast(x)).to.equal(x)
    expect(x.toArray()).to.deep.equal([1, 2])
    const all = await world.allGather(x)
    expect(all.toArray()).to.deep.equal([[1, 2]])
    x.data[0] = 3
    expect(all.toArray()).to.deep.equal([[1, 2]])
    await world.barrier()
    expect(world.waitedSeconds).to.equal(0)
  })

  it('leaves no trace of ranks in a history', async () => {
    const world = await distributed.init()
    const model = new nn.Linear(1, 1)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const criterion = new nn.MSELoss()
    const options = { criterion, optimizer, distributed: world }
    const history = await fit(model, [[tensor([[1]]), tensor([[2]])]], options)
    expect(history.facts!.ranks).to.equal(null)
    expect(history.epochs[0]).not.to.have.property('ranks')
  })
})

describe('a world', () => {
  it('refuses what no rank could do, alone as well', async () => {
    const world = new Job(0, ['here'])
    const calls = {
      tensor: () => world.allReduce([1] as never),
      dtype: () => world.allReduce(empty([1], 'uint8')),
      mean: () => world.allReduce(empty([1], 'int32'), { op: 'mean' }),
      op: () => world.allReduce(empty([1]), { op: 'product' as never }),
      src: () => world.broadcast(empty([1]), { src: 1 }),
      option: () => world.broadcast(empty([1]), { root: 0 } as never),
    }
    const codes = await Promise.all(
      Object.entries(calls).map(async ([name, call]) => [
        name,
        await call().then(() => null, codeOf),
      ]),
    )
    expect(Object.fromEntries(codes)).to.deep.equal({
      tensor: 'ERR_VALUE',
      dtype: 'ERR_DTYPE',
      mean: 'ERR_DTYPE',
      op: 'ERR_VALUE',
      src: 'ERR_VALUE',
      option: 'ERR_VALUE',
    })
  })

  it('does nothing more while it is being closed, which may be asked for twice', async () => {
    const world = new Job(0, ['here'])
    const closing = [world.close(), world.close()]
    expect(await world.barrier().then(() => null, codeOf)).to.equal('ERR_DISTRIBUTED')
    await Promise.all(closing)
  })

  it('does nothing once it is closed', async () => {
    const world = new Job(0, ['here'])
    await world[Symbol.asyncDispose]()
    await world.close()
    const error: unknown = await world.barrier().catch((reason: unknown) => reason)
    expect(error)
      .to.be.instanceOf(DistributedError)
      .with.property('message')
      .that.includes('closed')
  })
})

describe('launcherOf', () => {
  const of = (env: Record<string, string>) => {
    const { name, size, own } = launcherOf(env)!
    return [name, size, own[0]]
  }

  it('knows what a launcher leaves in the environment, and nothing else', () => {
    expect(of({ OMPI_COMM_WORLD_SIZE: '4', PMIX_RANK: '0' })).to.deep.equal([
      'mpirun of Open MPI',
      4,
      'libmpi.so.40',
    ])
    expect(of({ PMI_SIZE: '3', PMI_RANK: '0' })).to.deep.equal([
      'mpiexec of MPICH',
      3,
      'libmpi.so.12',
    ])
    expect(of({ PMI_SIZE: '3', SLURM_STEP_ID: '0' })[0]).to.equal('srun')
    // Within an allocation of Slurm.
    const hydra = { PMI_SIZE: '3', SLURM_STEP_ID: '0', HYDI_CONTROL_FD: '7' }
    expect(of(hydra)[0]).to.equal('mpiexec of MPICH')
    expect(of({ SLURM_STEP_NUM_TASKS: '8', SLURM_PROCID: '0', PMIX_RANK: '0' })).to.deep.equal([
      'srun',
      8,
      'libmpi.so.40',
    ])
    expect(
      launcherOf({ SLURM_STEP_NUM_TASKS: '8', SLURM_PROCID: '0', PMIX_RANK: '0' }),
    ).not.to.have.property('mute')
    expect(of({ PMIX_RANK: '0' })[1]).to.equal(null)
    expect(launcherOf({})).to.equal(null)
    // A batch script of Slurm that runs a program without srun.
    expect(launcherOf({ SLURM_NTASKS: '8', SLURM_PROCID: '0', SLURM_JOB_ID: '1' })).to.equal(null)
    expect(launcherOf({ PMI_SIZE: 'x', OMPI_COMM_WORLD_SIZE: '' })).to.equal(null)
  })
})

describe('distributed.init under srun without a protocol of MPI', () => {
  const started = (library?: string) => {
    const file = path.join(root, 'test', 'distributed', 'programs', 'collectives.mjs')
    const args = library === undefined ? [file] : [file, library]
    return runNode(args, { SLURM_STEP_NUM_TASKS: '2', SLURM_PROCID: '0' }).stderr
  }
  before(function () {
    if (process.env['GRADLANE_BACKEND'] === 'reference') this.skip()
    buildDist()
  })

  it('tells which ones there are, before a library ends the process', () => {
    const text = started()
    expect(text).to.include("code: 'ERR_DISTRIBUTED'")
    expect(text).to.match(/srun has started 2 processes that .* --mpi=pmix for Open MPI, /)
  })

  it('tries it with a library that is named', () => {
    expect(started('libnone.so.1')).to.include('no MPI library could be loaded:')
  })
})

describe('librariesOf', () => {
  const mpich = launcherOf({ PMI_SIZE: '2' })!

  it('takes what lies at a named prefix before what the loader finds, and no library twice', () => {
    const prefix = mkdtempSync(path.join(tmpdir(), 'gradlane-prefix-'))
    try {
      const names = [
        'libmpi.so.12',
        'libmpich.so.12',
        'libmpi_abi.so.1',
        'libmpi.so.40',
        'libmpi.so',
      ]
      expect(librariesOf(mpich, {})).to.deep.equal(names)
      const file = path.join(prefix, 'lib64', 'libmpi_abi.so.1')
      mkdirSync(path.dirname(file))
      writeFileSync(file, '')
      expect(librariesOf(mpich, { I_MPI_ROOT: prefix })).to.deep.equal([file, ...names])
      expect(librariesOf(mpich, { I_MPI_ROOT: 'lib', OPAL_PREFIX: '' })).to.deep.equal(names)
    } finally {
      rmSync(prefix, { recursive: true })
    }
  })

  it('finds the prefix of the nearest program that starts ranks', () => {
    const above = ['/usr/bin/sh', '/opt/mpi/bin/hydra_pmi_proxy', '/usr/bin/mpirun']
    expect(prefixOf(above)).to.equal('/opt/mpi')
    expect(prefixOf(['/opt/ompi/bin/prted'])).to.equal('/opt/ompi')
    expect(prefixOf(['/usr/sbin/slurmstepd', '/usr/bin/bash'])).to.equal(undefined)
  })
})

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code
