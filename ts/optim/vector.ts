import { kernels } from '../kernels/backend.js'
import type { FloatDType } from '../kernels/dtype.js'
import type { Parameter } from '../nn/parameter.js'
import { slotOf } from '../nn/utils/gradients.js'
import { zeros } from '../tensor/create.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { noteWrite } from '../tensor/written.js'

/** float64 where one of the parameters is; what they have in common otherwise. */
export function commonDType(parameters: readonly Parameter[]): FloatDType {
  return parameters.some(({ dtype }) => dtype === 'float64') ? 'float64' : 'float32'
}

/** The values of all parameters, one after the other. */
export function valuesOf(parameters: readonly Parameter[]): Tensor {
  return joined(parameters, (parameter) => parameter)
}

/** Their gradients, 0 for those that have none. */
export function gradientsOf(parameters: readonly Parameter[]): Tensor {
  return joined(parameters, ({ grad }) => grad)
}

function joined(parameters: readonly Parameter[], part: (of: Parameter) => Tensor | null): Tensor {
  const length = parameters.reduce((sum, parameter) => sum + parameter.length, 0)
  const out = zeros([length], { dtype: commonDType(parameters) })
  let offset = 0
  for (const parameter of parameters) {
    const values = part(parameter)
    if (values !== null) convert(values, out.narrow(0, offset, parameter.length))
    offset += parameter.length
  }
  return out
}

/** Writes such a vector back into the parameters. */
export function assign(parameters: readonly Parameter[], values: Tensor): void {
  let offset = 0
  for (const parameter of parameters) {
    convert(values.narrow(0, offset, parameter.length), parameter)
    noteWrite(parameter)
    offset += parameter.length
  }
}

function convert(x: Tensor, y: Tensor): void {
  if (x.dtype === y.dtype) kernels().copy({ x, y, n: x.length })
  else kernels().cast({ x, y, n: x.length, scale: 1, shift: 0 })
}

/** x + alpha d */
export function along(x: Tensor, alpha: number, d: Tensor): Tensor {
  const out = scaled(x, 1)
  add(out, alpha, d)
  return out
}

/** alpha x */
export function scaled(x: Tensor, alpha: number): Tensor {
  const out = empty(x.shape, x.dtype)
  kernels().axpby({ x, y: out, n: x.length, alpha, beta: 0 })
  return out
}

/** x = x + alpha d */
export function add(x: Tensor, alpha: number, d: Tensor): void {
  kernels().axpby({ x: d, y: x, n: x.length, alpha, beta: 1 })
}

export function dot(x: Tensor, y: Tensor): number {
  const out = empty([1], x.dtype)
  kernels().matmul({ a: x, b: y, out, m: 1, n: 1, k: x.length })
  return out.item()
}

/** The p-norm: the largest absolute value for Infinity, their sum for 1. */
export function norm(x: Tensor, p: number): number {
  const out = empty([1], 'float64')
  kernels().gradNorm({ out, p, slots: [slotOf(x)] })
  return out.item()
}
