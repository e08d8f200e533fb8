import type { data } from '../index.js'
import { show } from '../show.js'
import type { ForecastColumns } from './forecast-columns.js'
import { body, documentOf, failures, json, type Json, ref, rowSchema } from './openapi-parts.js'

/** The description of a service that forecasts, with the model's own columns. */
export function forecastApiOf(
  title: string,
  { target, horizon, past, dates, frequency }: data.ForecasterDescription,
  columns: ForecastColumns,
  maxRows: number,
): Json {
  const many = (name: string, description: string): Json => {
    return { type: 'array', items: ref(name), minItems: 1, maxItems: maxRows, description }
  }
  const latest = `The latest ones, ${past} steps at least`
  const rows = many('Row', `${latest}. Default: those that the model has learned from last`)
  const ahead = columns.future.length > 0
  const request = {
    type: 'object',
    properties: {
      rows,
      ...(ahead && { future: many('FutureRow', `The ${horizon} steps to come`) }),
      coverage: {
        ...{ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.9 },
        description: 'Share of the values to come that shall lie inside of the intervals',
      },
    },
    ...(ahead && { required: ['future'] }),
    additionalProperties: false,
  }
  const predict = {
    operationId: 'predict',
    summary: `Forecast ${show(target)}: ${horizon} steps of ${frequency}`,
    requestBody: body(ahead ? request : { oneOf: [request, rows] }),
    responses: {
      200: json('The steps to come, of each series', { type: 'array', items: ref('Forecast') }),
      ...failures,
    },
  }
  const forecast = {
    type: 'object',
    properties: {
      key: { type: ['string', 'null'], description: 'Of the series; null where there is one' },
      time: dates ? { type: 'string', format: 'date-time' } : { type: 'number' },
      step: { type: 'integer', minimum: 1, maximum: horizon },
      value: { type: 'number', description: `In the unit of ${show(target)}` },
      lower: { type: 'number' },
      upper: { type: 'number' },
    },
    required: ['key', 'time', 'step', 'value', 'lower', 'upper'],
  }
  const schemas = {
    Row: rowSchema(columns.rows),
    ...(ahead && { FutureRow: rowSchema(columns.future) }),
    Forecast: forecast,
  }
  const paths = { '/predict': { post: predict } }
  return documentOf(title, `Forecasts ${show(target)}.`, paths, schemas)
}
