import type { UnaryArgs, BinaryArgs, AffineArgs, AxpbyArgs } from '../elementwise.js'
import { ValueError } from '../../errors.js'
import { BinaryKind, Broadcast, UnaryKind } from '../kernels.js'
import { erf } from './erf.js'
import { floats } from './operand.js'

function unaryFunction(kind: UnaryKind): (x: number) => number {
  switch (kind) {
    case UnaryKind.exp:
      return Math.exp
    case UnaryKind.log:
      return Math.log
    case UnaryKind.sqrt:
      return Math.sqrt
    case UnaryKind.abs:
      return Math.abs
    case UnaryKind.neg:
      return (x) => -x
    case UnaryKind.square:
      return (x) => x * x
    case UnaryKind.reciprocal:
      return (x) => 1 / x
    case UnaryKind.sign:
      return (x) => Number(x > 0) - Number(x < 0) // 0 for NaN, as PyTorch's sign
    case UnaryKind.erf:
      return erf
    case UnaryKind.tanh:
      return Math.tanh
    case UnaryKind.log1p:
      return Math.log1p
    case UnaryKind.expm1:
      return Math.expm1
    case UnaryKind.rsqrt:
      return (x) => 1 / Math.sqrt(x)
    case UnaryKind.sin:
      return Math.sin
    case UnaryKind.cos:
      return Math.cos
    default:
      throw new ValueError(`unary: unknown function ${String(kind)}`)
  }
}

/** max and min give NaN when either argument is NaN, as PyTorch's maximum and minimum do. */
function binaryFunction(kind: BinaryKind): (a: number, b: number) => number {
  switch (kind) {
    case BinaryKind.add:
      return (a, b) => a + b
    case BinaryKind.sub:
      return (a, b) => a - b
    case BinaryKind.mul:
      return (a, b) => a * b
    case BinaryKind.div:
      return (a, b) => a / b
    case BinaryKind.max:
      return Math.max
    case BinaryKind.min:
      return Math.min
    case BinaryKind.pow:
      // C99 and PyTorch: 1 to any power, and -1 to an infinite one
      return (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b)
    default:
      throw new ValueError(`binary: unknown function ${String(kind)}`)
  }
}

/** Where b's element for (r, c) lies is r * rowStep + c * columnStep; `length` elements are read. */
export function layoutOf(broadcast: Broadcast, rows: number, cols: number) {
  switch (broadcast) {
    case Broadcast.none:
      return { rowStep: cols, columnStep: 1, length: rows * cols }
    case Broadcast.row:
      return { rowStep: 0, columnStep: 1, length: cols }
    case Broadcast.column:
      return { rowStep: 1, columnStep: 0, length: rows }
    case Broadcast.scalar:
      return { rowStep: 0, columnStep: 0, length: 1 }
    default:
      throw new ValueError(`unknown broadcast ${String(broadcast)}`)
  }
}

export function unary({ kind, x, y, n }: UnaryArgs): void {
  const f = unaryFunction(kind)
  const xs = floats(x, n, 'unary', 'x')
  const ys = floats(y, n, 'unary', 'y')
  for (let i = 0; i < n; i++) ys[i] = f(xs[i]!)
}

export function binary({ kind, broadcast, a, b, out, rows, cols }: BinaryArgs): void {
  const op = 'binary'
  const f = binaryFunction(kind)
  const { rowStep, columnStep, length } = layoutOf(broadcast, rows, cols)
  const as = floats(a, rows * cols, op, 'a')
  const bs = floats(b, length, op, 'b')
  const outs = floats(out, rows * cols, op, 'out')
  if (outs.length === 0) return
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      outs[r * cols + c] = f(as[r * cols + c]!, bs[r * rowStep + c * columnStep]!)
    }
  }
}

export function affine({ x, y, n, scale, shift }: AffineArgs): void {
  const xs = floats(x, n, 'affine', 'x')
  const ys = floats(y, n, 'affine', 'y')
  for (let i = 0; i < n; i++) ys[i] = scale * xs[i]! + shift
}

export function axpby({ x, y, n, alpha, beta }: AxpbyArgs): void {
  const xs = floats(x, n, 'axpby', 'x')
  const ys = floats(y, n, 'axpby', 'y')
  for (let i = 0; i < n; i++) {
    ys[i] = beta === 0 ? alpha * xs[i]! : alpha * xs[i]! + beta * ys[i]!
  }
}

export const elementwiseKernels = { unary, binary, affine, axpby }
