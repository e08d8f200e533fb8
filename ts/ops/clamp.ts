import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import type { Gradient } from '../autograd/node.js'
import { noGrad } from '../autograd/grad-mode.js'
import { noTensor, Tensor } from '../tensor/tensor.js'
import { maximum, minimum } from './binary.js'
import { checkOperands } from './check.js'
import { constant } from './constant.js'
import { ge, gt, le, logicalAnd, logicalOr, lt, where } from './mask.js'
import { sumTo } from './sum-to.js'

type Bound = Tensor | number | null

/**
 * min(max(x, low), high), elementwise; NaN stays. Where the lower bound is above the upper one it is the
 * upper. The gradient is 0 outside of the bounds, 1 at them.
 *
 * @param low A number or a tensor of the same dtype, broadcast as in PyTorch; null: none.
 * @param high The same; one of both there must be.
 * @throws ShapeError when the shapes do not go together.
 * @throws DTypeError unless all are float32 or all float64.
 *
 * @example
 * clamp(tensor([-2, 0.5, 2]), -1, 1).toArray() // [-1, 0.5, 1]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.clamp.html
 */
export function clamp(x: Tensor, low: Bound, high: Bound = null): Tensor {
  checkArguments('clamp', 3, arguments)
  checkOperands('clamp', x)
  const bounds = [boundOf(x, low), boundOf(x, high)] as const
  const [from, to] = bounds
  if (from === null && to === null) {
    throw new ValueError(complaint('clamp', 'the bounds', 'at least one', 'none'))
  }
  const inputs = [x, ...bounds.filter((bound) => bound !== null)]
  const out = noGrad(() => {
    const raised = from === null ? x : maximum(x, from)
    return to === null ? raised : minimum(raised, to)
  })
  if (!joinsGraph(...inputs)) return out
  const shapes = inputs.map(({ shape }) => shape)
  return joined('clamp', inputs, {}, out, inputs, ([g], wants, [x, ...saved]) => {
    const from = low === null ? null : saved[0]!
    const to = high === null ? null : saved.at(-1)!
    const gradients: (Gradient | false)[] = [wants[0]! && within(g!, x!, from, to)]
    if (from) {
      const below = (): Tensor => (to ? logicalAnd(lt(x!, from), lt(from, to)) : lt(x!, from))
      gradients.push(wants[1]! && where(below(), g!, 0))
    }
    if (to) {
      const above = (): Tensor => (from ? logicalOr(gt(x!, to), lt(to, from)) : gt(x!, to))
      gradients.push(wants.at(-1)! && where(above(), g!, 0))
    }
    return gradients.map((gradient, i) => (gradient ? sumTo(gradient, shapes[i]!) : null))
  })
}

function within(g: Tensor, x: Tensor, from: Tensor | null, to: Tensor | null): Tensor {
  const above = from && ge(x, from)
  const below = to && le(x, to)
  return where(above && below ? logicalAnd(above, below) : (above ?? below)!, g, 0)
}

function boundOf({ dtype }: Tensor, bound: Bound): Tensor | null {
  if (bound === null) return null
  if (typeof bound === 'number') return constant(bound, dtype)
  if (!(bound instanceof Tensor)) throw noTensor('clamp', 'a bound', bound)
  return bound
}
