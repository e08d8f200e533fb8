// The functions of tensors as methods: x.add(y) is add(x, y).
import { Tensor } from '../tensor/tensor.js'
import type { ReduceOptions } from './along.js'
import { relu, sigmoid } from './activation.js'
import { add, div, maximum, minimum, mul, sub } from './binary.js'
import { amax, amin, argmax, argmin, max, min, type ValuesAndIndices } from './extremes.js'
import { clamp } from './clamp.js'
import { eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, lt, maskedFill, ne } from './mask.js'
import { bmm, dot, matmul, outer } from './matmul.js'
import { norm } from './norm.js'
import { mean, sum } from './reduce.js'
import { pow } from './pow.js'
import { cumsum, prod } from './scan.js'
import { expand, tile } from './expand.js'
import { flip, roll } from './flip.js'
import { embedding, gather, indexSelect, oneHot, scatter, scatterAdd } from './gather.js'
import { maskedSelect, nonzero } from './masked.js'
import { pad } from './pad.js'
import { argsort, sort, topk } from './sort.js'
import { tril, triu } from './triangle.js'
import { narrow, select, slice } from './part.js'
import { permute, transpose } from './permute.js'
import { flatten, squeeze, unflatten, unsqueeze } from './reshape.js'
import { logSoftmax, softmax } from './softmax.js'
import { chunk, split, unbind } from './split.js'
import { logsumexp, std, variance } from './statistics.js'
import {
  abs,
  cos,
  erf,
  exp,
  expm1,
  log,
  log1p,
  neg,
  reciprocal,
  rsqrt,
  sign,
  sin,
  sqrt,
  square,
  tanh,
} from './unary.js'

/** A function of a tensor as its method: the tensor comes first. */
type Method<F> = F extends (x: infer X, ...rest: infer R) => infer O
  ? Tensor extends X
    ? (...rest: R) => O
    : never
  : never

const functions = {
  abs,
  add,
  amax,
  amin,
  argmax,
  argmin,
  argsort,
  bmm,
  chunk,
  clamp,
  cos,
  cumsum,
  div,
  dot,
  embedding,
  eq,
  erf,
  exp,
  expand,
  expm1,
  flatten,
  flip,
  gather,
  ge,
  gt,
  indexSelect,
  le,
  log,
  log1p,
  logSoftmax,
  logicalAnd,
  logicalNot,
  logicalOr,
  logsumexp,
  lt,
  maskedFill,
  maskedSelect,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  narrow,
  ne,
  neg,
  norm,
  nonzero,
  oneHot,
  outer,
  pad,
  permute,
  pow,
  prod,
  reciprocal,
  relu,
  roll,
  rsqrt,
  scatter,
  scatterAdd,
  select,
  sigmoid,
  sign,
  sin,
  slice,
  softmax,
  sort,
  split,
  sqrt,
  square,
  std,
  squeeze,
  sub,
  sum,
  tanh,
  tile,
  topk,
  transpose,
  tril,
  triu,
  unbind,
  unflatten,
  unsqueeze,
  var: variance,
}

type Functions = typeof functions
type OfFunctions = { readonly [K in keyof Functions]: Method<Functions[K]> }

/** `max` and `min`: of everything, or along a dimension. */
interface Extremum {
  (): Tensor
  (dim: number, options?: ReduceOptions): ValuesAndIndices
}

/** What `Tensor` has beside its own methods. The functions' own docstrings tell what they do. */
export interface Methods extends Omit<OfFunctions, 'max' | 'min'> {
  readonly max: Extremum
  readonly min: Extremum
}

for (const [name, of] of Object.entries(functions)) {
  const call = of as (...args: unknown[]) => unknown
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return call(this, ...rest)
    },
    writable: true,
    configurable: true,
  })
}
