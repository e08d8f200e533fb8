import type { Generator } from '../../random/generator.js'
import { randperm } from '../../random/sample.js'

/** The items in a drawn order. @internal */
export function shuffled<T>(items: readonly T[], generator: Generator | undefined): T[] {
  const order = randperm(items.length, { generator })
  return Array.from(order.data, (place) => items[place]!)
}

/** Whole numbers from 0 on, in their order or drawn. @internal */
export function firstNumbers(
  count: number,
  shuffle: boolean,
  generator: Generator | undefined,
): Int32Array {
  if (shuffle) return randperm(count, { generator }).data as Int32Array
  const numbers = new Int32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = i
  return numbers
}
