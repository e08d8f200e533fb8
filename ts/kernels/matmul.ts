import { ActivationKind } from './kinds.js'
import {
  addedTo,
  type ArgsOf,
  code,
  type Field,
  flag,
  number,
  operation,
  optional,
  read,
  readOrNull,
  sizes,
} from './operation.js'
import type { View } from './view.js'

/**
 * out (m, n) = activation(alpha * op(a) op(b) + beta * out + bias), op(a) is (m, k), op(b) is (k, n).
 * With k = 0 the product is 0; with beta = 0 out is written without being read. The activation is applied
 * to the result as it would have been stored.
 */
export const matmul = operation('out', {
  a: read,
  b: read,
  out: addedTo('beta'),
  m: number,
  n: number,
  k: number,
  /** a is stored as (k, m), not (m, k). */
  transposeA: optional(flag, false),
  /** b is stored as (n, k), not (k, n). */
  transposeB: optional(flag, false),
  alpha: optional(number, 1),
  beta: optional(number, 0),
  /** (n), added to every row before the activation. */
  bias: optional(readOrNull, null),
  activation: optional(code<ActivationKind>(), ActivationKind.identity),
  /** Of the activation. */
  parameter: optional(number, 0),
})
export type MatmulArgs = ArgsOf<typeof matmul>

/**
 * Sizes of outer * inner products, each (m, k) times (k, n). The operands of product (i, j) begin i * outer +
 * j * inner elements after those of the first (0: all share one), and their rows lie `row` elements apart.
 */
export interface BatchMatmulShape {
  readonly outer: number
  readonly inner: number
  readonly m: number
  readonly n: number
  readonly k: number
  readonly aOuter: number
  readonly aInner: number
  readonly aRow: number
  readonly bOuter: number
  readonly bInner: number
  readonly bRow: number
  readonly outOuter: number
  readonly outInner: number
  readonly outRow: number
}

const batchMatmulShape = sizes<BatchMatmulShape>(
  'outer',
  'inner',
  'm',
  'n',
  'k',
  'aOuter',
  'aInner',
  'aRow',
  'bOuter',
  'bInner',
  'bRow',
  'outOuter',
  'outInner',
  'outRow',
)

/** Read where it is added to, or where the products leave gaps. */
const productsOf: Field<View> = {
  kind: 'operand',
  effect: ({ out, shape, beta }) => {
    const { outer, inner, m, n } = shape as BatchMatmulShape
    const whole = (out as View).length === outer * inner * m * n
    return whole && (beta ?? 0) === 0 ? 'overwrites' : 'updates'
  },
}

/**
 * out = alpha * op(a) op(b) + beta * out for each product of a batch, as `matmul`. Steps that would give two
 * elements of out one place raise `ERR_SHAPE`.
 */
export const batchMatmul = operation('out', {
  a: read,
  b: read,
  out: productsOf,
  shape: batchMatmulShape,
  /** Each a is stored as (k, m). */
  transposeA: optional(flag, false),
  /** Each b is stored as (n, k). */
  transposeB: optional(flag, false),
  alpha: optional(number, 1),
  beta: optional(number, 0),
})
export type BatchMatmulArgs = ArgsOf<typeof batchMatmul>

export const matmulOperations = { matmul, batchMatmul }
