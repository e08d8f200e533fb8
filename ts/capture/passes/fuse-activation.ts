import { slopeFollowsFromResult } from '../../kernels/activation.js'
import { ActivationKind, type View } from '../../kernels/kernels.js'
import type { KernelCall } from '../../kernels/operations.js'
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
  calls.forEach((call, at) => {
    if (call.method !== 'activation') return
    const { kind, x, y, n, parameter } = call.args
    if (!values.has(x.buffer) || n !== x.length) return
    const [producer, ...users] = uses.get(x.buffer)!
    const made = withActivation(fused[producer!]!, x, { y, kind, parameter })
    if (made === null) return
    const others = users.filter((user) => user !== at)
    const gradients = others.every((user) => {
      const { method, args } = calls[user]!
      return (
        method === 'activationGradient' &&
        args.kind === kind &&
        sameView(args.x, x) &&
        sameView(args.y, y) &&
        !sameView(args.gradY, x) &&
        args.parameter === parameter
      )
    })
    if (!gradients || (others.length > 0 && !slopeFollowsFromResult(kind, parameter))) return
    // The result is written earlier than it was.
    if (uses.get(y.buffer)!.some((user) => user >= producer! && user < at)) return
    fused[producer!] = made
    dropped.add(at)
    for (const user of others) {
      const gradient = fused[user]!
      fused[user] = { ...gradient, args: { ...gradient.args, x: y } } as KernelCall
    }
  })
  return fused.filter((_, i) => !dropped.has(i))
}

/** The call that makes x, which makes y = f(x) instead; null when it has no place for f. */
function withActivation(
  call: KernelCall,
  x: View,
  { y, kind, parameter }: { y: View; kind: ActivationKind; parameter: number },
): KernelCall | null {
  switch (call.method) {
    case 'matmul':
    case 'conv2d':
    case 'batchNorm':
    case 'batchNormInference': {
      const { out, activation = ActivationKind.identity } = call.args
      if (activation !== ActivationKind.identity || !sameView(out, x)) return null
      return { ...call, args: { ...call.args, out: y, activation: kind, parameter } } as KernelCall
    }
    default:
      return null
  }
}
