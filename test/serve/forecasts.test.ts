import { expect } from 'chai'
import type { FastifyInstance } from 'fastify'

import { data, manualSeed } from '../../ts/index.js'
import { forecastService } from '../../ts/serve/forecast-model.js'
import { serverOf } from '../../ts/serve/server.js'
import { hostileNames } from '../support/served-model.js'

const DAY = 86_400_000
const START = Date.UTC(2024, 0, 1)
const day = (t: number): string => new Date(START + t * DAY).toISOString().slice(0, 10)
const valueAt = (t: number): number => 50 + 10 * Math.sin((2 * Math.PI * t) / 7) + t / 9

describe('serve: forecasts over HTTP', () => {
  const opened: FastifyInstance[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((app) => app.close()))
  })

  async function open(model: data.Forecaster, maxRows = 50) {
    const app = await serverOf(forecastService(model, 'Sales', maxRows), {
      bodyLimit: 1 << 20,
      hosts: null,
      onError: (error) => expect.fail(String((error as Error).stack)),
    })
    opened.push(app)
    const predict = async (body: unknown) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' }
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
      const response = await app.inject({ method: 'POST', url: '/predict', headers, ...payload })
      return { status: response.statusCode, body: JSON.parse(response.payload) as unknown }
    }
    const get = async (url: string): Promise<string> => (await app.inject(url)).payload
    return { predict, get }
  }

  const fitted = async (
    rows: readonly data.RowInput[],
    more: Partial<data.ForecasterOptions> = {},
  ): Promise<data.Forecaster> => {
    manualSeed(1)
    const options = { time: 'date', target: 'units', horizon: 3, past: 7 }
    const model = new data.Forecaster({ ...options, ...more })
    await model.fit(data.Table.fromRows(rows), { epochs: 3, progress: false })
    return model
  }
  const seen = (days: number, from = 0): { date: Date; units: number }[] =>
    Array.from({ length: days }, (_, i) => {
      return { date: new Date(START + (from + i) * DAY), units: valueAt(from + i) }
    })
  const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

  it('answers with what follows on its own rows, and on those of a request', async () => {
    const model = await fitted(seen(60))
    const { predict, get } = await open(model)
    const own = asJson(model.predict())
    for (const body of [undefined, {}]) {
      expect(await predict(body)).to.deep.equal({ status: 200, body: own })
    }
    const rows = seen(10, 80).map(({ units }, i) => ({ date: day(80 + i), units: i === 4 ? null : units })) // prettier-ignore
    const table = data.Table.fromRows(seen(10, 80).map((row, i) => ({ ...row, units: i === 4 ? null : row.units }))) // prettier-ignore
    const expected = asJson(model.predict(table, { coverage: 0.5 }))
    const answer = await predict({ rows, coverage: 0.5 })
    expect(answer).to.deep.equal({ status: 200, body: expected })
    expect(answer.body).to.have.nested.property('[0].time', '2024-03-31T00:00:00.000Z')
    expect((await predict(rows)).body).to.deep.equal(asJson(model.predict(table)))
    const page = await get('/')
    expect(page).to.include('<th scope="row">2024-03-01</th>').and.not.include('<script')
  })

  it('tells by code what is wrong with a request, and of which part', async () => {
    const { predict } = await open(await fitted(seen(60)))
    const row = { date: day(90), units: 3 }
    const cases: [unknown, string, string][] = [
      [[], 'ERR_ROWS', 'rows: expected 1 to 50 rows, got 0'],
      [seen(51), 'ERR_ROWS', 'rows: expected 1 to 50 rows, got 51'],
      [[row], 'ERR_VALUE', 'of at least 7 steps'],
      [[{ ...row, units: '3' }], 'ERR_VALUE', "rows: expected 'units' to be a number"],
      [[{ ...row, units: 1e31 }], 'ERR_VALUE', "rows: expected 'units' to be a number"],
      [[{ ...row, date: 'soon' }], 'ERR_VALUE', "rows: expected 'date' to be a date"],
      [[{ date: row.date }], 'ERR_COLUMN_MISSING', "'units' is missing"],
      [[{ ...row, unit: 3 }], 'ERR_COLUMN_UNKNOWN', "did you mean 'units'?"],
      [[{ ...row, date: null }], 'ERR_VALUE', 'row 0'],
      [[row, row], 'ERR_VALUE', 'in rows 0 and 1'],
      [row, 'ERR_REQUEST', "rows, future and coverage, each of which may be left out; got 'date'"],
      [7, 'ERR_REQUEST', 'got 7'],
      [{ coverage: 2 }, 'ERR_VALUE', 'coverage'],
      [{ coverage: '0.9' }, 'ERR_VALUE', 'coverage'],
      [{ coverage: 0.999 }, 'ERR_VALUE', 'windows were measured'],
      [{ future: [{ date: day(60) }] }, 'ERR_REQUEST', 'no column that is known ahead'],
    ]
    for (const [body, code, message] of cases) {
      const { status, body: answer } = await predict(body)
      expect(status, message).to.equal(400)
      expect(answer).to.have.nested.property('errors[0].code', code)
      expect(JSON.stringify(answer)).to.include(message)
    }
  })

  it('takes keys, columns that are known ahead and hostile names', async () => {
    const [time, target, key, price] = hostileNames
    const rows = Array.from({ length: 120 }, (_, i) => {
      const entries = [[time, i >> 1], [target, valueAt(i >> 1)], [key, i % 2 ? 'b' : '__proto__'], [price, i % 5]] // prettier-ignore
      return Object.fromEntries(entries) as data.RowInput
    })
    const names = { time: time!, target: target!, key: key!, known: [price!] }
    const model = await fitted(rows, names)
    const { predict, get } = await open(model)
    const future = ['b', '__proto__'].flatMap((name) => [60, 61, 62].map((t) => Object.fromEntries([[time, t], [key, name], [price, 1]]) as data.RowInput)) // prettier-ignore
    const { status, body } = await predict({ future })
    expect(status).to.equal(200)
    expect(body).to.deep.equal(asJson(model.predict(null, { future: data.Table.fromRows(future) })))
    expect(await predict({})).to.have.nested.property('body.errors[0].code', 'ERR_VALUE')
    const wrong = await predict({ future: future.map((row) => ({ ...row, x: 1 })) })
    expect(wrong).to.have.nested.property('body.errors[0].code', 'ERR_COLUMN_UNKNOWN')
    expect(JSON.stringify(wrong.body)).to.include('future: ')
    const stranger = await predict({ rows: rows.map((row) => ({ ...row, [key!]: 'c' })).slice(0, 14), future }) // prettier-ignore
    expect(stranger.status).to.equal(400)
    expect(await get('/'))
      .to.not.include('<img')
      .and.not.include('<script')
    const { components } = JSON.parse(await get('/openapi.json')) as {
      components: { schemas: Record<string, { required: string[] }> }
    }
    expect(components.schemas['Row']!.required).to.deep.equal([time, key, target, price])
    expect(components.schemas['FutureRow']!.required).to.deep.equal([time, key, price])
  })
})
