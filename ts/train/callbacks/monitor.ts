import { complaint, ValueError } from '../../errors.js'
import { atLeast, choice, type Options, text, type Values } from '../../options.js'
import { logOf } from '../records.js'
import type { Logs } from './callback.js'

export interface MonitorOptions {
  /** The number in the logs that is watched. Default `valLoss`. */
  monitor?: string
  /** Whether it is to fall or to rise. Default `min`. */
  mode?: 'min' | 'max'
  /** Less than that is no improvement. Default 0. */
  minDelta?: number
}

export const MONITOR = {
  monitor: text('valLoss'),
  mode: choice(['min', 'max'], 'min'),
  minDelta: atLeast(0, 0),
} satisfies Options<MonitorOptions>

/** Watches a number for its best. NaN is never an improvement. */
export class Monitor {
  readonly key: string
  readonly mode: 'min' | 'max'
  readonly minDelta: number
  /** ±Infinity before the first improvement. */
  best: number
  readonly #who: string

  constructor(who: string, { monitor, mode, minDelta }: Values<typeof MONITOR>) {
    this.#who = who
    this.key = monitor
    this.mode = mode
    this.minDelta = minDelta
    this.best = this.worst
  }

  get worst(): number {
    return this.mode === 'min' ? Infinity : -Infinity
  }

  /** @throws ValueError when the logs do not have it. */
  valueIn(logs: Logs): number {
    const value = logOf(logs, this.key)
    if (typeof value === 'number') return value
    const known = Object.keys(logs).join(', ')
    const hint = this.key.startsWith('val') ? 'is there validation data?' : undefined
    throw new ValueError(complaint(this.#who, 'monitor', `one of ${known}`, this.key, hint))
  }

  /** Whether a value is better than the best, which it then is. */
  improves(value: number): boolean {
    const better =
      this.mode === 'min' ? value < this.best - this.minDelta : value > this.best + this.minDelta
    if (better) this.best = value
    return better
  }

  /** @throws ValueError unless it is a number, or null as JSON writes an infinite one. */
  checkedBest(best: unknown): number {
    if (best === null) return this.worst
    if (typeof best === 'number') return best
    throw new ValueError(complaint(`${this.#who}.loadStateDict`, 'best', 'a number', best))
  }
}
