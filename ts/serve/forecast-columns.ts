import type { data } from '../index.js'
import type { ServedColumn } from './served-model.js'

/** Columns of the rows up to now, and of those to come. */
export interface ForecastColumns {
  readonly rows: readonly ServedColumn[]
  /** None where no column is known ahead. */
  readonly future: readonly ServedColumn[]
}

export function columnsOf(description: data.ForecasterDescription): ForecastColumns {
  const { time, target, key, covariates, known, dates, series } = description
  const place: ServedColumn[] = [{ name: time, type: dates ? 'date' : 'number' }]
  if (key !== null)
    place.push({ name: key, type: 'category', categories: series.map(({ key }) => String(key)) })
  const numbers = (names: readonly string[]): ServedColumn[] => {
    return names.map((name) => ({ name, type: 'number' }))
  }
  return {
    rows: [...place, ...numbers([target, ...covariates, ...known])],
    future: known.length === 0 ? [] : [...place, ...numbers(known)],
  }
}
