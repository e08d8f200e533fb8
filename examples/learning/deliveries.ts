// Made-up deliveries: how long each took, by distance, hour, weather and part of town.
import { type Generator, rand } from '../../ts/index.js'

export interface Delivery {
  readonly [column: string]: string | number | null
  readonly km: number
  readonly hour: number
  readonly weather: string | null
  readonly part: string
  readonly minutes: number
}

/** @param roadworks Whether the way to the north takes twice as long. */
export function delivery(generator: Generator, roadworks = false): Delivery {
  const [a, b, c, d, noise] = rand([5], { generator, dtype: 'float64' }).data as Float64Array
  const km = 1 + 9 * a!
  const hour = Math.floor(8 + 12 * b!)
  const weather = c! < 0.05 ? null : c! < 0.7 ? 'dry' : 'rain'
  const part = ['north', 'south', 'harbour'][Math.floor(3 * d!)]!
  const pace = (weather === 'rain' ? 4 : 3) * (part === 'north' && roadworks ? 2 : 1)
  const rush = hour === 8 || hour === 17 ? 8 : 0
  return { km, hour, weather, part, minutes: 5 + pace * km + rush + 2 * noise! }
}
