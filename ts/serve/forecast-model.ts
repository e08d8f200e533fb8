import { isPlain } from '../check.js'
import { data } from '../index.js'
import { show } from '../show.js'
import { columnsOf, type ForecastColumns } from './forecast-columns.js'
import { forecastApiOf } from './forecast-openapi.js'
import { forecastPageOf } from './forecast-page.js'
import { RequestError } from './problems.js'
import { checkRows, type RowKind } from './rows.js'
import type { Service } from './service.js'

/** What a request for a forecast may have. */
const PARTS = ['rows', 'future', 'coverage']

/** Forecasts from the rows of a request, or from those that were learned from last. @param maxRows Of a request. */
export function forecastService(
  forecaster: data.Forecaster,
  title: string,
  maxRows: number,
): Service {
  const description = forecaster.describe()
  const columns = columnsOf(description)
  return {
    description: forecastApiOf(title, description, columns, maxRows),
    page: forecastPageOf(title, description, () => forecaster.predict()),
    posts: new Map([
      ['/predict', (body) => forecastsOf(forecaster, description.target, columns, body, maxRows)],
    ]),
  }
}

function forecastsOf(
  forecaster: data.Forecaster,
  target: string,
  columns: ForecastColumns,
  body: unknown,
  maxRows: number,
): data.Forecast[] {
  const { rows, future, coverage } = requestOf(body)
  const tableOf = (part: keyof ForecastColumns, given: unknown): data.Table | undefined => {
    if (given === undefined) return undefined
    return within(part, () => table({ columns: columns[part], target }, given, maxRows))
  }
  if (future !== undefined && columns.future.length === 0) {
    const message = 'future: the model has no column that is known ahead; leave it out'
    throw new RequestError([{ code: 'ERR_REQUEST', message }])
  }
  const options = { coverage: coverage as number | undefined, future: tableOf('future', future) }
  const forecasts = forecaster.predict(tableOf('rows', rows), options)
  if (forecasts.every(({ lower, upper }) => Number.isFinite(lower) && Number.isFinite(upper)))
    return forecasts
  const message = 'the forecast is not a finite number: are the values as large as in the training?'
  throw new RequestError([{ code: 'ERR_NOT_FINITE', message }])
}

/** The parts of a body; an array is the rows alone. */
function requestOf(body: unknown): Readonly<Record<string, unknown>> {
  if (Array.isArray(body)) return { rows: body as unknown }
  if (body === undefined || body === null) return {}
  const given: Readonly<Record<string, unknown>> | null = isPlain(body) ? { ...body } : null
  const stranger = Object.keys(given ?? {}).find((name) => !PARTS.includes(name))
  if (given !== null && stranger === undefined) return given
  const expected = 'an array of rows, or an object of rows, future and coverage, each of which may be left out' // prettier-ignore
  const got = show(stranger ?? body)
  throw new RequestError([{ code: 'ERR_REQUEST', message: `expected ${expected}; got ${got}` }])
}

function table(kind: RowKind, given: unknown, maxRows: number): data.Table {
  const { rows } = checkRows(kind, given, maxRows)
  const types = kind.columns.map(({ name, type }) => [name, type] as const)
  return data.Table.fromRows(rows, { types: Object.fromEntries(types) })
}

/** What is wrong with rows, told of the part of the request that has them. */
function within<T>(part: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const told = error.problems.map((each) => ({ ...each, message: `${part}: ${each.message}` }))
    throw new RequestError(told)
  }
}
