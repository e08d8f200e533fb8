import { checkArguments } from '../../check.js'
import { complaint, ShapeError } from '../../errors.js'
import type { FloatDType } from '../../kernels/dtype.js'
import { add, mul } from '../../ops/binary.js'
import { flip } from '../../ops/flip.js'
import { flag, type Options, positive, readOptions, whole } from '../../options.js'
import { formatShape, type Tensor } from '../../tensor/tensor.js'
import { checkInput } from './applied.js'
import { type PositionRow, positionRows } from './position-table.js'

export interface RotaryFunctionOptions {
  /** Position of the first step. Default 0. */
  offset?: number
  /** Pair i turns by position · base^(-2i / D). Default 10000. */
  base?: number
  /** Whether pairs are neighbours, not a column of the first half and one of the second. Default false. */
  interleaved?: boolean
}

export const ROTARY = {
  offset: whole(0, 0),
  base: positive(10_000),
  interleaved: flag(false),
} satisfies Options<RotaryFunctionOptions>

/** What x and its pairs, one for the other, are multiplied by. */
export interface Turning {
  readonly cos: PositionRow
  readonly sin: PositionRow
}

export function turningOf(columns: number, base: number, interleaved: boolean): Turning {
  const half = columns / 2
  const row =
    (of: (angle: number) => number, sign: number): PositionRow =>
    (row, position) => {
      for (let i = 0; i < half; i++) {
        const value = of(position * base ** ((-2 * i) / columns))
        row[interleaved ? 2 * i : i] = sign * value
        row[interleaved ? 2 * i + 1 : half + i] = value
      }
    }
  return { cos: row(Math.cos, 1), sin: row(Math.sin, -1) }
}

/** x · cos + (pairs of x the other way round) · sin; rows of cos and sin are the steps of x. */
export function turned(x: Tensor, cos: Tensor, sin: Tensor, interleaved: boolean): Tensor {
  const half = x.shape.at(-1)! / 2
  const pairs = [...x.shape.slice(0, -1), ...(interleaved ? [half, 2] : [2, half])]
  const swapped = flip(x.reshape(pairs), interleaved ? -1 : -2).reshape(x.shape)
  return add(mul(x, cos), mul(swapped, sin))
}

/** @throws ShapeError, DTypeError unless it is (…, T, D) with D as given, or even where null. */
export function checkTurned(who: string, x: Tensor, columns: number | null): void {
  checkInput(who, x)
  const last = x.ndim < 2 ? 1 : x.shape.at(-1)!
  if (columns === null ? last % 2 === 0 : last === columns) return
  const expected = `shape (…, T, ${columns ?? 'D'})${columns === null ? ' with an even D' : ''}`
  throw new ShapeError(complaint(who, 'the input', expected, `shape ${formatShape(x.shape)}`))
}

/**
 * Rotary embedding of positions: pairs of columns of each step are turned by angles that grow with its
 * position, so that products of queries and keys depend on how far they are apart:
 *
 * y1 = x1 cos θ - x2 sin θ, y2 = x2 cos θ + x1 sin θ, θ = position · base^(-2i / D)
 *
 * for pair i, columns i and i + D / 2 as in GPT-NeoX and Llama, or with `interleaved` 2i and 2i + 1.
 *
 * Shapes: x (…, T, D) with an even D, result the same.
 *
 * @throws ShapeError, DTypeError for another input.
 * @see https://arxiv.org/abs/2104.09864
 *
 * @example
 * const [q, k, v] = [randn([2, 4, 10, 8]), randn([2, 4, 10, 8]), randn([2, 4, 10, 8])]
 * const { rotary, scaledDotProductAttention } = nn.functional
 * scaledDotProductAttention(rotary(q), rotary(k), v, { isCausal: true }).shape // [2, 4, 10, 8]
 */
export function rotary(x: Tensor, options?: RotaryFunctionOptions): Tensor {
  checkArguments('rotary', 2, arguments)
  const { offset, base, interleaved } = readOptions('rotary', ROTARY, options)
  checkTurned('rotary', x, null)
  const [steps, columns] = x.shape.slice(-2) as [number, number]
  const { cos, sin } = turningOf(columns, base, interleaved)
  const [byCos, bySin] = [cos, sin].map((fill) =>
    positionRows(x.dtype as FloatDType, columns, fill, offset, steps),
  )
  return turned(x, byCos!, bySin!, interleaved)
}
