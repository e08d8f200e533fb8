import { expect } from 'chai'

import { data, Generator, manualSeed, nn } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { flowers, houses } from './rows.js'

const U = 2 ** -24 // rounding of float32

const net = (inputs: number, outputs: number): nn.Sequential =>
  new nn.Sequential(new nn.Linear(inputs, 16), new nn.ReLU(), new nn.Linear(16, outputs))

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

describe('Pipeline.explain', () => {
  eachBackend(() => {
    beforeEach(() => {
      manualSeed(4)
    })

    it('adds up to the prediction minus that of the baseline', async () => {
      const table = houses()
      const model = new data.Pipeline({ target: 'price', network: net, lr: 0.03 })
      await model.fit(table, { epochs: 10 })
      const [hidden, , last] = model.network!.children()
      const { columns } = model
      const scale = new data.TargetScaler().fit(table.column('price')).scale
      for (const row of table.slice(0, 8).toRows()) {
        const { value, baseline, contributions, remainder, answer } = model.explain(row, {
          tolerance: 1e-9,
        })
        expect(answer).to.equal(model.predict(row))
        expect(value).to.be.closeTo(answer as number, 8 * U * Math.abs(value))
        expect(baseline.value).to.be.closeTo(model.predict([baseline.row])[0] as number, 0.1)
        const sum = total(contributions.map(({ contribution }) => contribution))
        expect(remainder).to.be.closeTo(value - baseline.value - sum, 1e-9 * Math.abs(value))
        // Along the way each hidden unit bends the output once at most, by |v · (w · d)|: the midpoint
        // rule of m steps is off by these bends / 2m at most, and by what float32 rounds.
        const way = columns!
          .transform(row)
          .data.map((end, i) => end - columns!.transform(baseline.row as data.Row).data[i]!)
        const reach = Array.from({ length: 16 }, (_, unit) => {
          const weights = Array.from((hidden as nn.Linear).weight.select(0, unit).data)
          const bend = total(weights.map((weight, i) => weight * way[i]!))
          return Math.abs(bend * (last as nn.Linear).weight.data[unit]!)
        })
        const most = Math.abs(value) + Math.abs(baseline.value) + scale * total(reach)
        const rounding = 64 * U * most
        expect(Math.abs(remainder)).to.be.at.most((scale * total(reach)) / (2 * 1024) + rounding)
      }
    })

    it('is exact for a linear network', async () => {
      const model = new data.Pipeline({
        target: 'price',
        network: (inputs, outputs) => new nn.Linear(inputs, outputs),
      })
      const table = houses()
      await model.fit(table, { epochs: 3 })
      const row = { size: 150, district: 'south', garden: true }
      const { contributions, value, baseline, remainder } = model.explain(row)
      expect(Math.abs(remainder)).to.be.at.most(
        64 * U * (Math.abs(value) + Math.abs(baseline.value)),
      )
      // One column moved alone moves the answer by its contribution.
      for (const { column, contribution } of contributions) {
        const moved = { ...row, [column]: (baseline.row as data.Row)[column]! }
        const difference = value - (model.predict(moved) as number)
        expect(contribution).to.be.closeTo(difference, 64 * U * Math.abs(value) + 1e-6)
      }
      const sizes = contributions.map(({ contribution }) => Math.abs(contribution))
      expect(sizes).to.deep.equal([...sizes].sort((a, b) => b - a))
      expect(baseline.row['size']).to.be.closeTo(
        total([...(table.column('size') as data.NumberColumn).values]) / 160,
        1e-9,
      )
    })

    it('goes from vector to vector where categories have them', async () => {
      const columns = new data.ColumnTransformer({
        garden: new data.EmbeddingEncoder({ embeddingDim: 3 }),
        size: [new data.SimpleImputer({ addIndicator: true }), new data.StandardScaler()],
        district: new data.EmbeddingEncoder(),
      })
      const table = houses()
      const row = { garden: false, size: 150, district: 'south' } // no usual garden
      // Behind the vectors all is linear: a column moved alone moves the answer by its contribution.
      const linear = (inputs: number, outputs: number) => new nn.Linear(inputs, outputs)
      const model = new data.Pipeline({ target: 'price', columns, network: linear, lr: 0.03 })
      await model.fit(table, { epochs: 3 })
      const { contributions, value, baseline, remainder } = model.explain(row)
      const rounding = 64 * U * (Math.abs(value) + Math.abs(baseline.value))
      expect(Math.abs(remainder)).to.be.at.most(rounding)
      expect(contributions.map(({ column }) => column)).to.have.members(columns.columnNames)
      for (const { column, contribution } of contributions) {
        const moved = { ...row, [column]: (baseline.row as data.Row)[column]! }
        expect(contribution).to.be.closeTo(value - (model.predict(moved) as number), rounding)
        expect(contribution).to.not.equal(0)
      }
      const again = data.Pipeline.fromBuffer(model.toBuffer())
      expect(again.explain(row)).to.deep.equal(model.explain(row))

      const deep = new data.Pipeline({ target: 'price', columns, network: net, lr: 0.03 })
      await deep.fit(table, { epochs: 5 })
      const explanation = deep.explain({ ...row, district: 'nowhere' })
      const sum = total(explanation.contributions.map(({ contribution }) => contribution))
      const difference = explanation.value - explanation.baseline.value
      expect(sum + explanation.remainder).to.be.closeTo(difference, 1e-9 * Math.abs(difference))
      expect(Math.abs(explanation.remainder)).to.be.at.most(2e-3 * Math.abs(difference))
    })

    it('tells of the share of a class, the predicted one by itself', async () => {
      const model = new data.Pipeline({ target: 'kind', network: net, lr: 0.03 })
      const table = flowers().drop(['note'])
      await model.fit(table, { epochs: 10 })
      for (const row of table.slice(0, 6).toRows()) {
        const explanation = model.explain(row)
        const { value, baseline, contributions, remainder } = explanation
        const shares = model.predictProba(row)
        expect(explanation.answer).to.equal(model.predict(row))
        expect(explanation.class).to.equal(explanation.answer)
        expect(value).to.be.closeTo(shares[explanation.answer]!, 64 * U)
        const sum = total(contributions.map(({ contribution }) => contribution))
        expect(sum + remainder).to.be.closeTo(value - baseline.value, 1e-12)
        expect(Math.abs(remainder)).to.be.at.most(1e-3 * Math.abs(value - baseline.value) + 1e-4)
        expect(contributions.map(({ column }) => column)).to.have.members(
          table.columnNames.slice(0, 3),
        )
        // Of two classes what one gains the other loses.
        const of = (name: string) => {
          const all = model.explain(row, { class: name }).contributions
          return new Map(all.map(({ column, contribution }) => [column, contribution]))
        }
        const [roses, daisies] = [of('rose'), of('daisy')]
        for (const [column, gain] of roses) expect(daisies.get(column)).to.be.closeTo(-gain, 1e-5)
      }
    })

    it("compares with a row of one's own, and with itself gives nothing", async () => {
      const model = new data.Pipeline({ target: 'price', network: net })
      await model.fit(houses(), { epochs: 2 })
      const row = { size: 150, district: 'south', garden: true }
      const same = model.explain(row, { baseline: row })
      expect(same.contributions.map(({ contribution }) => contribution)).to.deep.equal([0, 0, 0])
      expect(same.remainder).to.equal(0)
      const other = model.explain(row, { baseline: { ...row, size: 50 } })
      expect(other.contributions[0]!.column).to.equal('size')
      expect(other.contributions.slice(1).map(({ contribution }) => contribution)).to.deep.equal([
        0, 0,
      ])
    })

    it('leaves the network as it was', async () => {
      const network = (inputs: number, outputs: number) =>
        new nn.Sequential(
          new nn.BatchNorm1d(inputs),
          new nn.Dropout(0.5),
          new nn.Linear(inputs, outputs),
        )
      const model = new data.Pipeline({ target: 'price', network })
      await model.fit(houses(), { epochs: 1 })
      const row = { size: 150, district: 'south', garden: true }
      const state = () =>
        Object.entries(model.network!.stateDict()).map(([key, { data }]) => [key, [...data]])
      const [before, answer] = [state(), model.predict(row)]
      const grads = model.network!.parameters().map(({ grad }) => grad)
      model.explain(row)
      expect(state()).to.deep.equal(before)
      expect(model.network!.parameters().map(({ grad }) => grad)).to.deep.equal(grads)
      expect(model.predict(row)).to.equal(answer)
    })
  })
})

describe('permutationImportance', () => {
  eachBackend(() => {
    it('finds the columns that matter, most important first', async () => {
      manualSeed(2)
      const table = flowers()
      const model = new data.Pipeline({ target: 'kind', network: net, lr: 0.03 })
      await model.fit(table.drop(['note']), { epochs: 20 })
      const generator = () => new Generator(9)
      const importance = await data.permutationImportance(model, table, {
        repeats: 4,
        generator: generator(),
      })
      const { accuracy } = await model.evaluate(table.drop(['note']))
      expect(importance).to.include({ metric: 'accuracy', score: accuracy, rows: 120, repeats: 4 })
      const sizes = importance.columns.map((column) => column.importance)
      expect(sizes).to.deep.equal([...sizes].sort((a, b) => b - a))
      expect(importance.columns[0]).to.include({ name: 'width' })
      expect(importance.columns[0]!.importance).to.be.within(0.05, 1)
      const again = await data.permutationImportance(model, table, {
        repeats: 4,
        generator: generator(),
      })
      expect(again).to.deep.equal(importance)
    })

    it('is 0 for a column that is not listened to', async () => {
      const model = new data.Pipeline({ target: 'price', network: net })
      const table = houses().with('nothing', new Float64Array(160).fill(3))
      await model.fit(table, { epochs: 3 })
      const { columns, metric } = await data.permutationImportance(model, table)
      expect(metric).to.equal('r2')
      const nothing = columns.find(({ name }) => name === 'nothing')
      expect(nothing).to.include({ importance: 0, deviation: 0 })
    })

    it('ends when it is told to', async () => {
      const model = new data.Pipeline({ target: 'price', network: net })
      await model.fit(houses(), { epochs: 1 })
      const controller = new AbortController()
      const { signal } = controller
      const run = data.permutationImportance(model, houses(), { repeats: 1000, signal })
      controller.abort(new Error('enough'))
      expect(await run.catch((error: unknown) => error)).to.have.property('message', 'enough')
    })
  })
})
