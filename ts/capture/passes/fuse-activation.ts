import { ActivationKind, type MatmulOptions } from '../../kernels/kernels.js'
import type { KernelCall } from '../../kernels/program.js'
import type { Tensor } from '../../tensor/tensor.js'
import { sameView, usesByBuffer } from './tensors.js'
import type { Values } from './values.js'

/**
 * Has a matrix product, a convolution or a batch normalisation apply the activation function that
 * comes after it, while the results are in registers or in cache. In training that is possible where
 * the gradient follows from the result of the function as well as from its argument, which then
 * exists nowhere.
 */
export function fuseActivations(calls: readonly KernelCall[], values: Values): KernelCall[] {
  const fused = [...calls]
  const dropped = new Set<number>()
  const uses = usesByBuffer(calls)
  calls.forEach(({ method, args }, at) => {
    if (method !== 'activation') return
    const [kind, x, y, n, parameter] = args as [ActivationKind, Tensor, Tensor, number, number]
    if (!values.has(x.buffer) || n !== x.length) return
    const [producer, ...users] = uses.get(x.buffer)!
    const made = withActivation(fused[producer!]!, x, y, kind, parameter)
    if (made === null) return
    const others = users.filter((user) => user !== at)
    const gradients = others.every((user) => {
      const call = calls[user]!
      return (
        call.method === 'activationGradient' &&
        call.args[0] === kind &&
        sameView(call.args[1], x) &&
        sameView(call.args[2], y) &&
        !sameView(call.args[3], x) &&
        call.args[6] === parameter
      )
    })
    if (!gradients || (others.length > 0 && !followsFromResult(kind, parameter))) return
    // The result is written earlier than it was.
    if (uses.get(y.buffer)!.some((user) => user >= producer! && user < at)) return
    fused[producer!] = made
    dropped.add(at)
    for (const user of others) {
      fused[user] = { method: 'activationGradient', args: fused[user]!.args.with(1, y) }
    }
  })
  return fused.filter((_, i) => !dropped.has(i))
}

/** Whether f'(x) can be computed from f(x) in the place of x, to the same bits. */
function followsFromResult(kind: ActivationKind, parameter: number): boolean {
  switch (kind) {
    case ActivationKind.relu:
    case ActivationKind.sigmoid:
    case ActivationKind.tanh:
      return true
    case ActivationKind.leakyRelu: // the sign of the result is that of x
      return parameter > 0
    default:
      return false
  }
}

/** The call that makes x, which makes y = f(x) instead; null when it has no place for f. */
function withActivation(
  { method, args }: KernelCall,
  x: Tensor,
  y: Tensor,
  kind: ActivationKind,
  parameter: number,
): KernelCall | null {
  if (method === 'matmul') {
    const options = (args[6] ?? {}) as MatmulOptions
    const { activation = ActivationKind.identity } = options
    if (activation !== ActivationKind.identity || !sameView(args[2], x)) return null
    const withF = { ...options, activation: kind, parameter }
    return { method, args: [...args.slice(0, 6).with(2, y), withF] }
  }
  const places = placesOf[method]
  if (places === undefined) return null
  const [result, activation] = places
  if (args[activation] !== ActivationKind.identity || !sameView(args[result], x)) return null
  return {
    method,
    args: args
      .with(result, y)
      .with(activation, kind)
      .with(activation + 1, parameter),
  }
}

/** Where the result of a kernel stands, and where its activation with the parameter after it. */
const placesOf: Partial<Record<KernelCall['method'], readonly [result: number, kind: number]>> = {
  conv2d: [3, 5],
  batchNorm: [8, 14],
  batchNormInference: [7, 12],
}
