import { expect } from 'chai'

import {
  callbacks,
  data,
  historyOf,
  manualSeed,
  metrics,
  nn,
  optim,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { rejection } from '../train/setting.js'
import { flowers, houses, range } from './rows.js'

const small = (inputs: number, outputs: number): nn.Module =>
  new nn.Sequential(new nn.Linear(inputs, 8), new nn.ReLU(), new nn.Linear(8, outputs))

const flowerColumns = () =>
  new data.ColumnTransformer({
    width: [new data.SimpleImputer(), new data.StandardScaler()],
    height: new data.StandardScaler(),
    colour: new data.OneHotEncoder({ handleUnknown: 'ignore' }),
  })

const row = { width: 4.8, height: 15, colour: 'red' }

describe('Pipeline', () => {
  eachBackend(() => {
    beforeEach(() => {
      manualSeed(1)
    })

    it('answers with the names of classes, one for a row and many for many', async () => {
      const model = new data.Pipeline({
        columns: flowerColumns(),
        network: small,
        target: 'kind',
        lr: 0.02,
      })
      expect(model.isFitted).to.equal(false)
      const table = flowers()
      const history = await model.fit(table, { epochs: 20, validationSplit: 0.2 })
      expect(history.last).to.have.all.keys('loss', 'accuracy', 'valLoss', 'valAccuracy')
      expect(history.mode).to.equal('captured')
      expect(model.history).to.equal(history)
      expect(model.task).to.equal('classification')
      expect(model.classes).to.deep.equal(['daisy', 'rose'])

      expect(model.predict(row)).to.equal('rose')
      expect(model.predict([row, { width: 2, height: 10, colour: null }])).to.deep.equal([
        'rose',
        'daisy',
      ])
      expect(model.predict([])).to.deep.equal([])
      const answers = model.predict(table)
      const right = answers.filter((answer, i) => answer === table.column('kind').get(i))
      expect(right.length).to.be.at.least(0.95 * table.length)
      const { loss, accuracy, f1 } = await model.evaluate(table)
      expect(accuracy).to.equal(right.length / table.length)
      expect(f1).to.be.within(0.9, 1)
      expect(loss).to.be.within(0, 0.4)
    })

    it('gives the shares of the classes by name', async () => {
      const model = new data.Pipeline({ columns: flowerColumns(), network: small, target: 'kind' })
      await model.fit(flowers(), { epochs: 2 })
      const shares = model.predictProba(row)
      expect(Object.keys(shares)).to.deep.equal(['daisy', 'rose'])
      expect(shares['daisy']! + shares['rose']!).to.be.closeTo(1, 1e-15)
      const [best] = Object.entries(shares).sort(([, a], [, b]) => b - a)[0]!
      expect(best).to.equal(model.predict(row))
      // One row takes another path through the matrix product, and rounds differently.
      for (const again of model.predictProba([row, row]))
        for (const [name, share] of Object.entries(again))
          expect(share).to.be.closeTo(shares[name]!, 1e-6)
    })

    it('answers in the unit of a number, and measures errors in it', async () => {
      const table = houses()
      const model = new data.Pipeline({ target: 'price', network: small, lr: 0.03 })
      await model.fit(table.slice(0, 120), { epochs: 40 })
      expect(model.task).to.equal('regression')
      expect(model.classes).to.equal(null)
      const test = table.slice(120)
      const answers = model.predict(test) as number[]
      const prices = test.column('price')
      const misses = answers.map((answer, i) => answer - (prices.get(i) as number))
      const mean = (values: number[]) =>
        values.reduce((sum, value) => sum + value, 0) / values.length
      const { r2, mae, rmse } = await model.evaluate(test)
      // The metrics add float32 numbers of up to 7 digits.
      expect(mae).to.be.closeTo(mean(misses.map(Math.abs)), 1)
      expect(rmse).to.be.closeTo(Math.sqrt(mean(misses.map((miss) => miss ** 2))), 1)
      expect(r2).to.be.above(0.9)
      expect(() => model.predictProba({ size: 80, district: 'north', garden: true })).to.throw(
        ValueError,
        'expected the target to be of classes, got numbers',
      )
    })

    it('learns the same from the same seed, bit for bit', async () => {
      const shares = async () => {
        manualSeed(5)
        const model = new data.Pipeline({
          columns: flowerColumns(),
          network: small,
          target: 'kind',
        })
        await model.fit(flowers(), { epochs: 3, validationSplit: 0.25 })
        return model.predictProba(flowers())
      }
      expect(await shares()).to.deep.equal(await shares())
    })

    it('learns nothing from the rows that are held out', async () => {
      const table = houses(60)
      const odd = table.slice(40).with('size', new Float64Array(20).fill(1e6))
      const model = new data.Pipeline({
        columns: new data.ColumnTransformer({ size: new data.StandardScaler() }),
        network: small,
        target: 'price',
      })
      await model.fit(table.slice(0, 40), { epochs: 1, validation: odd })
      const alone = new data.StandardScaler().fit(table.slice(0, 40).column('size'))
      const sizes = table.column('size')
      const expected = alone.transform(sizes).data
      expect(model.columns!.transform(table).data).to.deep.equal(expected)
      const [held] = model.describe().columns
      expect(held).to.include({ name: 'size', type: 'number', gaps: 0 })
      expect(held).to.have.property('max').below(1000)

      // As many of each class on both sides, and the target's scale from the training part alone.
      await model.fit(table, { epochs: 1, validationSplit: 0.25 })
      expect(model.describe().training).to.include({ rows: 45, validationRows: 15, epochs: 1 })
      const kinds = new data.Pipeline({ columns: flowerColumns(), network: small, target: 'kind' })
      await kinds.fit(flowers(30), { epochs: 1, validationSplit: 0.2 })
      expect(kinds.describe().training).to.include({ rows: 24, validationRows: 6 })
    })

    it('answers by what it had learned while it is fitted again, and if that fails', async () => {
      const model = new data.Pipeline({ columns: flowerColumns(), network: small, target: 'kind' })
      await model.fit(flowers(), { epochs: 2 })
      const before = model.predictProba(row)
      const [network, history] = [model.network, model.history]
      const controller = new AbortController()
      const during: data.Shares[] = []
      const watch = {
        onEpochEnd: ({ epoch }: { epoch: number }) => {
          during.push(model.predictProba(row))
          if (epoch === 1) controller.abort(new Error('enough'))
        },
      }
      const { signal } = controller
      const again = model.fit(flowers(), { epochs: 5, callbacks: [watch], signal })
      expect(String(await rejection(model.fit(flowers())))).to.include('being fitted already')
      const error = await rejection(again)
      expect(error).to.have.property('message', 'enough')
      expect(historyOf(error)!.epochs).to.have.length(2)
      expect(during).to.deep.equal([before, before])
      expect(model.predictProba(row)).to.deep.equal(before)
      expect([model.network, model.history]).to.deep.equal([network, history])
      await model.fit(flowers(), { epochs: 1 })
      expect(model.network).to.not.equal(network)
      expect(model.predictProba(row)).to.not.deep.equal(before)
    })

    it('computes in evaluation mode whatever the flags of the network are', async () => {
      const network = (inputs: number, outputs: number) =>
        new nn.Sequential(new nn.Dropout(0.9), new nn.Linear(inputs, outputs))
      const model = new data.Pipeline({ columns: flowerColumns(), network, target: 'kind' })
      await model.fit(flowers(), { epochs: 1 })
      expect(model.network!.training).to.equal(false)
      const before = model.predictProba(row)
      model.network!.train()
      expect(model.predictProba(row)).to.deep.equal(before)
      expect(model.network!.training).to.equal(true)
    })

    it('passes on what fit takes, and makes what its options say', async () => {
      const made: optim.SGD[] = []
      const model = new data.Pipeline({
        columns: flowerColumns(),
        network: small,
        target: 'kind',
        criterion: new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }),
        optimizer: (parameters) => (made[made.length] = new optim.SGD(parameters, { lr: 0.5 })),
        scheduler: (optimizer, epochs) => new optim.LinearLR(optimizer, { totalIters: epochs }),
        batchSize: 10,
      })
      const stopping = new callbacks.EarlyStopping({ patience: 2 })
      const history = await model.fit(flowers(60), {
        epochs: 4,
        validationSplit: 0.2,
        callbacks: [stopping],
        metrics: ['accuracy', new metrics.F1()],
        clipGradNorm: 1,
        details: false,
      })
      expect(history.last).to.include.keys('valF1', 'gradNorm')
      expect(history.facts).to.include({ optimizer: 'SGD', scheduler: 'LinearLR', batchSize: 10 })
      expect(made).to.have.length(1)
      expect(history.epochs.map(({ lr }) => lr / 0.5)[1]).to.be.closeTo(1 / 3 + 2 / 3 / 4, 1e-6)
    })

    it('weighs classes', async () => {
      const tilted = async (classWeights?: data.ClassWeights) => {
        manualSeed(2)
        const model = new data.Pipeline({
          columns: flowerColumns(),
          network: small,
          target: 'kind',
        })
        await model.fit(flowers(), { epochs: 1, classWeights })
        return model.predictProba({ width: null, height: 13, colour: null })['rose']!
      }
      const plain = await tilted()
      expect(await tilted({ rose: 1, daisy: 1 })).to.be.closeTo(plain, 1e-6)
      expect(await tilted({ rose: 50, daisy: 1 })).to.be.above(plain)
      expect(await tilted('balanced')).to.be.closeTo(
        await tilted({ rose: 120 / 80, daisy: 120 / 160 }),
        1e-6,
      )
    })

    it('chooses columns, network and the rest by itself', async () => {
      const model = new data.Pipeline({ target: 'kind' })
      const history = await model.fit(flowers().drop(['note']), { epochs: 12 })
      expect(model.columns!.columnNames).to.deep.equal(['width', 'height', 'colour'])
      expect(history.outcome).to.equal('completed')
      expect(model.predict(row)).to.equal('rose')
      expect(model.predict({ ...row, kind: 'daisy' } as typeof row)).to.equal('rose')
    })

    it('takes numbers for classes where they are, and answers with them', async () => {
      const table = flowers().with(
        'kind',
        Float64Array.from(range(0, 120), (i) => (i % 3 ? 5 : 7)),
      )
      const model = new data.Pipeline({ columns: flowerColumns(), network: small, target: 'kind' })
      await model.fit(table, { epochs: 2 })
      expect(model.classes).to.deep.equal([5, 7])
      expect(model.predict(row)).to.be.oneOf([5, 7])
      const regression = new data.Pipeline({
        columns: flowerColumns(),
        network: small,
        target: 'kind',
        task: 'regression',
      })
      await regression.fit(table, { epochs: 1 })
      expect(regression.classes).to.equal(null)
    })

    it('learns vectors of categories', async () => {
      const columns = new data.ColumnTransformer({
        district: new data.EmbeddingEncoder(),
        size: new data.StandardScaler(),
      })
      const widths: number[] = []
      const network = (inputs: number, outputs: number) => {
        widths.push(inputs)
        return small(inputs, outputs)
      }
      const model = new data.Pipeline({ columns, network, target: 'price', lr: 0.03 })
      await model.fit(houses(), { epochs: 20 })
      const { embeddingDim } = model.columns!.embeddings[0]!
      expect(widths).to.deep.equal([1 + embeddingDim])
      expect((await model.evaluate(houses()))['r2']).to.be.above(0.8)
      const row = { district: 'north', size: 100 }
      const again = data.Pipeline.fromBuffer(model.toBuffer())
      expect(again.predict(row)).to.equal(model.predict(row))
    })

    it('tells what it is', async () => {
      const model = new data.Pipeline({ columns: flowerColumns(), network: small, target: 'kind' })
      expect(String(model)).to.equal("Pipeline(target 'kind', not fitted)")
      await model.fit(flowers(), { epochs: 2 })
      expect(String(model)).to.include("target: 'kind', classification, one of 'daisy', 'rose'")
      const description = model.describe()
      expect(JSON.parse(JSON.stringify(description))).to.deep.equal(description)
      expect(description.columns.map(({ name, type }) => [name, type])).to.deep.equal([
        ['width', 'number'],
        ['height', 'number'],
        ['colour', 'category'],
      ])
      expect(description).to.deep.include({ target: 'kind', task: 'classification' })
      expect(description.features[0]).to.equal('width')
      expect(description.parameters).to.equal(8 * (description.features.length + 1) + 2 * 9)
    })
  })
})
