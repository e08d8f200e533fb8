import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import type { FloatDType } from '../kernels/dtype.js'
import { add } from '../ops/binary.js'
import { flag, type Options, readOptions, share, whole } from '../options.js'
import { alongAxis } from '../random/batch-rows.js'
import { type Generator, generatorOption } from '../random/generator.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { Dropout } from './dropout.js'
import { checkInput } from './functional/applied.js'
import { PositionTable } from './functional/position-table.js'
import { Module } from './module.js'
import { checkPositions, POSITION, type PositionOptions } from './rotary-embedding.js'

export interface PositionalEncodingOptions {
  /** Positions that there are. Default 5000. */
  maxLength?: number
  /** Probability of a zero in the sum, in training. Default 0. */
  dropout?: number
  /** Whether inputs and output are (N, T, …) instead of (T, N, …). Default false. */
  batchFirst?: boolean
  /** Draws what is dropped. Default: the default generator. */
  generator?: Generator
}

const OPTIONS = {
  maxLength: whole(1, 5000),
  dropout: share(0),
  batchFirst: flag(false),
  generator: generatorOption,
} satisfies Options<PositionalEncodingOptions>

/**
 * Adds to each step what tells its position, and drops of the sum:
 *
 * y = dropout(x + p), p[2i] = sin(position / 10000^(2i / dModel)), p[2i + 1] = cos(position / 10000^(2i / dModel))
 *
 * `forward(x, { offset })`. There is nothing to train: positions that are learnt are an `nn.Embedding`.
 *
 * Shapes: x (T, N, dModel), with `batchFirst` (N, T, dModel), without N for one sequence; output the same.
 *
 * @example
 * const positions = new nn.PositionalEncoding(16, { batchFirst: true })
 * positions.forward(randn([8, 10, 16])).shape // [8, 10, 16]
 *
 * Source: Vaswani et al., Attention is all you need (2017).
 */
export class PositionalEncoding extends Module<[x: Tensor, options?: PositionOptions]> {
  static {
    markBuiltIn(this, ({ dModel, maxLength, dropout, batchFirst }) => [
      dModel,
      { maxLength, dropout: dropout.p, batchFirst },
    ])
  }

  dropout: Dropout
  readonly maxLength: number
  readonly batchFirst: boolean
  readonly #table: PositionTable

  /** @throws ValueError unless dModel is a whole number ≥ 1. */
  constructor(
    readonly dModel: number,
    options: PositionalEncodingOptions = {},
  ) {
    checkArguments(new.target.name, 2, arguments)
    super()
    const who = 'PositionalEncoding'
    const { maxLength, dropout, batchFirst, generator } = readOptions(who, OPTIONS, options)
    if (!(Number.isInteger(dModel) && dModel >= 1)) {
      throw new ValueError(complaint(who, 'dModel', 'a whole number of at least 1', dModel))
    }
    this.dropout = new Dropout(dropout, { generator })
    this.maxLength = maxLength
    this.batchFirst = batchFirst
    this.#table = new PositionTable(dModel, (row, position) => {
      for (let i = 0; i < dModel; i++) {
        const angle = position * 10_000 ** (-(i - (i % 2)) / dModel)
        row[i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
      }
    })
  }

  protected override get isLent(): boolean {
    return true
  }

  /** @throws ShapeError, DTypeError for another input, or one that ends behind maxLength. */
  override forward(x: Tensor, options?: PositionOptions): Tensor {
    const { dModel, batchFirst, maxLength } = this
    const who = this.describe()
    const { offset } = readOptions(who, POSITION, options)
    checkInput(who, x)
    if ((x.ndim !== 2 && x.ndim !== 3) || x.shape.at(-1) !== dModel) {
      const expected = `shape (${batchFirst ? 'N, T' : 'T, N'}, ${dModel}) or (T, ${dModel})`
      throw new ShapeError(complaint(who, 'the input', expected, `shape ${formatShape(x.shape)}`))
    }
    const isLast = batchFirst || x.ndim === 2
    const steps = x.shape[isLast ? x.ndim - 2 : 0]!
    checkPositions(who, offset, steps, maxLength)
    const rows = this.#table.rows(x.dtype as FloatDType, offset, steps)
    const sum = add(x, isLast ? rows : rows.unsqueeze(1))
    if (x.ndim === 2) return this.dropout.forward(sum)
    return alongAxis(batchFirst ? 0 : 1, () => this.dropout.forward(sum))
  }

  override extraRepr(): string {
    return `${this.dModel}, maxLength=${this.maxLength}`
  }
}
