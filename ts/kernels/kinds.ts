/** Activation functions; the codes of native/cpu/tables/activation.h. */
export const ActivationKind = {
  identity: 0,
  /** max(x, 0) */
  relu: 1,
  /** x where x > 0, parameter * x elsewhere */
  leakyRelu: 2,
  /** 1 / (1 + exp(-x)) */
  sigmoid: 3,
  tanh: 4,
  /** x * sigmoid(parameter * x) */
  swish: 5,
  /** x * (1 + erf(x / sqrt 2)) / 2 */
  gelu: 6,
  /** x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2 */
  geluTanh: 7,
  /** log(1 + exp(parameter * x)) / parameter; x itself where parameter * x > 20, as PyTorch does */
  softplus: 8,
  /** -1 where x < 0, 1 elsewhere, and so for 0; the gradient passes as if it were the identity */
  signStraightThrough: 9,
  /** the same; the gradient passes where |x| <= 1 */
  signClipped: 10,
  /** the same; the gradient is that of 2x + x^2 on [-1, 0), of 2x - x^2 on [0, 1), 0 elsewhere */
  signParabola: 11,
} as const
export type ActivationKind = (typeof ActivationKind)[keyof typeof ActivationKind]

/** Recurrent layers; the codes of native/cpu/tables/recurrent.h. */
export const RecurrentKind = { tanh: 0, relu: 1, lstm: 2, gru: 3 } as const
export type RecurrentKind = (typeof RecurrentKind)[keyof typeof RecurrentKind]

/** Elementwise functions of one argument; the codes of native/cpu/tables/elementwise.h. */
export const UnaryKind = {
  exp: 0,
  log: 1,
  sqrt: 2,
  abs: 3,
  neg: 4,
  square: 5,
  reciprocal: 6,
  sign: 7,
  erf: 8,
  tanh: 9,
  /** log(1 + x) */
  log1p: 10,
  /** exp(x) - 1 */
  expm1: 11,
  /** 1 / sqrt(x) */
  rsqrt: 12,
  sin: 13,
  cos: 14,
} as const
export type UnaryKind = (typeof UnaryKind)[keyof typeof UnaryKind]

/** Elementwise functions of two arguments; the codes of native/cpu/tables/elementwise.h. */
export const BinaryKind = { add: 0, sub: 1, mul: 2, div: 3, max: 4, min: 5, pow: 6 } as const
export type BinaryKind = (typeof BinaryKind)[keyof typeof BinaryKind]

/** What two numbers may be to each other; the codes of native/cpu/tables/mask.h. */
export const CompareKind = { eq: 0, ne: 1, lt: 2, le: 3, gt: 4, ge: 5 } as const
export type CompareKind = (typeof CompareKind)[keyof typeof CompareKind]

/** How the second operand of a binary operation meets a (rows, cols) first one. */
export const Broadcast = {
  /** b is (rows, cols) */
  none: 0,
  /** b is (cols): the same row for every row of a */
  row: 1,
  /** b is (rows): one value for each row of a */
  column: 2,
  /** b is one element */
  scalar: 3,
} as const
export type Broadcast = (typeof Broadcast)[keyof typeof Broadcast]

export const ReduceKind = { sum: 0, mean: 1, max: 2, min: 3, product: 4 } as const
export type ReduceKind = (typeof ReduceKind)[keyof typeof ReduceKind]

/** What a criterion does with the losses of the rows. */
export const Reduction = { none: 0, mean: 1, sum: 2 } as const
export type Reduction = (typeof Reduction)[keyof typeof Reduction]
