import { ActivationKind } from '../../kernels/kernels.js'
import type { KernelCall } from '../../kernels/operations.js'
import type { Pool2dGeometry } from '../../kernels/pool2d.js'
import { itemSize } from '../../kernels/dtype.js'
import { Tensor } from '../../tensor/tensor.js'
import { isWrittenBetween, sameView, usesByBuffer } from './tensors.js'
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
    if (call.method !== 'activationGradient' || call.args.kind !== ActivationKind.relu) return
    const { y, gradY, gradX, n } = call.args
    if (!values.has(gradY.buffer) || !values.has(y.buffer) || n !== gradY.length) return
    const [unpool, ...users] = uses.get(gradY.buffer)!
    if (users.length !== 1) return
    const gradient = calls[unpool!]!
    if (gradient.method !== 'maxPool2dGradient' || !sameView(gradient.args.gradX, gradY)) return
    const { gradOut: gradPooled, index, geometry } = gradient.args
    const pool = calls.findLast(
      ({ method, args }, i) => i < unpool! && method === 'maxPool2d' && sameView(args.index, index),
    )
    if (pool?.method !== 'maxPool2d' || !sameView(pool.args.x, y)) return
    if (!windowsHaveElements(geometry)) return
    const pooled = pool.args.out
    // What was pooled must still be there, and the result is written earlier than it was.
    if (![pooled, index].every(({ buffer }) => values.has(buffer))) return
    if (isWrittenBetween(calls, [y, pooled, index], calls.indexOf(pool) + 1, unpool!)) return
    if (uses.get(gradX.buffer)!.some((user) => user > unpool! && user < at)) return

    if (!(gradPooled instanceof Tensor)) return
    const value = new ArrayBuffer(0)
    const { shape, dtype, length } = gradPooled
    values.set(value, itemSize[dtype] * length)
    const masked = new Tensor(value, 0, shape, dtype, length)
    inserted.set(unpool!, {
      method: 'activationGradient',
      args: {
        kind: ActivationKind.relu,
        x: pooled,
        y: pooled,
        gradY: gradPooled,
        gradX: masked,
        n: length,
        parameter: 0,
      },
    })
    result[unpool!] = {
      method: 'maxPool2dGradient',
      args: { gradOut: masked, index, gradX, geometry },
    }
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
