import { writtenBy } from '../../kernels/effects.js'
import { ActivationKind } from '../../kernels/kernels.js'
import type { Pool2dGeometry } from '../../kernels/pool2d.js'
import type { KernelCall } from '../../kernels/program.js'
import { itemSize } from '../../kernels/dtype.js'
import { Tensor } from '../../tensor/tensor.js'
import { sameView, usesByBuffer } from './tensors.js'
import type { Values } from './values.js'

/**
 * ReLU under a max-pooling: its gradient is applied before that of the pooling, to one number a
 * window. An element that was the largest of its window was pooled as it is, so whether it is above 0
 * can be told from what was pooled; all others have a gradient of 0, whatever they are.
 */
export function maskBeforePool(calls: readonly KernelCall[], values: Values): KernelCall[] {
  const uses = usesByBuffer(calls)
  const result: (KernelCall | null)[] = [...calls]
  const inserted = new Map<number, KernelCall>()
  calls.forEach((call, at) => {
    if (call.method !== 'activationGradient' || call.args[0] !== ActivationKind.relu) return
    const [, , y, gradY, gradX, n] = call.args as [unknown, Tensor, Tensor, Tensor, Tensor, number]
    if (!values.has(gradY.buffer) || !values.has(y.buffer) || n !== gradY.length) return
    const [unpool, ...users] = uses.get(gradY.buffer)!
    if (users.length !== 1) return
    const gradient = calls[unpool!]!
    if (gradient.method !== 'maxPool2dGradient' || !sameView(gradient.args[2], gradY)) return
    const [gradPooled, index, , geometry] = gradient.args as [
      Tensor, Tensor, Tensor, Pool2dGeometry,
    ] // prettier-ignore
    const pool = calls.findLastIndex(
      ({ method, args }, i) => i < unpool! && method === 'maxPool2d' && sameView(args[2], index),
    )
    if (pool < 0 || !sameView(calls[pool]!.args[0], y) || !windowsHaveElements(geometry)) return
    const pooled = calls[pool]!.args[1] as Tensor
    // What was pooled must still be there, and the result is written earlier than it was.
    if (![pooled, index].every(({ buffer }) => values.has(buffer))) return
    if (writtenBetween(calls, [y, pooled, index], pool + 1, unpool!)) return
    if (uses.get(gradX.buffer)!.some((user) => user > unpool! && user < at)) return

    const value = new ArrayBuffer(0)
    const { shape, dtype, length } = gradPooled
    values.set(value, itemSize[dtype] * length)
    const masked = new Tensor(value, 0, shape, dtype, length)
    inserted.set(unpool!, {
      method: 'activationGradient',
      args: [ActivationKind.relu, pooled, pooled, gradPooled, masked, length, 0],
    })
    result[unpool!] = { method: 'maxPool2dGradient', args: [masked, index, gradX, geometry] }
    result[at] = null
  })
  return result.flatMap((call, i) => {
    const before = inserted.get(i)
    return [...(before === undefined ? [] : [before]), ...(call === null ? [] : [call])]
  })
}

/** No window lies in the padding alone: such a one is said to have pooled element 0. */
function windowsHaveElements(g: Pool2dGeometry): boolean {
  return (
    g.padTop === 0 &&
    g.padLeft === 0 &&
    (g.outHeight - 1) * g.strideHeight < g.inHeight &&
    (g.outWidth - 1) * g.strideWidth < g.inWidth
  )
}

function writtenBetween(
  calls: readonly KernelCall[],
  tensors: readonly Tensor[],
  first: number,
  end: number,
): boolean {
  const buffers = new Set(tensors.map(({ buffer }) => buffer))
  return calls.slice(first, end).some((call) =>
    writtenBy(call).some((place) => {
      const written = call.args[place]
      return written instanceof Tensor && buffers.has(written.buffer)
    }),
  )
}
