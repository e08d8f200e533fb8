import type { Tensor } from '../tensor/tensor.js'
import { isGradEnabled } from './grad-mode.js'
import { type History, Node, type VectorJacobian } from './node.js'

/** Whether what is computed from these tensors now becomes part of a graph. */
export function joinsGraph(...inputs: readonly Tensor[]): boolean {
  if (!isGradEnabled()) return false
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i]!.requiresGrad) return true
  }
  return false
}

/**
 * Makes a result part of the graph: the one way in which an operation joins it.
 *
 * @param op Its name in messages and exports.
 * @param inputs Tensors that it was computed from.
 * @param attributes Its settings beside the inputs, for exports.
 * @param saved What `backward` reads, inputs and output among them: it is kept until then, and a write to
 *   it in between is an error.
 * @param backward Gradients by the inputs. It holds no tensor itself: what it needs is given back to it.
 */
export function joined(
  op: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, unknown>>,
  output: Tensor,
  saved: readonly Tensor[],
  backward: VectorJacobian,
): Tensor {
  const node = new Node(op, attributes, inputs.map(edgeOf), saved, backward)
  join(node, output, 0)
  return output
}

/** `joined` of an operation with several results, of which any may stay unused. */
export function joinedAll(
  op: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, unknown>>,
  outputs: readonly Tensor[],
  saved: readonly Tensor[],
  backward: VectorJacobian,
): void {
  const node = new Node(op, attributes, inputs.map(edgeOf), saved, backward)
  for (let i = 0; i < outputs.length; i++) join(node, outputs[i]!, i)
}

function join(node: Node, output: Tensor, index: number): void {
  const history: History = {
    requiresGrad: true,
    grad: null,
    node,
    index,
    leaf: null,
    retains: false,
    hooks: null,
  }
  node.outputs.push(history)
  output.history = history
}

/** The history of an input; null if it requires no gradient. */
export function edgeOf(input: Tensor): History | null {
  if (!input.requiresGrad) return null
  return (input.history as History | null) ?? leafOf(input, true)
}

/** Makes a tensor a leaf of graphs. */
export function leafOf(tensor: Tensor, requiresGrad: boolean): History {
  const history: History = {
    requiresGrad,
    grad: null,
    node: null,
    index: 0,
    leaf: tensor,
    retains: false,
    hooks: null,
  }
  tensor.history = history
  return history
}
