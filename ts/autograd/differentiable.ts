import { runningPass } from '../tensor/pass.js'
import type { Tensor } from '../tensor/tensor.js'
import { isGradEnabled } from './grad-mode.js'
import { noteResult, noteUseOfResult } from './kept-graphs.js'
import {
  type History,
  Node,
  nodeObserver,
  type Saved,
  TensorHistory,
  type VectorJacobian,
} from './node.js'

/** Whether operations become part of a graph now. Inside of a module with a backward of its own they do not. */
export function isGraphMade(): boolean {
  return isGradEnabled() && runningPass() === null
}

/** Whether what is computed from these tensors now becomes part of a graph. */
export function joinsGraph(...inputs: readonly Tensor[]): boolean {
  if (!isGraphMade()) return false
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
 * @param saved What `backward` reads, inputs and output among them, and no more than that for the inputs
 *   that require a gradient: it is kept until then, and a write to it in between is an error.
 * @param backward Gradients by the inputs. It holds no tensor itself: what it needs is given back to it.
 */
export function joined(
  op: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, unknown>>,
  output: Tensor,
  saved: Saved,
  backward: VectorJacobian,
): Tensor {
  const node = new Node(op, attributes, edgesOf(inputs), saved, backward)
  node.outputs = [resultOf(node, output)]
  const observer = nodeObserver()
  if (observer !== null) observer(node, inputs, [output])
  return output
}

/** `joined` of an operation with several results, of which any may stay unused. */
export function joinedAll(
  op: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, unknown>>,
  outputs: readonly Tensor[],
  saved: Saved,
  backward: VectorJacobian,
): Node {
  const node = new Node(op, attributes, edgesOf(inputs), saved, backward)
  node.outputs = outputs.map((output) => resultOf(node, output))
  nodeObserver()?.(node, inputs, outputs)
  return node
}

function resultOf(node: Node, output: Tensor): History {
  const history = new TensorHistory(true, node, null)
  output.history = history
  if (output.length === 1) noteResult()
  return history
}

function edgesOf(inputs: readonly Tensor[]): (History | null)[] {
  // Of one or two, as most are, a literal is made several times as fast as a list that grows.
  if (inputs.length === 1) return [edgeOf(inputs[0]!)]
  if (inputs.length === 2) return [edgeOf(inputs[0]!), edgeOf(inputs[1]!)]
  return inputs.map(edgeOf)
}

/** The history of an input; null if it requires no gradient. */
export function edgeOf(input: Tensor): History | null {
  if (!input.requiresGrad) return null
  const history = input.history as History | null
  if (history === null) return leafOf(input, true)
  if (input.length === 1 && history.node !== null) noteUseOfResult()
  return history
}

/** Makes a tensor a leaf of graphs. */
export function leafOf(tensor: Tensor, requiresGrad: boolean): History {
  const history = new TensorHistory(requiresGrad, null, tensor)
  tensor.history = history
  return history
}
