import type { BatchMatmulArgs, MatmulArgs } from '../matmul.js'
import { doubles } from '../allocate.js'
import { ActivationKind } from '../kernels.js'
import { activationOfResult } from './activation.js'
import { checkApart, dims, extentOf } from './apart.js'
import { type Floats, floats } from './operand.js'

/** One operand: where its first element stands, and how far its rows are apart. */
interface Rows {
  readonly data: Floats
  readonly at: number
  readonly row: number
}

/** What follows the sums, by the column and the element of out before it. */
type Finish = (sum: number, old: number, j: number) => number

/**
 * out[i, j] = finish(sum_p op(a)[i, p] op(b)[p, j]).
 *
 * A row of the result is summed up in double precision before it is stored. The loops are ordered so
 * that the innermost one runs along the memory of b in either of its layouts.
 */
function multiply(
  a: Rows,
  b: Rows,
  out: Rows,
  { m, n, k }: { readonly m: number; readonly n: number; readonly k: number },
  transposeA: boolean,
  transposeB: boolean,
  finish: Finish,
): void {
  if (n === 0) return
  const aRow = doubles(k)
  const sums = doubles(n)
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++)
      aRow[p] = a.data[a.at + (transposeA ? p * a.row + i : i * a.row + p)]!
    if (transposeB) rowTimesTransposed(aRow, b, sums)
    else rowTimes(aRow, b, sums)
    for (let j = 0; j < n; j++) {
      const at = out.at + i * out.row + j
      out.data[at] = finish(sums[j]!, out.data[at]!, j)
    }
  }
}

/** activation(alpha * op(a) op(b) + beta * out + bias) */
export function matmul({ a, b, out, m, n, k, ...options }: MatmulArgs): void {
  const op = 'matmul'
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0, parameter = 0 } = options
  const f = activationOfResult(options.activation ?? ActivationKind.identity, parameter, out.dtype)
  const as = { data: floats(a, m * k, op, 'a'), at: 0, row: transposeA ? m : k }
  const bs = { data: floats(b, k * n, op, 'b'), at: 0, row: transposeB ? k : n }
  const outs = { data: floats(out, m * n, op, 'out'), at: 0, row: n }
  const bias = options.bias ? floats(options.bias, n, op, 'bias') : null
  multiply(as, bs, outs, { m, n, k }, transposeA, transposeB, (sum, old, j) => {
    let value = alpha * sum
    if (beta !== 0) value += beta * old
    if (bias) value += bias[j]!
    return f(value)
  })
}

export function batchMatmul({ a, b, out, shape, ...options }: BatchMatmulArgs): void {
  const op = 'batchMatmul'
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0 } = options
  const { outer, inner, m, n, k } = shape
  const { aOuter, aInner, aRow, bOuter, bInner, bRow, outOuter, outInner, outRow } = shape
  const [aRows, aCols] = transposeA ? [k, m] : [m, k]
  const [bRows, bCols] = transposeB ? [n, k] : [k, n]
  const places = dims([outOuter, outInner, outRow, 1], [outer, inner, m, n])
  const aPlaces = dims([aOuter, aInner, aRow, 1], [outer, inner, aRows, aCols])
  const bPlaces = dims([bOuter, bInner, bRow, 1], [outer, inner, bRows, bCols])
  const as = floats(a, extentOf(aPlaces), op, 'a')
  const bs = floats(b, extentOf(bPlaces), op, 'b')
  const outs = floats(out, extentOf(places), op, 'out')
  if (outs.length === 0) return
  checkApart(op, 'out', places)
  const finish: Finish = (sum, old) => (beta === 0 ? alpha * sum : alpha * sum + beta * old)
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      multiply(
        { data: as, at: i * aOuter + j * aInner, row: aRow },
        { data: bs, at: i * bOuter + j * bInner, row: bRow },
        { data: outs, at: i * outOuter + j * outInner, row: outRow },
        shape,
        transposeA,
        transposeB,
        finish,
      )
    }
  }
}

/** sums[j] = sum_p row[p] b[p, j], b of shape (k, n). */
function rowTimes(row: Float64Array, b: Rows, sums: Float64Array): void {
  const { data } = b
  const n = sums.length
  sums.fill(0)
  for (let p = 0; p < row.length; p++) {
    const factor = row[p]!
    const from = b.at + p * b.row
    for (let j = 0; j < n; j++) sums[j]! += factor * data[from + j]!
  }
}

/** sums[j] = sum_p row[p] b[j, p], b of shape (n, k). */
function rowTimesTransposed(row: Float64Array, b: Rows, sums: Float64Array): void {
  const { data } = b
  const k = row.length
  for (let j = 0; j < sums.length; j++) {
    let sum = 0
    const from = b.at + j * b.row
    for (let p = 0; p < k; p++) sum += row[p]! * data[from + p]!
    sums[j] = sum
  }
}

export const matmulKernels = { matmul, batchMatmul }
