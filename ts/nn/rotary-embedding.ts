import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import type { FloatDType } from '../kernels/dtype.js'
import { flag, type Options, positive, readOptions, whole } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { PositionTable } from './functional/position-table.js'
import { checkTurned, turned, turningOf } from './functional/rotary.js'
import { Module } from './module.js'

export interface RotaryEmbeddingOptions {
  /** Positions that there are. Default 4096. */
  maxLength?: number
  /** Pair i turns by position · base^(-2i / dim). Default 10000. */
  base?: number
  /** Whether pairs are neighbours, not a column of the first half and one of the second. Default false. */
  interleaved?: boolean
}

const OPTIONS = {
  maxLength: whole(1, 4096),
  base: positive(10_000),
  interleaved: flag(false),
} satisfies Options<RotaryEmbeddingOptions>

/** What comes beside the input of modules that know positions. */
export interface PositionOptions {
  /** Position of the first step, as of one that follows those in a cache. Default 0. */
  readonly offset?: number
}

export const POSITION = { offset: whole(0, 0) } satisfies Options<PositionOptions>

/** @throws ShapeError when steps lie behind the last position. */
export function checkPositions(who: string, offset: number, steps: number, most: number): void {
  if (offset + steps <= most) return
  const got = `${steps} from position ${offset} on`
  throw new ShapeError(complaint(who, 'the steps', `at most ${most}, its maxLength`, got))
}

/**
 * Rotary embedding of positions, `nn.functional.rotary` with angles that are computed once, for queries and
 * keys of each head.
 *
 * `forward(x, { offset })`. Shapes: x (…, T, dim), as (N, heads, T, dim); output the same.
 *
 * @example
 * const rotary = new nn.RotaryEmbedding(8)
 * const [q, k, v] = [randn([2, 4, 10, 8]), randn([2, 4, 10, 8]), randn([2, 4, 10, 8])]
 * nn.functional.scaledDotProductAttention(rotary.forward(q), rotary.forward(k), v, { isCausal: true })
 *
 * Source: Su et al., RoFormer: enhanced transformer with rotary position embedding (2021).
 */
export class RotaryEmbedding extends Module<[x: Tensor, options?: PositionOptions]> {
  static {
    markBuiltIn(this, ({ dim, maxLength, base, interleaved }) => [
      dim,
      { maxLength, base, interleaved },
    ])
  }

  readonly maxLength: number
  readonly base: number
  readonly interleaved: boolean
  readonly #cos: PositionTable
  readonly #sin: PositionTable

  /**
   * @param dim Columns of a head.
   * @throws ValueError unless dim is an even whole number ≥ 2.
   */
  constructor(
    readonly dim: number,
    options: RotaryEmbeddingOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    super()
    const { maxLength, base, interleaved } = readOptions('RotaryEmbedding', OPTIONS, options)
    if (!(Number.isInteger(dim) && dim >= 2 && dim % 2 === 0)) {
      throw new ValueError(complaint('RotaryEmbedding', 'dim', 'an even whole number ≥ 2', dim))
    }
    this.maxLength = maxLength
    this.base = base
    this.interleaved = interleaved
    const { cos, sin } = turningOf(dim, base, interleaved)
    this.#cos = new PositionTable(dim, cos)
    this.#sin = new PositionTable(dim, sin)
  }

  protected override get isLent(): boolean {
    return true
  }

  /** @throws ShapeError, DTypeError for another input, or one that ends behind maxLength. */
  override forward(x: Tensor, options?: PositionOptions): Tensor {
    const who = this.describe()
    const { offset } = readOptions(who, POSITION, options)
    checkTurned(who, x, this.dim)
    const steps = x.shape.at(-2)!
    checkPositions(who, offset, steps, this.maxLength)
    const [cos, sin] = [this.#cos, this.#sin].map((table) =>
      table.rows(x.dtype as FloatDType, offset, steps),
    )
    return turned(x, cos!, sin!, this.interleaved)
  }

  override extraRepr(): string {
    const { dim, maxLength, base, interleaved } = this
    return `${dim}, maxLength=${maxLength}, base=${base}${interleaved ? ', interleaved' : ''}`
  }
}
