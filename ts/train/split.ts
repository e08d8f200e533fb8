import { DataLoader } from '../data/data-loader.js'
import { randomSplit } from '../data/random-split.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { defaultGenerator } from '../random/generator.js'
import { Tensor } from '../tensor/tensor.js'
import type { Batches } from './batches.js'

type Loader = DataLoader<readonly Tensor[]>

/**
 * A loader's dataset cut in two at random: a part to train on, and a part that is held out. A resumed
 * training has to find the same parts, so the state of the generator that they were drawn from is kept.
 */
export class ValidationSplit {
  readonly #loader: Loader
  readonly #fraction: number
  readonly #held: number
  #generator: Tensor | null = null
  #parts: { readonly training: Loader; readonly held: Loader } | null = null

  /**
   * @throws ValueError when the fraction is not between 0 and 1, or there is no DataLoader to split;
   *   ShapeError when a part would be empty.
   */
  constructor(who: string, loader: Batches, fraction: number) {
    if (!(fraction > 0 && fraction < 1)) {
      const expected = 'a number between 0 and 1'
      throw new ValueError(complaint(who, 'validationSplit', expected, fraction))
    }
    if (!(loader instanceof DataLoader)) {
      const hint = 'pass batches of their own as validation'
      throw new ValueError(
        complaint(who, 'the loader', 'a DataLoader for validationSplit', typeof loader, hint),
      )
    }
    if (loader.sampler !== undefined) {
      const hint = 'pass batches of their own as validation'
      throw new ValueError(
        complaint(who, 'the loader', 'without a sampler for validationSplit', 'one with', hint),
      )
    }
    const { numSamples } = loader
    this.#loader = loader as Loader
    this.#fraction = fraction
    this.#held = Math.round(fraction * numSamples)
    const { batchSize, dropLast } = loader
    const least = dropLast ? batchSize : 1
    const left = numSamples - this.#held
    if (this.#held > 0 && left >= least) return
    const got = `${this.#held} of ${numSamples}`
    const expected = 'to leave samples in both parts'
    const hint = left > 0 && left < least ? `dropLast drops the ${left} to train on` : undefined
    throw new ShapeError(complaint(who, 'validationSplit', expected, got, hint))
  }

  /** What is trained on: the rest of the dataset, with everything else as the loader has it. */
  get training(): Loader {
    return this.#parts!.training
  }

  /** What is held out, in a fixed order. */
  get held(): Loader {
    return this.#parts!.held
  }

  /** Cuts. Draws one order from the default generator. */
  draw(): void {
    this.#generator = defaultGenerator.getState()
    const { dataset, batchSize, shuffle, dropLast, generator, prefetch, numSamples } = this.#loader
    const counts = [numSamples - this.#held, this.#held] as const
    const [training, held] = randomSplit(dataset, counts)
    this.#parts = {
      training: new DataLoader(training, { batchSize, shuffle, dropLast, generator, prefetch }),
      held: new DataLoader(held, { batchSize, prefetch }),
    }
  }

  /** Of the samples, those that are held out. */
  get fraction(): number {
    return this.#fraction
  }

  /** Null before it was drawn. */
  stateDict(): { fraction: number; generator: Tensor } | null {
    return this.#generator && { fraction: this.#fraction, generator: this.#generator }
  }

  /**
   * Cuts as it was cut when `stateDict` was called. The default generator stays where it is.
   *
   * @throws ValueError when it is of another fraction; nothing was changed.
   */
  loadStateDict({ fraction, generator }: { fraction: number; generator: Tensor }): void {
    if (fraction !== this.#fraction) {
      const [expected, got] = [`${fraction} as in the checkpoint`, String(this.#fraction)]
      throw new ValueError(complaint('fit', 'validationSplit', expected, got))
    }
    const now = defaultGenerator.getState()
    defaultGenerator.setState(generator)
    this.draw()
    defaultGenerator.setState(now)
  }
}
