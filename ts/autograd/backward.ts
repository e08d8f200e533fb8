import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { Tensor } from '../tensor/tensor.js'
import { writtenAt } from '../tensor/written.js'
import { checkNumbers, checkSums } from './anomaly.js'
import { checkLike, written } from './check.js'
import { setGradEnabled } from './grad-mode.js'
import { noteBackward } from './kept-graphs.js'
import type { Gradient, History, Node } from './node.js'

/** Gradients by leaves, summed up before anything is changed. */
type Leaves = Map<History, Sum>

interface Sum {
  sum: Tensor
  /** Whether it is memory of its own, so that more may be added into it. */
  owned: boolean
}

/** Whose gradients are wanted: what leads to none of them is not run. null: every leaf's. */
type Targets = ReadonlySet<History> | null

let visits = 0
/** The passes that are at work: a hook may start another one. */
const active: number[] = []

/**
 * Runs a graph from its results back to its leaves: every operation once, after all its uses, in the
 * reverse order of the forward. No recursion, so any depth will do.
 *
 * Nothing but the graph is changed: what is to be kept is returned.
 *
 * @param targets Whose gradients are wanted. null: those of every leaf, and of results that retain theirs.
 * @returns the gradients by them, each in memory of its own.
 * @throws ValueError when the graph was freed by an earlier pass, or something that it saved was written.
 */
export function runBackward(
  roots: readonly History[],
  seeds: readonly Tensor[],
  retainGraph: boolean,
  targets: Targets,
): Map<History, Tensor> {
  noteBackward()
  const visit = ++visits
  const nodes = collect(roots, visit)
  checkUnwritten(nodes, visit)
  if (targets !== null) {
    for (const node of nodes) node.leads = node.inputs.some((input) => leads(input, targets))
  }
  const leaves: Leaves = new Map()
  const found = new Map<History, Tensor>()
  const before = setGradEnabled(false)
  active.push(visit)
  try {
    for (let i = 0; i < roots.length; i++) addTo(roots[i]!, seeds[i]!, leaves)
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i]!
      const gradients = finished(node, targets, found)
      if (gradients !== null && node.leads) run(node, gradients, targets, leaves)
      // As the pass goes by, so that activations are freed while gradients are made.
      if (!retainGraph) node.free()
    }
    for (const [leaf, share] of leaves) {
      if (targets === null || targets.has(leaf)) found.set(leaf, own(hooked(leaf, share)))
    }
    return found
  } finally {
    active.pop()
    setGradEnabled(before)
    for (const node of nodes) {
      node.leads = true
      for (const output of node.outputs) output.pending = null
    }
  }
}

/** What can be reached from results, from the first made to the last. */
function collect(roots: readonly History[], visit: number): Node[] {
  const nodes: Node[] = []
  meet(roots, visit, nodes)
  // The list grows while it is walked.
  for (let i = 0; i < nodes.length; i++) meet(nodes[i]!.inputs, visit, nodes)
  return nodes.sort((a, b) => a.order - b.order)
}

function meet(histories: readonly (History | null)[], visit: number, nodes: Node[]): void {
  for (let i = 0; i < histories.length; i++) {
    const node = histories[i]?.node ?? null
    if (node === null || node.visit === visit) continue
    if (active.length > 0 && active.includes(node.visit)) throw underway(node)
    node.visit = visit
    if (node.backward === null && node.region === null) throw freed(node)
    nodes.push(node)
  }
}

/** @throws ValueError when a backward would read something else than what its operation has saved. */
function checkUnwritten(nodes: readonly Node[], visit: number): void {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!
    const { saved } = node
    for (let k = 0; k < saved.length; k++) {
      if (writtenAt(saved[k]!.buffer) > node.order) throw written(node.op, saved[k]!)
    }
    if (node.backward === null) node.region!.check(visit)
    checkSums(node)
  }
}

/** Whether the gradient by an input is needed; those before it in the forward have been asked. */
function leads(input: History | null, targets: Targets): boolean {
  if (input === null) return false
  if (targets === null) return true
  return targets.has(input) || (input.node?.leads ?? false)
}

function run(node: Node, gradients: readonly Gradient[], targets: Targets, leaves: Leaves): void {
  const { inputs } = node
  const wants: boolean[] = []
  for (let i = 0; i < inputs.length; i++) wants.push(leads(inputs[i]!, targets))
  if (node.backward === null) node.region!.recompute()
  const shares = node.backward!(gradients, wants, node.saved)
  checkNumbers(node, shares)
  for (let i = 0; i < inputs.length; i++) {
    const share = shares[i]
    if (wants[i] && share) addTo(inputs[i]!, share, leaves)
  }
}

/**
 * The gradients by a node's results, which are whole now: hooks see them, and they are kept where somebody
 * wants them. null if there is none.
 */
function finished(
  { outputs }: Node,
  targets: Targets,
  found: Map<History, Tensor>,
): Gradient[] | null {
  let some = false
  const gradients: Gradient[] = []
  for (let i = 0; i < outputs.length; i++) {
    const output = outputs[i]!
    const { pending } = output
    if (pending === null) {
      gradients.push(null)
      continue
    }
    some = true
    output.pending = null
    if (output.hooks === null && !output.retains && targets === null) {
      gradients.push(pending)
      continue
    }
    const share = hooked(output, { sum: pending, owned: output.owned })
    const wanted = targets === null ? output.retains : targets.has(output)
    if (wanted) found.set(output, own(share))
    gradients.push(share.sum)
  }
  return some ? gradients : null
}

/** A whole gradient as the hooks leave it. */
function hooked({ hooks }: History, { sum, owned }: Sum): Sum {
  if (hooks === null) return { sum, owned }
  let gradient = sum
  // A hook may take itself back.
  for (const hook of [...hooks]) {
    const other = hook(gradient) ?? gradient
    if (other !== gradient) checkLike('registerHook', sum, other, 'what the hook returns')
    gradient = other
  }
  return { sum: gradient, owned: owned && gradient === sum }
}

/** For somebody who keeps it, and adds more into it later. */
function own({ sum, owned }: Sum): Tensor {
  return owned ? sum : sum.clone()
}

/** Adds a share to the gradient by a tensor. The first is taken as it is, and never written into. */
function addTo(history: History, share: Tensor, leaves: Leaves): void {
  if (history.node !== null) {
    const { pending } = history
    history.pending = pending === null ? share : added(pending, history.owned, share)
    history.owned = pending !== null
    return
  }
  const known = leaves.get(history)
  if (known === undefined) leaves.set(history, { sum: share, owned: false })
  else {
    known.sum = added(known.sum, known.owned, share)
    known.owned = true
  }
}

function added(sum: Tensor, owned: boolean, share: Tensor): Tensor {
  const target = owned ? sum : sum.clone()
  kernels().axpby({ x: share, y: target, n: target.length, alpha: 1, beta: 1 })
  return target
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

function underway(node: Node): ValueError {
  const got = `${node.op} of a graph that one is going through`
  return new ValueError(complaint('backward', 'the graph', 'one without a pass at work', got))
}
