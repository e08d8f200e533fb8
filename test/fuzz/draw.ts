import fc from 'fast-check'

/** Choices of one case, all of them from its seed. */
export class Draw {
  readonly #generate: fc.GeneratorValue

  constructor(seed: number) {
    this.#generate = fc.sample(fc.gen(), { seed, numRuns: 1 })[0]!
  }

  /** From 0 to `max`. */
  int(max: number): number {
    return this.#generate(fc.nat, { max })
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.int(n - 1) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length - 1)]!
  }

  /** Anything that JavaScript can hold in a structure. */
  anything(): unknown {
    return this.#generate(fc.anything, {
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      maxDepth: 2,
      maxKeys: 3,
    })
  }
}
