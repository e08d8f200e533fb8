import { ActivationKind } from './kinds.js'
import {
  addedTo,
  type ArgsOf,
  code,
  flag,
  number,
  operation,
  optional,
  read,
  readOrNull,
} from './operation.js'

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

export const matmulOperations = { matmul }
