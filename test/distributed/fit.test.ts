import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import { buildDist } from '../lifecycle/built.js'
import { installed, runJob } from './mpirun.js'
import { alone, expectSame, type Told, trained } from './trained.js'

const hasBinary = process.env['GRADLANE_BACKEND'] !== 'reference'

describe('fit of several processes', function () {
  this.timeout(240_000)
  before(function () {
    if (!hasBinary || installed.length === 0) this.skip()
    buildDist()
  })

  const mpi = installed.at(-1)!

  it('comes to what one process comes to with the batch of all', async () => {
    // 29 epochs of 7 steps, the last one of 6 samples for 3 ranks.
    const settings = { samples: 150, batch: 8, epochs: 29, metrics: ['accuracy'], validation: true }
    const [several] = (await trained(mpi, 3, settings)) as [Told]
    expect(several.mode).to.equal('captured')
    const one = await alone(3, settings)
    expect(one.steps).to.equal(203)
    expectSame(several, one, 1e-12)
  })

  it('eagerly, step by step, by weights of classes, with accumulated batches and clipped', async () => {
    const settings = { samples: 150, batch: 8, epochs: 3, ignore: true, byBatch: true }
    const options = { ...settings, validation: true, accumulate: 2, clipGradNorm: 0.1 }
    const both = [options, { ...options, capture: false }]
    const [captured, eager] = (await trained(mpi, 2, ...both)) as [Told, Told]
    expect(eager.mode).to.equal('eager')
    expect(eager.digest).to.equal(captured.digest)
    expectSame(captured, await alone(2, options), 1e-12)
  })

  it('with gradients in several buckets, which travel beside the backward pass', async () => {
    // 323 KB of gradients of the layers behind the first one, which are a bucket of their own.
    const settings = { samples: 96, batch: 8, epochs: 2, kind: 'deep', hidden: 200 }
    const both = [settings, { ...settings, capture: false }]
    const [captured, eager] = (await trained(mpi, 2, ...both)) as [Told, Told]
    expect([captured.mode, eager.mode]).to.deep.equal(['captured', 'eager'])
    expect(eager.digest).to.equal(captured.digest)
    expectSame(captured, await alone(2, settings), 1e-12)
  })

  it('of sums in float32, of batches from any iterable', async () => {
    const settings = { samples: 104, batch: 8, epochs: 2, reduction: 'sum', iterable: true }
    const options = { ...settings, dtype: 'float32' }
    const [several] = (await trained(mpi, 2, options)) as [Told]
    // Weights around 1, each step rounds sums of some tens of gradients around 1: 14 steps.
    expectSame(several, await alone(2, options), 1e-4)
  })

  it('drops what one process drops with the batch of all, and gives the same bits twice', async () => {
    // 34 epochs of 6 steps, the last one of 7 samples for 3 ranks: one has 3, one none.
    const settings = { samples: 67, batch: 4, epochs: 34, kind: 'dropout' }
    const one = await alone(3, settings)
    expect(one.steps).to.equal(204)
    const few = { ...settings, epochs: 2 }
    for (const each of installed) {
      const [first, second, whole] = (await trained(
        each,
        3,
        ...[few, few, ...(each === mpi ? [settings] : [])],
      )) as [Told, Told, Told | undefined]
      expect(first.mode).to.equal('captured')
      expect(second.digest).to.equal(first.digest)
      if (whole !== undefined) expectSame(whole, one, 1e-12)
    }
  })

  it('draws all that a model draws as one process does, captured and eagerly, with accumulated batches', async () => {
    const settings = { samples: 53, batch: 4, epochs: 10, kind: 'drawing', accumulate: 2 }
    const options = { ...settings, validation: true }
    const transformed = { ...options, epochs: 2, transform: true }
    const all = [options, { ...options, capture: false }, transformed]
    const [captured, eager, noisy] = (await trained(mpi, 3, ...all)) as [Told, Told, Told]
    expect(eager.mode).to.equal('eager')
    expect(eager.digest).to.equal(captured.digest)
    expectSame(captured, await alone(3, options), 1e-12)
    expectSame(noisy, await alone(3, transformed), 1e-12)
  })

  it('goes on drawing from a checkpoint, in the middle of an epoch, and with another number of ranks', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-ranks-'))
    try {
      const settings = { samples: 80, kind: 'drawing' }
      const [checkpoint, other] = ['run', 'other'].map((name) => path.join(folder, name))
      const first = { ...settings, batch: 4, checkpoint }
      const [whole, , resumed] = (await trained(
        mpi,
        3,
        { ...settings, batch: 4, epochs: 4 },
        { ...first, epochs: 4, everySteps: 3, stopAt: 11 },
        { ...first, epochs: 4, everySteps: 3 },
        { ...first, checkpoint: other, epochs: 2 },
      )) as [Told, null, Told, Told]
      expect(resumed.digest).to.equal(whole.digest)
      const rest = { ...settings, batch: 6, checkpoint: other, epochs: 4 }
      const [two] = (await trained(mpi, 2, rest)) as [Told]
      expect(two.steps).to.equal(whole.steps)
      expectSame(two, whole, 1e-12)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('keeps statistics of batch normalisation alike, goes on from a checkpoint, and one rank writes', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-ranks-'))
    try {
      const settings = { samples: 90, batch: 8, kind: 'norm', dropLast: true }
      const checkpoint = path.join(folder, 'run.ckpt')
      const file = path.join(folder, 'last.safetensors')
      const [whole, , resumed] = (await trained(
        mpi,
        2,
        { ...settings, epochs: 4 },
        { ...settings, epochs: 2, checkpoint, file },
        { ...settings, epochs: 4, checkpoint, file },
      )) as [Told, Told, Told]
      expect(whole.steps).to.equal(20)
      expect(existsSync(file)).to.equal(true)
      expect(resumed.digest).to.equal(whole.digest)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('normalises by the samples of all ranks as one process does by its batch', async () => {
    const settings = { kind: 'sync', batch: 8, metrics: ['accuracy'], validation: true }
    // 29 epochs of 7 steps, the last one of 12 samples: 8, 4 and none.
    const long = { ...settings, samples: 156, epochs: 29 }
    const [several] = (await trained(mpi, 3, long)) as [Told]
    expect(several.mode).to.equal('captured')
    const one = await alone(3, long)
    expect(one.steps).to.equal(203)
    expectSame(several, one, 1e-12)

    // A last step of 22 samples, in two batches of 16 and 6: 8 and 8, 6 and none.
    const short = { ...settings, ignore: true, byBatch: true, samples: 150, epochs: 3 }
    const options = { ...short, accumulate: 2, clipGradNorm: 0.1 }
    const runs = [options, { ...options, capture: false }, options]
    const [captured, eager, again] = (await trained(installed[0]!, 2, ...runs)) as [
      Told,
      Told,
      Told,
    ]
    expect([captured.mode, eager.mode]).to.deep.equal(['captured', 'eager'])
    expect(eager.digest).to.equal(captured.digest)
    expect(again.digest).to.equal(captured.digest)
    expectSame(captured, await alone(2, options), 1e-12)
  })

  it('tells of ranks that have another model', async () => {
    const args = [JSON.stringify([{ samples: 32, batch: 8, width: true }])]
    const { code, stderr } = await runJob(mpi, 'train.mjs', { ranks: 2, args })
    expect(code).not.to.equal(0)
    expect(stderr).to.match(
      /fit: expected the training of rank 1 \(.+\) to be that of rank 0, a model with 0\.weight/,
    )
    expect(stderr).to.include('float64 of shape (9, 6)')
  })
})
