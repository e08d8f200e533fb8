import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { defaultGenerator, Generator } from '../random/generator.js'
import { empty, type Tensor } from '../tensor/tensor.js'

/**
 * Which samples make an epoch: their numbers in its order, anew at each iteration. A list of numbers is
 * one, too.
 *
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.Sampler
 */
export interface Sampler extends Iterable<number> {
  /** How many numbers an iteration gives. */
  readonly length: number
  /** What it draws from, which a checkpoint then saves. */
  readonly generator?: Generator | undefined
}

/** A generator seeded by the default one, which moves on by one draw however much is drawn. */
export function derivedGenerator(): Generator {
  const seed = empty([1], 'float64')
  kernels().uniform({ state: defaultGenerator.state, y: seed, n: 1, low: 0, high: 2 ** 53 })
  return new Generator(seed.item())
}

/** Whether it can be gone through for numbers. */
export function isSampler(value: unknown): value is Sampler {
  if (typeof value !== 'object' || value === null) return false
  const { length, [Symbol.iterator]: iterate } = value as Partial<Sampler>
  return Number.isInteger(length) && Number(length) >= 0 && typeof iterate === 'function'
}

/**
 * The numbers of an epoch, int32.
 *
 * @throws ValueError when they are not as many as the sampler says, or one is not that of a sample.
 */
export function drawnFrom(sampler: Sampler, samples: number): Tensor {
  const { length } = sampler
  const order = empty([length], 'int32')
  const numbers = order.data
  let count = 0
  for (const number of sampler) {
    if (!Number.isInteger(number) || number < 0 || number >= samples) {
      const expected = `within 0 to ${samples - 1}`
      throw new ValueError(complaint('DataLoader', 'a number of the sampler', expected, number))
    }
    if (count < length) numbers[count] = number
    if (++count > length) break
  }
  if (count === length) return order
  const got = count > length ? 'more' : String(count)
  throw new ValueError(
    complaint('DataLoader', 'the sampler', `one that gives ${length} numbers`, got),
  )
}
