// The functions of tensors as methods: x.add(y) is add(x, y).
import { Tensor } from '../tensor/tensor.js'
import { add, div, maximum, minimum, mul, sub } from './binary.js'
import { matmul } from './matmul.js'
import { argmax, max, mean, min, sum } from './reduce.js'
import { logSoftmax, softmax } from './softmax.js'
import { chunk, split } from './split.js'
import { transpose } from './transpose.js'
import { abs, erf, exp, log, neg, reciprocal, sign, sqrt, square, tanh } from './unary.js'

/** A function of a tensor as its method: the tensor comes first. */
type Method<F> = F extends (x: infer X, ...rest: infer R) => infer O
  ? Tensor extends X
    ? (...rest: R) => O
    : never
  : never

const functions = {
  abs,
  add,
  argmax,
  chunk,
  div,
  erf,
  exp,
  log,
  logSoftmax,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  neg,
  reciprocal,
  sign,
  softmax,
  split,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  transpose,
}

type Functions = typeof functions
type Methods = { readonly [K in keyof Functions]: Method<Functions[K]> }

declare module '../tensor/tensor.js' {
  // The functions' own docstrings tell what they do.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface Tensor extends Methods {}
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
