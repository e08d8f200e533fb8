import { checkArguments, checkList } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { flag, type Option, type Options, readOptions, unchecked } from '../options.js'
import { noTensor, Tensor } from '../tensor/tensor.js'
import { ownSum, runBackward } from './backward.js'
import { edgeOf } from './differentiable.js'
import { seedOf } from './seed.js'

export interface GradOptions {
  /** Gradient of what is looked for by `loss`; may be left out where that is one number. */
  gradOutput?: Tensor
  /** Whether what the graph has saved stays, for a further pass. Default false. */
  retainGraph?: boolean
  /** Gradients have no graph of their own: anything but false is refused. */
  createGraph?: false
}

/** Refused by name. */
export const createGraph: Option<false | undefined> = {
  initial: undefined,
  expected: 'left out, as gradients of gradients are not computed',
  accepts: (value) => value === false,
}

const OPTIONS = {
  gradOutput: unchecked<Tensor>(),
  retainGraph: flag(false),
  createGraph,
} satisfies Options<GradOptions>

/**
 * The gradients of a loss by some tensors, leaves or results, without touching any `grad`: each in memory
 * of its own, null where the loss does not depend on the tensor. What leads to none of them is not run.
 *
 * @throws ValueError when `loss` or a tensor requires no gradient, and as `loss.backward()`.
 * @throws ShapeError, DTypeError when `gradOutput` is not like `loss`.
 *
 * @example
 * const [byX] = autograd.grad(sum(mul(x, x)), [x])
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 */
export function grad(
  loss: Tensor,
  tensors: readonly Tensor[],
  options?: GradOptions,
): (Tensor | null)[] {
  checkArguments('autograd.grad', 3, arguments)
  const who = 'autograd.grad'
  const { gradOutput = null, retainGraph } = readOptions(who, OPTIONS, options)
  if (!(loss instanceof Tensor)) throw noTensor(who, 'the loss', loss)
  checkList(who, 'the tensors', tensors)
  const histories = tensors.map((tensor, i) => {
    if (!(tensor instanceof Tensor)) throw noTensor(who, `tensor ${i}`, tensor)
    const history = edgeOf(tensor)
    if (history !== null) return history
    throw new ValueError(
      complaint(who, `tensor ${i}`, 'one that requires a gradient', tensor.toString()),
    )
  })
  const [root, seed] = seedOf(who, loss, gradOutput)
  const found = runBackward([root], [seed], retainGraph, new Set(histories))
  const given = new Set<Tensor>()
  return histories.map((history) => {
    const sum = found.get(history)
    const gradient = sum === undefined ? null : ownSum(sum)
    if (gradient === null || !given.has(gradient)) {
      if (gradient !== null) given.add(gradient)
      return gradient
    }
    return gradient.clone()
  })
}
