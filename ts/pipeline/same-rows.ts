import { complaint, ValueError } from '../errors.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Callback } from '../train/callbacks/callback.js'

/** Rows whose columns and target were made numbers. */
export interface Part {
  readonly x: Tensor
  readonly y: Tensor
}

/**
 * Columns and split are made again by a training that goes on from a checkpoint, which holds neither: this
 * holds it to the same rows, by their sums.
 */
export class SameRows implements Callback {
  readonly #who: string
  readonly #sums: Record<string, number>

  constructor(who: string, { x, y }: Part) {
    this.#who = who
    this.#sums = { rows: x.shape[0]!, inputs: x.shape[1]!, x: sumOf(x), y: sumOf(y) }
  }

  stateDict(): Record<string, number> {
    return this.#sums
  }

  /** @throws ValueError for other rows. */
  loadStateDict(state: Record<string, unknown>): void {
    const names = Object.keys(this.#sums)
    if (names.every((name) => state[name] === this.#sums[name])) return
    const expected = 'those of the checkpoint, of the same table and the same split'
    const hint = 'call manualSeed before, or give a generator of the same seed'
    throw new ValueError(complaint(this.#who, 'the rows', expected, 'others', hint))
  }
}

/** Where each number is counts, too. */
function sumOf({ data }: Tensor): number {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += data[i]! * ((i % 1021) + 1)
  return sum
}
