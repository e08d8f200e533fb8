import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import { buildDist, root, runNode } from '../lifecycle/built.js'
import { installed } from './mpirun.js'
import { alone, expectSame, type Told, trained } from './trained.js'

const hasBinary = process.env['GRADLANE_BACKEND'] !== 'reference'

describe('a training of several processes goes on', function () {
  this.timeout(240_000)
  before(function () {
    if (!hasBinary || installed.length === 0) this.skip()
    buildDist()
  })

  it('with another number of ranks, within an epoch, too', async () => {
    const mpi = installed.at(-1)!
    const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-ranks-'))
    try {
      // Steps of 24 samples, 7 an epoch.
      const settings = { samples: 150, epochs: 3, metrics: ['accuracy'] }
      const kept = { ...settings, checkpoint: path.join(folder, 'run.ckpt'), everySteps: 3 }
      await trained(mpi, 2, { ...kept, batch: 12, stopAt: 4 })
      const program = path.join(root, 'test', 'distributed', 'programs', 'train.mjs')
      const { code, stderr } = runNode([program, JSON.stringify([{ ...kept, batch: 16 }])])
      expect(code).not.to.equal(0)
      expect(stderr).to.match(/batchSize in the epoch in progress to be a divisor of 72, .+ got 16/)
      await trained(mpi, 3, { ...kept, batch: 8, stopAt: 11, capture: false })
      await alone(1, { ...kept, batch: 24, stopAt: 14 })
      const [several] = (await trained(mpi, 2, { ...kept, batch: 12, byBatch: true })) as [Told]
      const one = await alone(2, { ...settings, batch: 12, byBatch: true })
      expect(one.steps).to.equal(21)
      expect(several.told).to.have.length(8) // of steps 14 to 21
      expectSame(several, { ...one, told: one.told.slice(13) }, 1e-12)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
