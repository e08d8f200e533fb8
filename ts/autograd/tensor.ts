// What the methods of a tensor do: see ts/tensor/tensor.ts.
import { checkFlag, checkFunction } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { flag, type Options, readOptions } from '../options.js'
import { kernels } from '../kernels/backend.js'
import { type FloatDType, itemSize } from '../kernels/dtype.js'
import { checkFloat, zeros } from '../tensor/create.js'
import {
  type Autograd,
  type BackwardOptions,
  type Derivation,
  empty,
  formatShape,
  installAutograd,
  noTensor,
  Tensor,
} from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import { runBackward } from './backward.js'
import { edgeOf, joined, joinsGraph, leafOf } from './differentiable.js'
import type { History } from './node.js'

const BACKWARD = { retainGraph: flag(false) } satisfies Options<BackwardOptions>

const historyOf = (tensor: Tensor): History | null => tensor.history as History | null

/** The gradient by a tensor from that by one of the same numbers. */
function backOf(op: Derivation, from: Tensor, to: Tensor): (g: Tensor) => Tensor {
  const { shape } = from
  const dtype = from.dtype as FloatDType
  if (op === 'clone') return (g) => g
  if (op === 'reshape') return (g) => g.reshape(shape)
  if (op === 'to') return (g) => g.to(dtype)
  const outOffset = (to.byteOffset - from.byteOffset) / itemSize[dtype]
  return (g) => {
    const whole = zeros(shape, { dtype })
    const { length: size } = g
    kernels().copyBlocks({
      x: g,
      out: whole,
      count: 1,
      size,
      xOffset: 0,
      xStride: size,
      outOffset,
      outStride: size,
    })
    return whole
  }
}

/** @throws ShapeError, DTypeError unless a gradient is like its tensor. */
function checkLike(who: string, tensor: Tensor, gradient: Tensor): void {
  if (!(gradient instanceof Tensor)) throw noTensor(who, 'the gradient', gradient)
  if (!sameShape(gradient.shape, tensor.shape)) {
    const expected = `shape ${formatShape(tensor.shape)}`
    const got = `shape ${formatShape(gradient.shape)}`
    throw new ShapeError(complaint(who, 'the gradient', expected, got))
  }
  if (gradient.dtype !== tensor.dtype) {
    throw new DTypeError(complaint(who, 'the gradient', tensor.dtype, gradient.dtype))
  }
}

/** What a backward pass starts with. */
export function seedOf(who: string, tensor: Tensor, gradient: Tensor | null): Tensor {
  if (gradient !== null) {
    checkLike(who, tensor, gradient)
    return gradient
  }
  if (tensor.length !== 1) {
    throw new ValueError(
      complaint(
        who,
        'the tensor',
        'one number, as a loss is',
        `shape ${formatShape(tensor.shape)}`,
        'give the gradient by it, or sum it up first',
      ),
    )
  }
  const one = empty(tensor.shape, tensor.dtype)
  kernels().fill({ y: one, n: 1, value: 1 })
  return one
}

/** @throws ValueError unless it requires a gradient. */
export function checkRequires(who: string, tensor: Tensor): void {
  if (tensor.requiresGrad) return
  throw new ValueError(
    complaint(
      who,
      'the tensor',
      'computed from one that requires a gradient, outside of noGrad',
      `${tensor.toString()} without history`,
    ),
  )
}

const implementation: Autograd = {
  requiresGrad: (tensor) => historyOf(tensor)!.requiresGrad,

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
    const back = backOf(op, from, to)
    joined(op, [from], {}, to, [], ([g]) => [back(g!)])
  },

  grad: (tensor) => historyOf(tensor)!.grad,

  setGrad(tensor, grad) {
    if (grad !== null) checkLike(tensor.toString(), tensor, grad)
    const history = historyOf(tensor) ?? leafOf(tensor, false)
    history.grad = grad
  },

  backward(tensor, gradient, options = {}) {
    const who = 'backward'
    const { retainGraph } = readOptions(who, BACKWARD, options)
    checkRequires(who, tensor)
    const seed = seedOf(who, tensor, gradient)
    for (const [{ leaf }, share] of runBackward([edgeOf(tensor)!], [seed], retainGraph, null)) {
      keep(leaf!, share)
    }
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
    const hooks = (history.hooks ??= [])
    hooks.push(hook)
    return () => {
      const at = hooks.indexOf(hook)
      if (at >= 0) hooks.splice(at, 1)
    }
  },
}

/** Adds a pass's gradient to that of a leaf. */
function keep(leaf: Tensor, share: Tensor): void {
  const known = leaf.grad
  if (known === null) leaf.grad = share
  else kernels().axpby({ x: share, y: known, n: known.length, alpha: 1, beta: 1 })
}

installAutograd(implementation)
