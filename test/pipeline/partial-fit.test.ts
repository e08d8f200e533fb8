import { expect } from 'chai'

import {
  data,
  type GradlaneError,
  io,
  manualSeed,
  nn,
  OnlineTrainer,
  optim,
  PageHinkley,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { rejection } from '../train/setting.js'
import { flowers, houses } from './rows.js'

const small = (inputs: number, outputs: number): nn.Module =>
  new nn.Sequential(new nn.Linear(inputs, 8), new nn.ReLU(), new nn.Linear(8, outputs))

const columns = () =>
  new data.ColumnTransformer({
    size: [new data.SimpleImputer(), new data.StandardScaler()],
    district: new data.OneHotEncoder(),
  })

async function fitted(options: Partial<data.PipelineOptions> = {}): Promise<data.Pipeline> {
  manualSeed(1)
  const model = new data.Pipeline({
    target: 'price',
    columns: columns(),
    network: small,
    ...options,
  })
  await model.fit(houses(), { epochs: 2 })
  return model
}

const row = { size: 80, district: 'north' }
const sold = { ...row, price: 900_000 }

/** What a model answers, and its file: all that a change would show in. */
const stateOf = (model: data.Pipeline) => [model.predict(houses()), model.toBuffer()]

describe('Pipeline.partialFit', () => {
  eachBackend(() => {
    it('learns as an OnlineTrainer does from what columns and target become, bit for bit', async () => {
      const model = await fitted()
      const twin = io.modelFromBuffer(io.modelToBuffer(model.network!))
      const online = new OnlineTrainer(twin, {
        criterion: new nn.MSELoss(),
        optimizer: (parameters) => new optim.Adam(parameters, { lr: 0.01 }),
        batchSize: 2,
      })
      const target = new data.TargetScaler().fit(houses().column('price'))
      const table = houses(7)
      const parts = [table.slice(0, 3), table.slice(3, 7).toRows(), table.row(0)] as const
      for (const [i, part] of parts.entries()) {
        const given = part instanceof data.Table ? part : data.Table.fromRows([part].flat())
        const result = await model.partialFit(part, { lr: 0.01, batchSize: 2 })
        const expected = await online.partialFit(
          model.columns!.transform(given),
          target.transform(given.column('price')),
        )
        expect(result, `part ${i}`).to.deep.equal({ ...expected, unseen: [], shifted: [] })
        expect(model.network!.stateDict()).to.deep.equal(twin.stateDict())
      }
      expect(model.describe().training.partialFitRows).to.equal(8)
    })

    it('goes on with classes, by their names', async () => {
      manualSeed(1)
      const model = new data.Pipeline({ target: 'kind', network: small })
      await model.fit(flowers().drop(['note']), { epochs: 1 })
      const flower = { width: null, height: 12, colour: 'white' }
      const before = model.predictProba(flower)['rose']!
      for (let i = 0; i < 30; i++) await model.partialFit({ ...flower, kind: 'rose' }, { lr: 0.01 })
      expect(model.predictProba(flower)['rose']).to.be.above(before).and.above(0.5)
      const shares = model.predictProba(flower)
      const error = await rejection(model.partialFit({ ...flower, kind: 'tulip' }))
      expect(String(error)).to.include("row 0 of the target to be one of ['daisy', 'rose']")
      expect(model.predictProba(flower)).to.deep.equal(shares)
    })
  })

  it('answers by what it was before or after the rows, in the order of the calls', async () => {
    const model = await fitted()
    const table = houses(40)
    const states = [model.predict(row)]
    const calls = Array.from({ length: 4 }, async () => {
      await model.partialFit(table, { lr: 0.01 })
      states.push(model.predict(row))
    })
    const between: unknown[] = []
    const run = { over: false }
    const all = Promise.all(calls).finally(() => (run.over = true))
    while (!run.over) {
      between.push(model.predict(row))
      await new Promise(setImmediate)
    }
    await all
    expect(new Set(states).size).to.equal(5)
    for (const answer of between) expect(states).to.include(answer)
  })

  it('evaluates what it was when it was asked, however it learns meanwhile', async () => {
    const model = await fitted()
    await model.partialFit(sold)
    const expected = await model.evaluate(houses())
    const evaluation = model.evaluate(houses())
    for (let i = 0; i < 20; i++) void model.partialFit(sold)
    expect(await evaluation).to.deep.equal(expected)
    await model.partialFit(sold)
    expect(await model.evaluate(houses())).to.not.deep.equal(expected)
  })

  it('tells categories that it does not know, and fills gaps as the fit said', async () => {
    const model = await fitted()
    const given = [
      { ...sold, district: 'harbour' },
      { ...sold, district: 'hill', size: null },
      { ...sold, district: 'harbour' },
      { ...sold, district: null },
      sold,
    ]
    const { unseen, rows } = await model.partialFit(given)
    expect(rows).to.equal(5)
    expect(unseen).to.deep.equal([
      { column: 'district', category: 'harbour', rows: 2 },
      { column: 'district', category: 'hill', rows: 1 },
    ])
    expect(model.predict({ size: 80, district: 'harbour' })).to.be.a('number')
  })

  it('tells columns whose values are no longer those of the training, by their names', async () => {
    const model = await fitted({ columns: undefined })
    const options = { stabilityRows: 100 }
    const usual = await model.partialFit(houses(130).slice(30), options)
    expect(usual.shifted).to.deep.equal([])
    const larger = Array.from(houses(100), (house) => ({
      ...house,
      size: (house['size'] as number) + 60,
    }))
    const { shifted } = await model.partialFit(larger, options)
    expect(shifted.map(({ column }) => column)).to.deep.equal(['size'])
    const sizes = (rows: data.Table | readonly data.Row[]) =>
      Array.from(rows, ({ size }) => size as number)
    const index = data.populationStability(sizes(houses()), sizes(larger))
    expect(shifted[0]!.stability).to.be.closeTo(index, 1e-9)

    const gone = Array.from(houses(100), (house) => ({ ...house, district: null, garden: false }))
    const after = (await model.partialFit(gone)).shifted.map(({ column }) => column)
    expect(after).to.deep.equal(['district', 'garden'])
    const usualAgain = await model.partialFit(houses(130).slice(30))
    expect(usualAgain.shifted).to.deep.equal([])
  })

  it('tells of a loss that rises, and goes back to what was kept', async () => {
    const model = await fitted()
    const drift = () => new PageHinkley({ threshold: 2, minInstances: 10 })
    const options = { snapshotEvery: 0, lr: 0.01 }
    await model.partialFit(houses(), { ...options, drift: drift() })
    await model.snapshot()
    const kept = stateOf(model)[0]
    let alarm = false
    for (let i = 0; i < 40 && !alarm; i++) {
      const result = await model.partialFit(sold, { ...options, drift: drift() })
      alarm = result.drift
    }
    expect(alarm).to.equal(true)
    expect(stateOf(model)[0]).to.not.deep.equal(kept)
    await model.rollback()
    expect(stateOf(model)[0]).to.deep.equal(kept)
  })

  it('keeps what it learned in its file, and goes on from there', async () => {
    const model = await fitted({ network: undefined })
    await model.partialFit(houses(50))
    const again = data.Pipeline.fromBuffer(model.toBuffer())
    expect(again.predict(houses())).to.deep.equal(model.predict(houses()))
    expect(again.describe()).to.deep.equal(model.describe())
    await again.partialFit(houses(3))
    expect(again.describe().training.partialFitRows).to.equal(53)
    await again.fit(houses(), { epochs: 1 })
    expect(again.describe().training).to.not.have.property('partialFitRows')
  })

  it('goes on where its network was code, but not where its criterion was', async () => {
    const own = data.Pipeline.fromBuffer((await fitted()).toBuffer())
    const before = own.predict(row)
    await own.partialFit(sold)
    expect(own.predict(row)).to.not.equal(before)
    const lost = data.Pipeline.fromBuffer((await fitted({ criterion: new nn.L1Loss() })).toBuffer())
    expect(String(await rejection(lost.partialFit(sold)))).to.include('does not hold its criterion')
  })

  it('holds to the options of the first call until the next fit', async () => {
    const model = await fitted()
    const optimizer = (parameters: nn.Parameter[]) => new optim.SGD(parameters, { lr: 0 })
    const both = await rejection(model.partialFit(sold, { lr: 1, optimizer }))
    expect(String(both)).to.include('lr and an optimizer of your own exclude each other')
    const before = stateOf(model)
    await model.partialFit(sold, { optimizer, replay: 5 })
    expect(stateOf(model)[0]).to.deep.equal(before[0])
    await model.partialFit(sold)
    await model.partialFit(sold, { optimizer, replay: 5 })
    const error = await rejection(model.partialFit(sold, { replay: 6 }))
    expect(error).to.have.property('code', 'ERR_VALUE')
    expect(String(error)).to.include('got another replay and optimizer')
    await model.fit(houses(), { epochs: 1 })
    await model.partialFit(sold, { replay: 6 })
  })

  it('answers by the new network once it was fitted again', async () => {
    const model = await fitted()
    await model.partialFit(houses(10))
    manualSeed(1)
    const fitting = model.fit(houses(), { epochs: 2 })
    await model.partialFit(sold)
    await fitting
    expect(model.predict(houses())).to.deep.equal((await fitted()).predict(houses()))
  })

  it('refuses what it cannot learn from, and is as it was', async () => {
    const model = await fitted()
    await model.partialFit(houses(3))
    const before = stateOf(model)
    const cases: readonly (readonly [
      what: string,
      rows: unknown,
      code: string,
      message: RegExp,
    ])[] = [
      ['no target', row, 'ERR_VALUE', /row 0 to be with a value for column 'price'/],
      [
        'a gap for a target',
        [sold, { ...row, price: null }],
        'ERR_VALUE',
        /the first of them row 1/,
      ],
      ['an infinite target', { ...row, price: Infinity }, 'ERR_NOT_FINITE', /row 0 of the target/],
      ['a word for the target', { ...row, price: 'much' }, 'ERR_VALUE', /row 0 of column 'price'/],
      ['a missing key', { size: 1, price: 2 }, 'ERR_VALUE', /'district'/],
      ['a further key', { ...sold, pool: true }, 'ERR_VALUE', /'pool'/],
      ['a word for a number', { ...sold, size: 'large' }, 'ERR_VALUE', /'size' to be a number/],
      ['an infinite number', [sold, { ...sold, size: Infinity }], 'ERR_VALUE', /row 1 of size/],
      ['no rows', [], 'ERR_VALUE', /at least one row/],
      ['a table without the target', houses().drop(['price']), 'ERR_VALUE', /'price'/],
      ['nothing', undefined, 'ERR_VALUE', /an object/],
    ]
    for (const [what, rows, code, message] of cases) {
      const error = (await rejection(model.partialFit(rows as data.Row))) as GradlaneError
      expect(String(error), what).to.match(message)
      expect(error.code, what).to.equal(code)
      expect(stateOf(model), what).to.deep.equal(before)
    }
    const unfitted = new data.Pipeline({ target: 'price' })
    for (const call of [
      () => unfitted.partialFit(sold),
      () => unfitted.snapshot(),
      () => unfitted.rollback(),
    ]) {
      const error = (await rejection(call())) as GradlaneError
      expect(error.code).to.equal('ERR_VALUE')
      expect(error.message).to.include('await fit first')
    }
    // The loss overflows: the state that was kept is that of the fit.
    const fresh = await fitted()
    const first = fresh.predict(houses())
    const error = await rejection(fresh.partialFit({ ...row, price: 1e30 }, { lr: 1 }))
    expect(error).to.have.property('code', 'ERR_NOT_FINITE')
    expect(fresh.predict(houses())).to.deep.equal(first)
  })
})
