import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { callbacks, data, Generator, manualSeed } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { rejection } from '../train/setting.js'
import { houses } from './rows.js'

describe('Pipeline.fit: from a checkpoint', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-pipeline-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  const begin = (seed = 5): data.Pipeline => {
    manualSeed(seed)
    return new data.Pipeline({ target: 'price' })
  }
  const stopping = () => new callbacks.EarlyStopping({ patience: 100 })
  const settings = (): data.PipelineFitOptions => ({
    epochs: 6,
    validationSplit: 0.2,
    callbacks: [stopping()],
  })

  /** Ends a training after two epochs. */
  async function aborted(checkpoint: string): Promise<void> {
    const controller = new AbortController()
    const abort = {
      onEpochEnd: ({ epoch }: { epoch: number }) => {
        if (epoch === 1) controller.abort(new Error('enough'))
      },
    }
    const { signal } = controller
    const ending = { ...settings(), callbacks: [stopping(), abort], checkpoint, signal }
    expect(String(await rejection(begin().fit(houses(), ending)))).to.include('enough')
    expect(existsSync(checkpoint)).to.equal(true)
  }

  eachBackend(() => {
    it('goes on as if it had not ended, bit for bit', async () => {
      const checkpoint = join(folder, 'run.ckpt')
      rmSync(checkpoint, { force: true })
      const whole = begin()
      await whole.fit(houses(), settings())
      await aborted(checkpoint)
      const again = begin()
      const history = await again.fit(houses(), { ...settings(), checkpoint, resume: true })
      expect(history.epochs).to.have.length(6)
      expect(again.describe().training.epochs).to.equal(6)
      expect(again.predict(houses())).to.deep.equal(whole.predict(houses()))
      expect(history.last).to.deep.equal(whole.history!.last)
    })
  })

  it('refuses other rows than those of the checkpoint, and is as it was', async () => {
    const checkpoint = join(folder, 'other.ckpt')
    await aborted(checkpoint)
    const other = begin()
    const generator = new Generator(9) // another split
    const resumed = { ...settings(), checkpoint, resume: true }
    const table = houses()
    for (const attempt of [
      () => other.fit(table, { ...resumed, generator }),
      () => other.fit(houses(161).slice(1), resumed),
    ]) {
      const error = await rejection(attempt())
      expect(error).to.have.property('code', 'ERR_VALUE')
      expect(String(error)).to.include(
        'Pipeline.fit: expected the rows to be those of the checkpoint',
      )
      expect(other.isFitted).to.equal(false)
    }
    const without = await rejection(other.fit(table, { resume: true }))
    expect(String(without)).to.include('resume needs checkpoint')
  })
})
