/**
 * The counter-based generator Philox 4x32-10: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011. All words are unsigned 32-bit numbers.
 */

const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const ROUNDS = 10

export type Words = readonly [number, number, number, number]

/** The high 32 bits of a * b, from products of 16-bit halves, which a double holds exactly. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const low = aLow * bLow
  const middle = aHigh * bLow + (low >>> 16)
  const otherMiddle = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + (middle >>> 16) + (otherMiddle >>> 16)) >>> 0
}

/** The low 32 bits of a * b. */
export function multiplyLow(a: number, b: number): number {
  return Math.imul(a, b) >>> 0
}

/** Four random words for a counter of four words and a key of two. */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0)
    const low0 = multiplyLow(MULTIPLIER_0, c0)
    const high1 = multiplyHigh(MULTIPLIER_1, c2)
    const low1 = multiplyLow(MULTIPLIER_1, c2)
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0
    k0 = (k0 + WEYL_0) >>> 0
    k1 = (k1 + WEYL_1) >>> 0
  }
  return [c0, c1, c2, c3]
}

/**
 * The words that one call of a random operation draws: those of block 0, 1, ... after the blocks that
 * `state` (seed low, seed high, blocks low, blocks high) says have been drawn.
 */
export class PhiloxStream {
  readonly #state: Int32Array
  #words: Words = [0, 0, 0, 0]
  #used = 4
  #position = 0

  constructor(state: Int32Array) {
    this.#state = state
  }

  /** The next word. Taking the first word of a block counts the whole block as drawn. */
  next(): number {
    if (this.#used === 4) {
      const state = this.#state
      const word = (i: number): number => state[i]! >>> 0
      this.#words = philox([word(2), word(3), 0, 0], [word(0), word(1)])
      this.#used = 0
      state[2]! += 1
      if (state[2] === 0) state[3]! += 1
    }
    this.#position++
    return this.#words[this.#used++]!
  }

  /** Passes over words, to that which is number `position` of the call. */
  passTo(position: number): void {
    const left = position - this.#position - (4 - this.#used)
    if (left >= 4) {
      const state = this.#state
      const blocks = (state[2]! >>> 0) + Math.floor(left / 4)
      state[2] = blocks
      state[3]! += Math.floor(blocks / 2 ** 32)
      this.#position += 4 - this.#used + left - (left % 4)
      this.#used = 4
    }
    while (this.#position < position) this.next()
  }
}
