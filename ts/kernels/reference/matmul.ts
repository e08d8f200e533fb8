import type { MatmulArgs } from '../matmul.js'
import { doubles } from '../allocate.js'
import { ActivationKind } from '../kernels.js'
import { activationOfResult } from './activation.js'
import { type Floats, floats } from './operand.js'

/**
 * out[i, j] = activation(alpha * sum_p op(a)[i, p] op(b)[p, j] + beta * out[i, j] + bias[j]).
 *
 * A row of the result is summed up in double precision before it is stored. The loops are ordered so
 * that the innermost one runs along the memory of b in either of its layouts.
 */
export function matmul({ a, b, out, m, n, k, ...options }: MatmulArgs): void {
  const op = 'matmul'
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0, parameter = 0 } = options
  const f = activationOfResult(options.activation ?? ActivationKind.identity, parameter, out.dtype)
  const as = floats(a, m * k, op, 'a')
  const bs = floats(b, k * n, op, 'b')
  const outs = floats(out, m * n, op, 'out')
  const bias = options.bias ? floats(options.bias, n, op, 'bias') : null
  if (m * n === 0) return

  const aRow = doubles(k)
  const sums = doubles(n)
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) aRow[p] = transposeA ? as[p * m + i]! : as[i * k + p]!
    if (transposeB) rowTimesTransposed(aRow, bs, sums)
    else rowTimes(aRow, bs, sums)
    for (let j = 0; j < n; j++) {
      let value = alpha * sums[j]!
      if (beta !== 0) value += beta * outs[i * n + j]!
      if (bias) value += bias[j]!
      outs[i * n + j] = f(value)
    }
  }
}

/** sums[j] = sum_p row[p] b[p, j], b of shape (k, n). */
function rowTimes(row: Float64Array, b: Floats, sums: Float64Array): void {
  const n = sums.length
  sums.fill(0)
  for (let p = 0; p < row.length; p++) {
    const factor = row[p]!
    for (let j = 0; j < n; j++) sums[j]! += factor * b[p * n + j]!
  }
}

/** sums[j] = sum_p row[p] b[j, p], b of shape (n, k). */
function rowTimesTransposed(row: Float64Array, b: Floats, sums: Float64Array): void {
  const k = row.length
  for (let j = 0; j < sums.length; j++) {
    let sum = 0
    for (let p = 0; p < k; p++) sum += row[p]! * b[j * k + p]!
    sums[j] = sum
  }
}

export const matmulKernels = { matmul }
