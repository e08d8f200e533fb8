import { expect } from 'chai'

import {
  callbacks,
  data,
  FormatError,
  manualSeed,
  nn,
  NotFiniteError,
  ShapeError,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const DAY = 86_400_000
const START = Date.UTC(2024, 0, 1)
const quick = { epochs: 8, progress: false }
const wrong = (value: unknown): never => value as never

/** A week that repeats, a trend and a little noise of its own. */
const valueAt = (t: number): number =>
  100 + 0.3 * t + 20 * Math.sin((2 * Math.PI * t) / 7) + Math.sin(t * t)

const rowsOf = (days: number, from = 0): { date: Date; units: number }[] =>
  Array.from({ length: days }, (_, i) => ({
    date: new Date(START + (from + i) * DAY),
    units: valueAt(from + i),
  }))

const sales = (days: number): data.Table => data.Table.fromRows(rowsOf(days))

const options = { time: 'date', target: 'units', horizon: 5 } as const

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error as Error,
  )
}

describe('data.Forecaster', () => {
  eachBackend(() => {
    it('forecasts in three lines, far better than the last season, with intervals that hold', async () => {
      manualSeed(1)
      const model = new data.Forecaster(options)
      await model.fit(sales(200), { progress: false, epochs: 30 })
      const forecasts = model.predict()
      expect(forecasts.map(({ step }) => step)).to.deep.equal([1, 2, 3, 4, 5])
      forecasts.forEach(({ time, value, lower, upper, key }, i) => {
        expect(time).to.deep.equal(new Date(START + (200 + i) * DAY))
        expect(value).to.be.closeTo(valueAt(200 + i), 6)
        expect(lower).to.be.below(value)
        expect(upper).to.be.above(value)
        expect(key).to.equal(null)
      })
      expect([model.season, model.past, model.horizon]).to.deep.equal([7, 14, 5])
      const [wide, narrow] = [0.95, 0.5].map((coverage) => model.predict(null, { coverage })[0]!)
      expect(wide!.upper - wide!.lower).to.be.above(narrow!.upper - narrow!.lower)
    })

    it('learns from rows that follow, and forecasts from there', async () => {
      manualSeed(3)
      const model = new data.Forecaster(options)
      await model.fit(sales(100), quick)
      const before = model.predict()
      const weights = model.network!.parameters()[0]!.data[0]
      const { steps, windows, loss } = await model.partialFit(rowsOf(1, 100)[0]!)
      expect([steps, windows]).to.deep.equal([1, 1])
      expect(loss).to.be.above(0)
      expect(model.network!.parameters()[0]!.data[0]).to.not.equal(weights)
      expect(model.predict()[0]!.time).to.deep.equal(before[1]!.time)
      const more = await model.partialFit(rowsOf(4, 103))
      expect([more.steps, more.windows]).to.deep.equal([6, 6]) // two of them filled
      expect(model.predict()[0]!.time).to.deep.equal(new Date(START + 107 * DAY))
      const late = await failure(model.partialFit(rowsOf(1, 50)))
      expect(late).to.be.instanceOf(ValueError)
      expect(late.message).to.include('2024-04-17T00:00:00.000Z or whole steps of a day later')
      expect(model.predict()[0]!.time).to.deep.equal(new Date(START + 107 * DAY))
    })

    it('gives the latest values that it knows, without those that were filled', async () => {
      manualSeed(3)
      const model = new data.Forecaster({ ...options, past: 10 })
      expect(() => model.recent()).to.throw(ValueError, 'fit first')
      await model.fit(sales(100), quick)
      await model.partialFit(rowsOf(2, 102)) // days 100 and 101 are filled
      const recent = model.recent()
      expect(recent).to.have.length(13)
      expect(recent[0]).to.deep.equal({ key: null, time: new Date(START + 89 * DAY), step: -14, actual: valueAt(89) }) // prettier-ignore
      expect(recent.slice(-3).map(({ step }) => step)).to.deep.equal([-4, -1, 0])
      expect(recent.at(-1)!.actual).to.equal(valueAt(103))
      const forecasts = [...recent, ...model.predict()]
      const page = await model.history!.toHTML({ forecasts })
      expect(page.match(/<path class="came"/g)).to.have.length(2)
      expect(page.match(/<path class="forecast"/g)).to.have.length(1)
    })

    it('saves and loads itself whole', async () => {
      manualSeed(4)
      const model = new data.Forecaster({ ...options, past: 10 })
      await model.fit(sales(90), quick)
      const bytes = model.toBuffer()
      const again = await data.Forecaster.load(bytes)
      expect(again.predict()).to.deep.equal(model.predict())
      expect(again.describe()).to.deep.equal(model.describe())
      const { network, parameters, ...described } = model.describe()
      expect(described).to.deep.equal({
        time: 'date',
        target: 'units',
        key: null,
        covariates: [],
        known: [],
        horizon: 5,
        past: 10,
        season: 7,
        frequency: 'a day',
        dates: true,
        series: [{ key: null, until: new Date(START + 89 * DAY).toISOString() }],
        measured: 20,
      })
      expect(network).to.equal(String(model.network))
      expect(parameters).to.be.above(64)
      await again.partialFit(rowsOf(2, 90))
      await again.fit(sales(80), quick)
      const pipeline = await failure(data.Pipeline.load(bytes))
      expect(pipeline).to.be.instanceOf(FormatError)
      const { io } = await import('../../ts/index.js')
      const other = await failure(data.Forecaster.load(io.modelToBuffer(new nn.Linear(2, 2))))
      expect(other).to.be.instanceOf(FormatError)
      expect(await failure(data.Forecaster.load(bytes.subarray(0, -9)))).to.be.instanceOf(FormatError) // prettier-ignore
    })

    it('learns from several series at once, each in its own scale', async () => {
      manualSeed(5)
      const rows = rowsOf(90).flatMap(({ date, units }, i) => [
        { date, units, shop: '__proto__' },
        { date: new Date(date.getTime() + 7 * DAY), units: 1000 * valueAt(i), shop: 'b' },
      ])
      const model = new data.Forecaster({ ...options, key: 'shop' })
      await model.fit(data.Table.fromRows(rows.reverse()), quick)
      const forecasts = model.predict()
      expect(forecasts).to.have.length(10)
      const first = (key: string) => forecasts.find((each) => each.key === key)!
      expect(first('b').time).to.deep.equal(new Date(START + 97 * DAY))
      expect(first('__proto__').time).to.deep.equal(new Date(START + 90 * DAY))
      expect(first('b').value / first('__proto__').value).to.be.closeTo(1000, 30)
      expect((await data.Forecaster.load(model.toBuffer())).predict()).to.deep.equal(forecasts)
      const rest = rowsOf(20).map((row) => ({ ...row, shop: 'c' }))
      expect(() => model.predict(rest)).to.throw(ValueError, "got 'c'")
    })
  })

  it('backtests from several origins, beside persistence and the last season', async () => {
    manualSeed(2)
    const model = new data.Forecaster(options)
    const result = await model.backtest(sales(220), { progress: false, origins: 6 })
    expect(result.forecasts).to.have.length(30)
    expect(result.mase).to.be.below(1)
    expect(result.baselines.seasonalNaive.mase).to.be.above(result.mase)
    expect(result.baselines.persistence.mase).to.be.above(result.mase)
    expect(result.coverage).to.be.within(0.6, 1)
    const inside = result.forecasts.filter(({ actual, lower, upper }) => actual >= lower && actual <= upper) // prettier-ignore
    expect(result.coverage).to.equal(inside.length / 30)
    const errors = result.forecasts.map(({ value, actual }) => Math.abs(value - actual))
    expect(result.mae).to.be.closeTo(errors.reduce((a, b) => a + b) / 30, 1e-9)
    expect(result.forecasts[0]!.actual).to.be.closeTo(valueAt(190), 1e-9)
    expect(model.isFitted).to.equal(false)
    const again = await model.backtest(sales(120), { ...quick, origins: 2, stride: 3, refit: true }) // prettier-ignore
    expect(again.forecasts.map(({ origin }) => origin)).to.deep.equal([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]) // prettier-ignore
    expect(again.forecasts[0]!.time).to.deep.equal(new Date(START + 112 * DAY))
  })

  it('learns from the latest windows, too, which intervals are measured on', async () => {
    manualSeed(11)
    const noise = (t: number): number => (((t * 7919) % 101) - 50) / 50
    const rows = Array.from({ length: 400 }, (_, t) => ({ t, y: Math.exp(t / 80) + noise(t) }))
    const model = new data.Forecaster({ time: 't', target: 'y', horizon: 6, past: 12, network: 'linear' }) // prettier-ignore
    const fitting = { progress: false, epochs: 30, origins: 8 }
    const { mase, coverage } = await model.backtest(data.Table.fromRows(rows), fitting)
    expect(mase).to.be.below(1)
    expect(coverage).to.be.above(0.8)
    const stopping: callbacks.Callback = {
      onEpochEnd: ({ epoch, stop }) => {
        if (epoch === 2) stop('enough')
      },
    }
    const history = await model.fit(data.Table.fromRows(rows), { ...quick, callbacks: [stopping] })
    expect(history.epochs).to.have.length(3)
    expect(model.predict()).to.have.length(6)
  })

  it('uses columns that are known ahead, and asks for them', async () => {
    manualSeed(6)
    const price = (t: number): number => ((t * 7919) % 11) - 5
    const rows = Array.from({ length: 150 }, (_, t) => ({ t, y: 50 + 10 * price(t), price: price(t) })) // prettier-ignore
    const table = data.Table.fromRows(rows)
    const model = new data.Forecaster({ time: 't', target: 'y', horizon: 3, past: 8, known: ['price'] }) // prettier-ignore
    await model.fit(table, { progress: false })
    const future = data.Table.fromRows([150, 151, 152].map((t) => ({ t, price: price(t) })))
    const forecasts = model.predict(null, { future })
    expect(forecasts.map(({ time }) => time)).to.deep.equal([150, 151, 152])
    for (const { time, value } of forecasts)
      expect(value).to.be.closeTo(50 + 10 * price(time as number), 15)
    expect(() => model.predict()).to.throw(ValueError, "steps to come with 'price'")
    expect(() => model.predict(null, { future: future.slice(0, 2) })).to.throw(
      ValueError,
      'for 152',
    )
    const plain = new data.Forecaster({ time: 't', target: 'y', horizon: 3, covariates: ['price'] })
    await plain.fit(table, quick)
    expect(() => plain.predict(null, { future })).to.throw(ValueError, 'known ahead')
  })

  it('sorts rows, fills what is missing and tells; what is put in does not judge', async () => {
    manualSeed(7)
    const rows = rowsOf(120).map((row, i) => ({ ...row, units: i % 10 === 3 ? null : row.units }))
    const table = data.Table.fromRows(rows.filter((_, i) => i % 25 !== 9).reverse())
    const model = new data.Forecaster(options)
    await model.fit(table, quick)
    expect(model.history!.warnings[0]).to.include("17 of 120 steps have no value of 'units'")
    const { forecasts } = await model.backtest(table, { ...quick, origins: 2 })
    expect(forecasts).to.have.length(9)
    const refusing = new data.Forecaster({ ...options, fill: 'refuse' })
    const error = await failure(refusing.fit(table, quick))
    expect(error.message).to.include('17 steps, the first of them 2024-01-04T00:00:00.000Z')
    expect(error).to.be.instanceOf(ValueError)
  })

  it('knows months of the calendar, their ends, hours, numbers and what it is told', async () => {
    const next = async (times: readonly (Date | number)[], more: object = {}) => {
      const rows = times.map((t, i) => ({ t, y: (i % 12) + i / 10 }))
      const model = new data.Forecaster({ time: 't', target: 'y', horizon: 2, ...more })
      await model.fit(data.Table.fromRows(rows), { epochs: 1, progress: false })
      const [first] = model.predict(null, { coverage: 0.5 })
      return [first!.time instanceof Date ? first!.time.toISOString() : first!.time, model.season]
    }
    const times = (make: (i: number) => number): Date[] => Array.from({ length: 60 }, (_, i) => new Date(make(i))) // prettier-ignore
    expect(await next(times((i) => Date.UTC(2015, i, 1)))).to.deep.equal(['2020-01-01T00:00:00.000Z', 12]) // prettier-ignore
    expect(await next(times((i) => Date.UTC(2015, i + 2, 0)))).to.deep.equal(['2020-02-29T00:00:00.000Z', 12]) // prettier-ignore
    expect(await next(times((i) => Date.UTC(2000, 3 * i, 1)))).to.deep.equal(['2015-01-01T00:00:00.000Z', 4]) // prettier-ignore
    expect(await next(times((i) => START + i * 3_600_000))).to.deep.equal(['2024-01-03T12:00:00.000Z', 24]) // prettier-ignore
    expect(await next(times((i) => START + i * 28 * DAY))).to.deep.equal([new Date(START + 60 * 28 * DAY).toISOString(), 1]) // prettier-ignore
    expect(await next(times((i) => START + 7 * i * DAY))).to.deep.equal([new Date(START + 420 * DAY).toISOString(), 52]) // prettier-ignore
    const tenths = Array.from({ length: 60 }, (_, i) => i / 10)
    expect(await next(tenths, { season: 12 })).to.deep.equal([6, 12])
    const sparse = times((i) => START + 2 * i * DAY)
    expect(await next(sparse, { frequency: 'day' })).to.deep.equal([new Date(START + 119 * DAY).toISOString(), 7]) // prettier-ignore
  })

  for (const [network, layer] of [
    ['gru', 'GRU'],
    ['attention', 'TransformerEncoderLayer'],
  ] as const)
    // prettier-ignore
    it(`has ${network} by name, which learns from rows that follow and goes into a file`, async () => {
      manualSeed(9)
      const model = new data.Forecaster({ ...options, network })
      await model.fit(sales(120), { progress: false, epochs: 25 })
      model.predict().forEach(({ value }, i) => {
        expect(value).to.be.closeTo(valueAt(120 + i), 20)
      })
      await model.partialFit(rowsOf(2, 120))
      expect(model.network!.toString()).to.include(layer)
      expect(model.history!.mode).to.equal('captured')
      const again = await data.Forecaster.load(model.toBuffer())
      expect(again.predict()).to.deep.equal(model.predict())
    })

  it('takes a network of its own, and keeps it', async () => {
    manualSeed(8)
    const shapes: number[][] = []
    const network: data.NetworkFactory = (past, features, horizon) => {
      shapes.push([past, features, horizon])
      return new nn.Sequential(new nn.Flatten(), new nn.Linear(past * features, horizon))
    }
    const model = new data.Forecaster({ ...options, past: 9, calendar: false, network })
    await model.fit(sales(80), quick)
    expect(shapes).to.deep.equal([[9, 1, 5], [9, 1, 5]]) // prettier-ignore
    const again = await data.Forecaster.load(model.toBuffer())
    expect(again.predict()).to.deep.equal(model.predict())
    expect((await failure(again.fit(sales(80), quick))).message).to.include('the function of its network') // prettier-ignore
    const narrow = new data.Forecaster({ ...options, network: () => new nn.Flatten() })
    expect(await failure(narrow.fit(sales(80), quick))).to.be.instanceOf(ShapeError)
    const same = network(14, 5, 5)
    const one = new data.Forecaster({ ...options, past: 14, network: () => same })
    expect((await failure(one.fit(sales(80), quick))).message).to.include('of its own each time')
    const none = new data.Forecaster({ ...options, network: () => wrong(1) })
    expect(await failure(none.fit(sales(80), quick))).to.be.instanceOf(ValueError)
  })

  describe('tells what is wrong', () => {
    const rows = rowsOf(60)
    const cases: [string, () => data.Table, object, string][] = [
      ['a column that is not there', () => sales(60), { target: 'unit' }, "did you mean 'units'?"],
      ['times that are texts', () => data.Table.fromRows(rows.map((row, i) => ({ ...row, date: i % 2 ? 'a' : 'b' }))), {}, 'dates or numbers'],
      ['a target of words', () => data.Table.fromRows(rows.map((row, i) => ({ ...row, units: i % 2 ? 'a' : 'b' }))), {}, 'of numbers'],
      ['a row without a time', () => data.Table.fromRows([...rows, { date: null, units: 3 }]), {}, 'row 60'],
      ['a time that comes twice', () => data.Table.fromRows([...rows, rows[7]!]), {}, '2024-01-08T00:00:00.000Z in rows 7 and 60'],
      ['uneven times', () => data.Table.fromRows([...rows, { date: new Date(START + 60.3 * DAY), units: 3 }]), {}, 'pass frequency'],
      ['a time far away', () => data.Table.fromRows([...rows, { date: new Date(START + 90_000 * DAY), units: 3 }]), {}, 'is a date wrong?'],
      ['too few rows', () => sales(20), { past: 10 }, 'of at least 37 steps'],
      ['one row', () => sales(1), {}, 'two times at least'],
      ['a target that never changes', () => data.Table.fromRows(rows.map((row) => ({ ...row, units: 5 }))), {}, 'numbers that change'],
      ['gaps only', () => data.Table.fromRows(rows.map((row) => ({ ...row, units: null })), { types: { units: 'number' } }), {}, 'gaps only'],
      ['a column twice', () => sales(60), { covariates: ['units'] }, "'units' twice"],
      ['no rows', () => new data.Table({ date: [], units: [] }, { types: { date: 'date', units: 'number' } }), {}, 'at least one row'],
    ] // prettier-ignore
    for (const [name, table, more, message] of cases) {
      it(name, async () => {
        const model = new data.Forecaster({ ...options, ...more })
        const error = await failure(model.fit(table(), quick))
        expect(error).to.be.instanceOf(ValueError)
        expect(error.message).to.include(message)
        expect(model.isFitted).to.equal(false)
      })
    }

    it('an infinite value, no table, no fit, odd options, too high a coverage', async () => {
      const model = new data.Forecaster(options)
      const infinite = data.Table.fromRows([...rows, { date: new Date(START + 60 * DAY), units: Infinity }]) // prettier-ignore
      expect(await failure(model.fit(infinite, quick))).to.be.instanceOf(NotFiniteError)
      expect(await failure(model.fit(wrong([1]), quick))).to.be.instanceOf(ValueError)
      expect(() => model.predict()).to.throw(ValueError, 'await fit first')
      expect(() => new data.Forecaster(wrong({ ...options, horizon: 0 }))).to.throw(ValueError)
      expect(() => new data.Forecaster(wrong({ ...options, network: 'lsmt' }))).to.throw(ValueError)
      expect(() => new data.Forecaster(wrong({ time: 'a', target: 'b' }))).to.throw('horizon')
      await model.fit(sales(60), quick)
      expect(() => model.predict(null, { coverage: 0.99 })).to.throw(ValueError, 'at most 0.9')
      expect(() => model.predict(sales(3))).to.throw(ValueError, 'of at least 14 steps')
      expect((await failure(model.backtest(sales(20), quick))).message).to.include('5 origins')
    })
  })
})
