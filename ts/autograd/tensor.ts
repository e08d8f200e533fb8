// What the methods of a tensor do: see ts/tensor/tensor.ts.
import { checkFlag, checkFunction } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { flag, type Options, readOptions } from '../options.js'
import { currentCapture, kernels, noteUse } from '../kernels/backend.js'
import type { FloatDType } from '../kernels/dtype.js'
import { checkFloat } from '../tensor/create.js'
import {
  type Autograd,
  type BackwardOptions,
  type Derivation,
  installAutograd,
  type Tensor,
} from '../tensor/tensor.js'
import { noteWrite } from '../tensor/written.js'
import { ownSum, runBackward, type Sum } from './backward.js'
import { checkLike, checkRequires } from './check.js'
import { edgeOf, joined, joinsGraph, leafOf } from './differentiable.js'
import { createGraph } from './grad.js'
import type { History, Hook } from './node.js'
import { seedOf } from './seed.js'

const BACKWARD = { retainGraph: flag(false), createGraph } satisfies Options<BackwardOptions>

const historyOf = (tensor: Tensor): History | null => tensor.history as History | null

/** The gradient by a tensor from that by one of the same numbers. */
function backOf(op: Derivation, from: Tensor): (g: Tensor) => Tensor {
  const { shape } = from
  const dtype = from.dtype as FloatDType
  if (op === 'clone') return (g) => g
  return op === 'reshape' ? (g) => g.reshape(shape) : (g) => g.to(dtype)
}

const implementation: Autograd = {
  requiresGrad(tensor) {
    const history = historyOf(tensor)!
    if (history.leaf !== null) noteUse(tensor)
    return history.requiresGrad
  },

  setRequiresGrad(tensor, requiresGrad) {
    checkFlag(tensor.toString(), 'requiresGrad', requiresGrad)
    const history = historyOf(tensor)
    if (history?.node) {
      if (requiresGrad) return
      throw new ValueError(
        complaint(
          tensor.toString(),
          'requiresGrad',
          'true, as that of a result is',
          'false',
          'detach() gives one without history',
        ),
      )
    }
    if (requiresGrad)
      checkFloat(tensor.toString(), 'a tensor that requires a gradient', tensor.dtype)
    if (history === null) leafOf(tensor, requiresGrad)
    else history.requiresGrad = requiresGrad
  },

  isLeaf: (tensor) => historyOf(tensor)!.node === null,

  derive(op, from, to) {
    if (!joinsGraph(from)) return
    const back = backOf(op, from)
    joined(op, [from], {}, to, [], ([g]) => [back(g!)])
  },

  grad(tensor) {
    const history = historyOf(tensor)!
    noteGradient(history, true)
    return history.grad
  },

  setGrad(tensor, grad) {
    if (grad !== null) checkLike(tensor.toString(), tensor, grad)
    const history = historyOf(tensor) ?? leafOf(tensor, false)
    noteGradient(history, false)
    history.grad = grad
  },

  backward(tensor, gradient, options = {}) {
    const who = 'backward'
    const { retainGraph } = readOptions(who, BACKWARD, options)
    const [root, seed] = seedOf(who, tensor, gradient)
    keepGradients(runBackward([root], [seed], retainGraph, null))
  },

  retainGrad(tensor) {
    checkRequires('retainGrad', tensor)
    const history = historyOf(tensor)
    if (history?.node) history.retains = true
  },

  registerHook(tensor, hook) {
    checkRequires('registerHook', tensor)
    checkFunction('registerHook', 'the hook', hook)
    const history = edgeOf(tensor)!
    // One registration, also of a function that is registered twice.
    const own: Hook = (grad) => hook(grad)
    history.hooks = [...(history.hooks ?? []), own]
    return () => {
      const others = history.hooks?.filter((other) => other !== own) ?? []
      history.hooks = others.length > 0 ? others : null
    }
  },
}

/** Adds what a pass has found to the gradients of leaves, and of results that retain theirs. */
export function keepGradients(gradients: ReadonlyMap<History, Sum>): void {
  for (const history of gradients.keys()) (history.leaf ?? history).grad?.checkMemory()
  for (const [history, share] of gradients) keep(history.leaf ?? history, share)
}

/** Adds a pass's gradient to that of a leaf, or of a result that retains it. */
function keep(of: Keeper, share: Sum): void {
  if (of.addGrad !== undefined) {
    of.addGrad(share.sum)
    return
  }
  const known = of.grad
  if (known === null) of.grad = ownSum(share)
  else kernels().axpby({ x: share.sum, y: known, n: known.length, alpha: 1, beta: 1 })
  noteWrite(of.grad!)
}

/** A leaf or a result that retains its gradient; a parameter has storage for it. */
interface Keeper {
  grad: Tensor | null
  addGrad?: (share: Tensor) => void
}

/** Has a step that is being captured keep what the gradient of a leaf that it has not made was before it. */
function noteGradient({ leaf, grad: before }: History, asked: boolean): void {
  const capture = currentCapture()
  if (capture === null || leaf === null || capture.scratch.has(leaf.buffer)) return
  if (capture.gradients.has(leaf)) return
  capture.gradients.set(leaf, { before, asked })
}

installAutograd(implementation)
