import './methods.js'

export type { Dims, ReduceOptions } from './along.js'
export { relu, sigmoid } from './activation.js'
export { add, div, maximum, minimum, mul, sub } from './binary.js'
export { einsum } from './einsum.js'
export { amax, amin, argmax, argmin, max, min, type ValuesAndIndices } from './extremes.js'
export {
  eq,
  ge,
  gt,
  le,
  logicalAnd,
  logicalNot,
  logicalOr,
  lt,
  maskedFill,
  ne,
  where,
} from './mask.js'
export { bmm, dot, matmul, outer } from './matmul.js'
export { norm } from './norm.js'
export { mean, sum } from './reduce.js'
export { pow } from './pow.js'
export { cumsum, prod } from './scan.js'
export { clamp } from './clamp.js'
export { cat, stack } from './cat.js'
export { expand, tile } from './expand.js'
export { flip, roll } from './flip.js'
export {
  embedding,
  type EmbeddingFunctionOptions,
  gather,
  indexSelect,
  oneHot,
  scatter,
  scatterAdd,
} from './gather.js'
export { maskedSelect, nonzero } from './masked.js'
export { pad, type PadOptions } from './pad.js'
export { argsort, sort, type SortOptions, topk, type TopkOptions } from './sort.js'
export { tril, triu } from './triangle.js'
export { narrow, select, slice } from './part.js'
export { permute, transpose } from './permute.js'
export { flatten, reshape, squeeze, unflatten, unsqueeze } from './reshape.js'
export { logSoftmax, softmax } from './softmax.js'
export { chunk, split, unbind } from './split.js'
export { logsumexp, std, variance as var, type VarianceOptions } from './statistics.js'
export {
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
