import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { Tensor } from '../tensor/tensor.js'
import { setGradEnabled } from './grad-mode.js'
import { type Gradient, type History, type Node } from './node.js'

/** Gradients by leaves, summed up before anything is changed. */
type Leaves = Map<History, { sum: Tensor; owned: boolean }>

let visits = 0

/**
 * Runs a graph from its results back to its leaves: every operation once, after all its uses, in the
 * reverse order of the forward. No recursion, so any depth will do.
 *
 * @param targets Whose gradients are wanted: what leads to none of them is not run. null: every leaf's.
 * @returns the gradients by leaves, and by targets that are results.
 * @throws ValueError when the graph was freed by an earlier pass.
 */
export function runBackward(
  roots: readonly History[],
  seeds: readonly Tensor[],
  retainGraph: boolean,
  targets: ReadonlySet<History> | null,
): Map<History, Tensor> {
  const leaves: Leaves = new Map()
  const found = new Map<History, Tensor>()
  const nodes = collect(roots)
  for (const node of nodes) node.leads = node.inputs.some((input) => leads(input, targets))
  roots.forEach((root, i) => {
    addTo(root, seeds[i]!, leaves)
  })
  const before = setGradEnabled(false)
  try {
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i]!
      finish(node, targets, found)
      if (node.leads) run(node, targets, leaves)
    }
  } finally {
    setGradEnabled(before)
    for (const node of nodes) node.pending.length = node.owned.length = 0
  }
  if (!retainGraph) for (const node of nodes) node.release()
  for (const [leaf, { sum, owned }] of leaves) {
    if (targets === null || targets.has(leaf)) found.set(leaf, owned ? sum : sum.clone())
  }
  return found
}

/** What can be reached from results, from the first made to the last. */
function collect(roots: readonly History[]): Node[] {
  const visit = ++visits
  const nodes: Node[] = []
  const meet = (history: History | null): void => {
    const node = history?.node ?? null
    if (node === null || node.visit === visit) return
    node.visit = visit
    if (node.backward === null) throw freed(node)
    nodes.push(node)
  }
  roots.forEach(meet)
  // The list grows while it is walked.
  for (let i = 0; i < nodes.length; i++) nodes[i]!.inputs.forEach(meet)
  return nodes.sort((a, b) => a.order - b.order)
}

/** Whether the gradient by an input is needed; those before it in the forward have been asked. */
function leads(input: History | null, targets: ReadonlySet<History> | null): boolean {
  if (input === null) return false
  if (input.node?.leads === true) return true
  return targets === null ? input.node === null : targets.has(input)
}

function run(node: Node, targets: ReadonlySet<History> | null, leaves: Leaves): void {
  const { pending, inputs } = node
  if (pending.length === 0) return
  const wants = inputs.map((input) => leads(input, targets))
  const gradients = node.backward!(pending, wants, node.saved)
  for (let i = 0; i < inputs.length; i++) {
    const gradient = gradients[i]
    if (wants[i] && gradient) addTo(inputs[i]!, gradient, leaves)
  }
}

/** The gradients by a node's outputs are whole: hooks see them, and they are kept where somebody wants them. */
function finish(
  node: Node,
  targets: ReadonlySet<History> | null,
  found: Map<History, Tensor>,
): void {
  const { pending, outputs } = node
  for (let i = 0; i < pending.length; i++) {
    let gradient = pending[i]
    if (!gradient) continue
    const output = outputs[i]!
    for (const hook of output.hooks ?? []) gradient = hook(gradient) ?? gradient
    pending[i] = gradient
    if (output.retains) {
      output.grad = output.grad === null ? gradient.clone() : added(output.grad, true, gradient)[0]
    }
    if (targets?.has(output) === true) found.set(output, gradient.clone())
  }
}

/** Adds a share to the gradient by a tensor. The first is taken as it is, and never written into. */
function addTo(history: History, share: Tensor, leaves: Leaves): void {
  if (history.node !== null) {
    const { pending, owned } = history.node
    const { index } = history
    const sum = pending[index] ?? null
    while (pending.length <= index) pending.push(null)
    ;[pending[index], owned[index]] = added(sum, owned[index] === true, share)
    return
  }
  const known = leaves.get(history)
  const [sum, owned] = added(known?.sum ?? null, known?.owned === true, share)
  leaves.set(history, { sum, owned })
}

function added(sum: Gradient, owned: boolean, share: Tensor): [Tensor, boolean] {
  if (sum === null) return [share, false]
  const target = owned ? sum : sum.clone()
  kernels().axpby({ x: share, y: target, n: target.length, alpha: 1, beta: 1 })
  return [target, true]
}

function freed(node: Node): ValueError {
  return new ValueError(
    complaint(
      'backward',
      'the graph',
      'one that no backward pass has gone through',
      `what ${node.op} saved was freed by the pass before`,
      'give that one { retainGraph: true }, or run forward again for a second time',
    ),
  )
}
