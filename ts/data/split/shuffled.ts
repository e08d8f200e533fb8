import type { Generator } from '../../random/generator.js'
import { randperm } from '../../random/sample.js'

/** The items in a drawn order. @internal */
export function shuffled<T>(items: readonly T[], generator: Generator | undefined): T[] {
  const order = randperm(items.length, { generator })
  return Array.from(order.data, (place) => items[place]!)
}

/** Whole numbers from 0 on. @internal */
export function firstNumbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
