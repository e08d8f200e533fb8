import { expect } from 'chai'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { callbacks, GradlaneError, io } from '../../../ts/index.js'
import { eachBackend } from '../../support/each-backend.js'
import { epochsOf, scratch, Subject } from './context.js'

const { CSVLogger, LearningRateMonitor, ModelCheckpoint } = callbacks
const wrong = (value: unknown): never => value as never

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  )
}

describe('ModelCheckpoint', () => {
  const { path } = scratch()

  eachBackend(() => {
    it('keeps the best model in its file', async () => {
      const subject = new Subject()
      const checkpoint = new ModelCheckpoint({ path: path('best.safetensors') })
      await subject.train([checkpoint], epochsOf('valLoss', [3, 1.5, 2, NaN]))
      const { tensors, metadata } = await io.loadSafetensors(path('best.safetensors'))
      expect(metadata).to.deep.equal({ epoch: '1', step: '20', valLoss: '1.5' })
      expect(subject.weight).to.equal(3)
      subject.model.loadStateDict(tensors)
      expect(subject.weight).to.equal(1)
      expect(checkpoint.lastPath).to.equal(path('best.safetensors'))
      expect(readdirSync(path('.'))).to.deep.equal(['best.safetensors'])
    })

    it('saves every second epoch under its number', async () => {
      const options = { path: path('model-{epoch}.safetensors'), monitor: null, every: 2 }
      await new Subject().train([new ModelCheckpoint(options)], epochsOf('loss', [1, 2, 3, 4, 5]))
      expect(readdirSync(path('.')).sort()).to.deep.equal([
        'model-1.safetensors',
        'model-3.safetensors',
      ])
    })

    it('saves the model of the moment, whatever is trained while it is written', async () => {
      const subject = new Subject()
      const checkpoint = new ModelCheckpoint({ path: path('now.safetensors'), monitor: null })
      subject.weight = 7
      const saved = checkpoint.onEpochEnd({ ...subject.context(), logs: {} })
      subject.weight = 8
      await saved
      const { tensors } = await io.loadSafetensors(path('now.safetensors'))
      expect(tensors['0.weight']!.item()).to.equal(7)
    })

    it('remembers the best over a resume', async () => {
      const [before, after] = [1, 2].map(
        () => new ModelCheckpoint({ path: path('best.safetensors') }),
      ) as [callbacks.ModelCheckpoint, callbacks.ModelCheckpoint]
      const subject = new Subject()
      await subject.train([before], epochsOf('valLoss', [3, 1]))
      after.loadStateDict(JSON.parse(JSON.stringify(before.stateDict())) as Record<string, unknown>)
      await subject.train([after], epochsOf('valLoss', [3, 1, 2]), { from: 2 })
      const { metadata } = await io.loadSafetensors(path('best.safetensors'))
      expect([metadata['epoch'], after.best]).to.deep.equal(['1', 1])
    })
  })

  it('complains before the first epoch, not after it', async () => {
    expect(() => new ModelCheckpoint(wrong({}))).to.throw(GradlaneError, /path.*a file name/)
    expect(() => new ModelCheckpoint({ path: 'x', every: 0.5 })).to.throw(GradlaneError, /every/)
    const checkpoint = new ModelCheckpoint({ path: path('no/such/best.safetensors') })
    const error = await failure(new Subject().train([checkpoint], epochsOf('valLoss', [1])))
    expect(error).to.be.instanceOf(GradlaneError)
    expect(String(error)).to.match(/a folder that exists/)
  })
})

describe('CSVLogger', () => {
  const { path } = scratch()
  const lines = (): string[] => readFileSync(path('log.csv'), 'utf8').split('\n')

  it('writes numbers that can be read back exactly', async () => {
    const values = [0.1 + 0.2, 1e-300, NaN, -Infinity, 2 ** 53]
    await new Subject().train([new CSVLogger({ path: path('log.csv') })], epochsOf('loss', values))
    const [header, ...rows] = lines()
    expect(header).to.equal('epoch,step,loss')
    const read = rows.slice(0, -1).map((row) => row.split(',').map(Number))
    expect(read).to.deep.equal(values.map((value, i) => [i, 10 * (i + 1), value]))
    expect(rows.at(-1)).to.equal('')
  })

  it('has a column for the efficiency of several ranks, unless a log is called so', async () => {
    const ranks = { waitingSeconds: [1, 2], efficiency: 0.75 }
    const file = path('log.csv')
    for (const [name, expected] of [
      ['loss', ['epoch,step,efficiency,loss', '0,10,0.75,5', '']],
      ['efficiency', ['epoch,step,efficiency', '0,10,5', '']],
    ] as const) {
      await new Subject().train([new CSVLogger({ path: file })], epochsOf(name, [5]), { ranks })
      expect(lines()).to.deep.equal(expected)
    }
  })

  it('takes in a column that comes later, and quotes what has to be', async () => {
    const logger = new CSVLogger({ path: path('log.csv'), separator: ';' })
    const epochs: callbacks.Logs[] = [{ loss: 1 }, { loss: 2, 'a;"b"': 3 }, { loss: 4 }]
    await new Subject().train([logger], epochs)
    const expected = ['epoch;step;loss;"a;""b"""', '0;10;1;', '1;20;2;3', '2;30;4;', '']
    expect(lines()).to.deep.equal(expected)
    // and reads them again
    const again = new CSVLogger({ path: path('log.csv'), separator: ';', append: true })
    await again.onTrainBegin(new Subject().context())
    expect(lines()).to.deep.equal(expected)
  })

  it('escapes names that a spreadsheet would compute, and reads them back', async () => {
    const names = ['=1+1', '@x', '+x', '-x', '\tx', '\r=x', "'=x", "''-x", "it's", 'a=b']
    const train = async (from: number, append: boolean): Promise<void> => {
      const logger = new CSVLogger({ path: path('log.csv'), append })
      const logs = Object.fromEntries(names.map((name) => [name, -1]))
      await new Subject().train(
        [logger],
        Array<callbacks.Logs>(2)
          .fill(logs)
          .slice(0, from + 1),
        {
          from,
        },
      )
    }
    await train(0, false)
    const [header, row] = readFileSync(path('log.csv'), 'utf8').split(/\n(?=\d)/)
    expect(header).to.equal(`epoch,step,'=1+1,'@x,'+x,'-x,'\tx,"'\r=x",''=x,'''-x,it's,a=b`)
    expect(row).to.equal(`0,10${',-1'.repeat(names.length)}\n`)
    await train(1, true)
    const again = `1,20${',-1'.repeat(names.length)}\n`
    expect(readFileSync(path('log.csv'), 'utf8')).to.equal(`${header!}\n${row!}${again}`)
  })

  it('goes on with its file, without a line that was cut off', async () => {
    const epochs = epochsOf('loss', [1, 2, 3])
    await new Subject().train([new CSVLogger({ path: path('log.csv') })], epochs.slice(0, 2))
    appendFileSync(path('log.csv'), '2,3')
    const logger = new CSVLogger({ path: path('log.csv'), append: true })
    await new Subject().train([logger], epochs, { from: 2 })
    expect(lines()).to.deep.equal(['epoch,step,loss', '0,10,1', '1,20,2', '2,30,3', ''])
    await new Subject().train([new CSVLogger({ path: path('log.csv') })], epochs.slice(0, 1))
    expect(lines()).to.deep.equal(['epoch,step,loss', '0,10,1', ''])
  })

  it('begins a file that is not there, and tells of one that cannot be', async () => {
    const logger = new CSVLogger({ path: path('log.csv'), append: true })
    await new Subject().train([logger], epochsOf('loss', [1]))
    expect(existsSync(path('log.csv'))).to.equal(true)
    expect(() => new CSVLogger(wrong({ path: 3 }))).to.throw(GradlaneError, /a file name, got 3/)
    expect(() => new CSVLogger({ path: 'x', separator: '"' })).to.throw(GradlaneError, /separator/)
    const lost = new CSVLogger({ path: path('no/log.csv') })
    expect(await failure(new Subject().train([lost], epochsOf('loss', [1])))).to.have.property(
      'code',
      'ENOENT',
    )
  })
})

describe('LearningRateMonitor', () => {
  it('adds the learning rates that an epoch began with', async () => {
    const subject = new Subject()
    const halve: callbacks.Callback = {
      onBatchEnd: ({ optimizer }) => {
        optimizer.paramGroups[0]!.lr /= 2
      },
    }
    const logs = await subject.train([halve, new LearningRateMonitor()], epochsOf('loss', [1, 2]))
    expect(logs).to.deep.equal([
      { loss: 1, lr: 0.5 },
      { loss: 2, lr: 0.25 },
    ])
    const [first] = await subject.train([new LearningRateMonitor()], [{}])
    expect(first).to.deep.equal({ lr: 0.125 })
  })

  it('names the groups', () => {
    const context = {
      ...new Subject().context(),
      optimizer: wrong({ paramGroups: [{ lr: 1 }, { lr: 2, name: 'head' }] }),
    }
    const monitor = new LearningRateMonitor()
    const logs = {}
    monitor.onEpochBegin(context)
    monitor.onEpochEnd({ ...context, logs })
    expect(logs).to.deep.equal({ lr0: 1, 'lr.head': 2 })
  })
})
