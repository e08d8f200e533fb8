import { noteDraw } from '../autograd/draws.js'
import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import type { Option } from '../options.js'
import { empty, noTensor, Tensor } from '../tensor/tensor.js'

const TWO_32 = 2 ** 32

/**
 * A stream of random numbers: Philox 4x32-10, counter-based. The same seed gives the same numbers on
 * every machine, backend and number of threads.
 *
 * Everything that draws takes a `generator` option; without one it draws from the default generator,
 * which `manualSeed` seeds.
 *
 * Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011).
 */
export class Generator {
  /**
   * Seed (low, high) and number of blocks drawn (low, high) as unsigned 32-bit words. Kernels advance
   * it in place, so a recorded step goes on drawing new numbers.
   *
   * @internal
   */
  get state(): Tensor {
    noteDraw(this.#state)
    return this.#state
  }

  readonly #state: Tensor = empty([4], 'int32')

  /**
   * @param seed A whole number from 0 to 2^53 - 1; without one, a different seed every time.
   * @throws ValueError for another seed.
   */
  constructor(seed: number = Math.floor(Math.random() * 2 ** 53)) {
    checkArguments(new.target.name, 1, arguments)
    this.manualSeed(seed)
  }

  /**
   * Starts the stream of `seed` from its beginning.
   *
   * @throws ValueError unless `seed` is a whole number from 0 to 2^53 - 1.
   */
  manualSeed(seed: number): this {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ValueError(
        complaint('Generator', 'the seed', 'a whole number from 0 to 2^53 - 1', seed),
      )
    }
    const { data } = this.state
    data[0] = (seed % TWO_32) | 0
    data[1] = Math.floor(seed / TWO_32) | 0
    data[2] = 0
    data[3] = 0
    return this
  }

  /** The seed that the stream was started with. */
  get initialSeed(): number {
    const { data } = this.state
    return (data[1]! >>> 0) * TWO_32 + (data[0]! >>> 0)
  }

  /** A copy of the state: `setState` with it goes on from here. int32, shape (4). */
  getState(): Tensor {
    return this.state.clone()
  }

  /**
   * @throws DTypeError, ShapeError when `state` is not what `getState` returns.
   */
  setState(state: Tensor): this {
    if (!(state instanceof Tensor)) throw noTensor('Generator', 'the state', state)
    if (state.dtype !== 'int32') {
      throw new DTypeError(complaint('Generator', 'the state', 'int32', state.dtype))
    }
    if (state.length !== 4) {
      throw new ShapeError(complaint('Generator', 'the state', 'shape (4)', state.toString()))
    }
    this.state.data.set(state.data)
    return this
  }
}

/** What is drawn from where no generator is given. */
export const defaultGenerator = new Generator()

/**
 * A `generator` option: undefined and null stand for the default one.
 *
 * @throws ValueError when it is something else that is no Generator, a seed for example.
 */
export function generatorOf(who: string, generator: Generator | null | undefined): Generator {
  checkGenerator(who, generator)
  return generator ?? defaultGenerator
}

/** @throws ValueError when it is something else than a Generator, undefined or null. */
export function checkGenerator(who: string, generator: unknown): void {
  if (isGenerator(generator)) return
  throw new ValueError(complaint(who, 'generator', generatorOption.expected, generator))
}

function isGenerator(generator: unknown): boolean {
  return generator === undefined || generator === null || generator instanceof Generator
}

/** What draws; undefined and null stand for the default one. */
export const generatorOption: Option<Generator | undefined> = {
  initial: undefined,
  expected: 'a Generator, as in { generator: new Generator(42) }',
  accepts: isGenerator,
}

/**
 * Seeds the default generator, and with it every random number of the program that is not drawn from
 * a generator of its own.
 *
 * @throws ValueError unless `seed` is a whole number from 0 to 2^53 - 1.
 */
export function manualSeed(seed: number): Generator {
  checkArguments('manualSeed', 1, arguments)
  return defaultGenerator.manualSeed(seed)
}
