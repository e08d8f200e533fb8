import { FreeCall, graphOf, mapTensors } from '../autograd/free-call.js'
import type { Gradient } from '../autograd/node.js'
import { complaint, ValueError } from '../errors.js'
import { enterPass, type Pass } from '../tensor/pass.js'
import { Tensor } from '../tensor/tensor.js'
import { activeWorkspace, enterWorkspace } from '../tensor/workspace.js'
import { gradientsInForm } from './call-options.js'

export type Method = (...given: unknown[]) => unknown

interface Described {
  describe(): string
}

/** Passes that a class has in the place of hooks. Without a backward of its own it is that of the graph. */
export interface OwnPasses {
  readonly forward: Method
  readonly backward: Method | null
}

/** A function of tensors. */
export type Body = (...given: Tensor[]) => unknown

/** Calls a `forward` of a class's own that has a backward beside it. */
export function runOwn(pass: Pass, inputs: readonly Tensor[], body: Body): unknown {
  enterPass(pass)
  const output = body(...inputs)
  if (pass.graph !== null) leaveGraph(pass)
  return output
}

/**
 * Calls a function of tensors that is written freely.
 *
 * @param isApart Whether what surrounds the call has a backward of its own.
 */
export function runFree(
  pass: Pass,
  isApart: boolean,
  inputs: readonly Tensor[],
  body: Body,
): unknown {
  leaveGraph(pass)
  const [output, call] = FreeCall.of(body, inputs, isApart)
  pass.graph = call
  return output
}

/**
 * Calls one that keeps no tensor: what it computes lies in the workspace of the container around, or in one
 * that belongs to the call.
 */
export function runLent(
  module: Described,
  pass: Pass,
  inputs: readonly Tensor[],
  body: Body,
): unknown {
  if (activeWorkspace() !== null) return runFree(pass, true, inputs, body)
  const own = pass.forwardSpace
  if (inputs.some((input) => own.holds(input))) throw ownIntermediate(module)
  own.rewind()
  enterWorkspace(own)
  try {
    const output = runFree(pass, true, inputs, body)
    mapTensors(output, (tensor) => own.giveAway(tensor))
    return output
  } finally {
    enterWorkspace(null)
  }
}

/** The call before it at this place had a graph, which nobody goes through any more if it stood apart. */
export function leaveGraph(pass: Pass): void {
  const last = pass.graph as FreeCall | null
  if (last !== null && (pass.isSpent || last.isApart)) last.release()
  pass.graph = null
}

/** Gradients by the inputs of a call that has a graph, in one tensor or a list; null if nobody wants them. */
export function graphGradients(
  module: Described,
  pass: Pass,
  gradOutput: unknown,
  wantsInputs: boolean,
): unknown {
  const call = graphOf(module, pass.graph)
  const gradients =
    gradOutput instanceof Tensor ? [gradOutput] : Object.values(gradOutput as object)
  const around = activeWorkspace()
  if (around === null) {
    pass.backwardSpace.rewind()
    enterWorkspace(pass.backwardSpace)
  }
  try {
    const found = call.backward(gradients as Gradient[], wantsInputs, around === null)
    if (!wantsInputs) return null
    if (pass.options !== null) return gradientsInForm(found, pass.options)
    return found.length === 1 ? found[0] : found
  } finally {
    enterWorkspace(around)
  }
}

/** The error for an input that the pass would overwrite. */
export function ownIntermediate(module: Described): ValueError {
  return new ValueError(
    complaint(
      module.describe(),
      'input',
      'a tensor of your own',
      'an intermediate result of this container, which this pass would overwrite',
      'pass its clone()',
    ),
  )
}
