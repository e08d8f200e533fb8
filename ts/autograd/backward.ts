import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { BinaryKind, Broadcast } from '../kernels/kernels.js'
import { enterPass } from '../tensor/pass.js'
import { empty, type Tensor } from '../tensor/tensor.js'
import { activeWorkspace, allocate, enterWorkspace } from '../tensor/workspace.js'
import { wasWrittenAfter, writtenAt } from '../tensor/written.js'
import { checkNumbers, checkSums, isDetecting } from './anomaly.js'
import { checkLike, written } from './check.js'
import { edgeOf } from './differentiable.js'
import { setGradEnabled } from './grad-mode.js'
import { noteBackward } from './kept-graphs.js'
import type { Gradient, History, Node } from './node.js'

/** Gradients by leaves, summed up before anything is changed. */
type Leaves = Map<History, Sum>

/** A gradient summed up. */
export interface Sum {
  sum: Tensor
  /** Whether it is memory of its own, so that more may be added into it. */
  owned: boolean
}

/** Whose gradients are wanted: what leads to none of them is not run. null: every leaf's. */
type Targets = ReadonlySet<History> | null

/** Where a pass ends although there may be more of the graph, and whether the gradients there are wanted. */
export interface Ends {
  readonly histories: ReadonlySet<History>
  readonly wanted: boolean
}

const NO_ENDS: Ends = { histories: new Set(), wanted: false }

let visits = 0
/** The passes that are at work: a hook may start another one. */
const active: number[] = []

/**
 * Runs a graph from its results back to its leaves: every operation once, after all its uses, in the
 * reverse order of the forward. No recursion, so any depth will do.
 *
 * Nothing but the graph is changed: what is to be kept is returned. Only the parameters of modules have
 * their gradients added to what they hold, where no target is given and nothing can fail on the way.
 *
 * @param targets Whose gradients are wanted. null: those of every leaf, and of results that retain theirs.
 * @returns the gradients by them and by ends, whose memory is used again by the next pass: see `ownSum`.
 * @throws ValueError when the graph was freed by an earlier pass, or something that it saved was written.
 */
export function runBackward(
  roots: readonly History[],
  seeds: readonly Tensor[],
  retainGraph: boolean,
  targets: Targets,
  ends = NO_ENDS,
): Map<History, Sum> {
  noteBackward()
  const visit = ++visits
  const nodes = collect(roots, visit, ends)
  checkUnwritten(nodes, visit)
  for (const node of nodes) node.leads = leadsOn(node, targets, ends)
  const apart = targets !== null || isDetecting() || nodes.some(mayFail)
  const leaves: Leaves = new Map()
  const found = new Map<History, Sum>()
  const outer = enterPass(null)
  const around = activeWorkspace()
  const space = around ?? (active.length === 0 ? (roots[0]?.node?.space ?? null) : null)
  if (around === null) space?.rewind()
  const before = setGradEnabled(false)
  active.push(visit)
  try {
    for (let i = 0; i < roots.length; i++) addTo(roots[i]!, seeds[i]!, leaves, ends)
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i]!
      const gradients = finished(node, targets, found)
      if (gradients !== null && node.leads) {
        const { inputs } = node
        const wants: boolean[] = []
        for (let k = 0; k < inputs.length; k++) wants.push(leads(inputs[k]!, targets, ends))
        node.region?.recompute()
        // Code of a user's own gets memory that is its own.
        enterWorkspace(node.mayFail ? null : space)
        const shares =
          apart && node.trains
            ? runApart(node, gradients, wants, targets, leaves)
            : node.backward!(gradients, wants, node.saved)
        enterWorkspace(space)
        checkNumbers(node, shares)
        for (let k = 0; k < inputs.length; k++) {
          const share = shares[k]
          if (wants[k] && share) addTo(inputs[k]!, share, leaves, ends)
        }
      }
      // As the pass goes by, so that activations are freed while gradients are made.
      if (!retainGraph) node.free()
    }
    for (const [leaf, share] of leaves) {
      if (targets !== null && !targets.has(leaf)) continue
      const { sum, owned } = hooked(leaf, share)
      found.set(leaf, { sum, owned: owned && space === null })
    }
    return found
  } finally {
    active.pop()
    setGradEnabled(before)
    enterPass(outer)
    enterWorkspace(around)
    for (const node of nodes) {
      for (const output of node.outputs) output.pending = null
    }
  }
}

/** Whether a backward pass is at work. */
export function isDifferentiating(): boolean {
  return active.length > 0
}

/** Frees what can be reached from results. */
export function releaseGraph(roots: readonly History[], ends: Ends): void {
  for (const node of reached(roots, ++visits, ends)) node.free()
}

/** What can be reached from results, from the first made to the last. */
function collect(roots: readonly History[], visit: number, ends: Ends): Node[] {
  const nodes = reached(roots, visit, ends)
  for (const node of nodes) {
    if (node.backward === null && node.region === null) throw freed(node)
  }
  return nodes.sort((a, b) => a.order - b.order)
}

function reached(roots: readonly History[], visit: number, ends: Ends): Node[] {
  const nodes: Node[] = []
  meet(roots, visit, ends, nodes)
  // The list grows while it is walked.
  for (let i = 0; i < nodes.length; i++) meet(nodes[i]!.inputs, visit, ends, nodes)
  return nodes
}

function meet(
  histories: readonly (History | null)[],
  visit: number,
  { histories: ends }: Ends,
  nodes: Node[],
): void {
  for (let i = 0; i < histories.length; i++) {
    const history = histories[i] ?? null
    const node = history?.node ?? null
    if (node === null || node.visit === visit || ends.has(history!)) continue
    if (active.length > 0 && active.includes(node.visit)) throw underway(node)
    node.visit = visit
    nodes.push(node)
  }
}

/** @throws ValueError when a backward would read something else than what its operation has saved. */
function checkUnwritten(nodes: readonly Node[], visit: number): void {
  if (nodes.length === 0 || !(wasWrittenAfter(nodes[0]!.order) || isDetecting())) return
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!
    const { saved } = node
    for (let k = 0; k < saved.length; k++) {
      const tensor = saved[k]
      if (tensor && writtenAt(tensor) > node.order) throw written(node.op, tensor)
    }
    for (const tensor of node.watched) {
      if (writtenAt(tensor) > node.order) throw written(node.op, tensor)
    }
    node.region?.check(visit)
    checkSums(node)
  }
}

/** Whether the gradient by an input is needed; the nodes before it in the forward have been asked. */
function leads(input: History | null, targets: Targets, ends: Ends): boolean {
  if (input === null) return false
  if (ends.histories.has(input)) return ends.wanted
  const { node } = input
  if (targets === null)
    return node === null ? input.argumentOf === null : node.leads || input.retains
  return targets.has(input) || node?.leads === true
}

/** Whether somebody needs a node's backward. */
function leadsOn(node: Node, targets: Targets, ends: Ends): boolean {
  const { inputs } = node
  for (let i = 0; i < inputs.length; i++) {
    if (leads(inputs[i]!, targets, ends)) return true
  }
  if (targets === null) return node.trains
  return node.parameters.some(({ history }) => targets.has(history as History))
}

function mayFail(node: Node): boolean {
  return node.mayFail || node.region !== null || node.outputs.some(({ hooks }) => hooks !== null)
}

/**
 * The backward of a node that leaves what its parameters hold as it is: their gradients go to those of the
 * leaves, where they are wanted.
 */
function runApart(
  node: Node,
  gradients: readonly Gradient[],
  wants: readonly boolean[],
  targets: Targets,
  leaves: Leaves,
): readonly Gradient[] {
  const parameters = node.parameters.filter(({ requiresGrad }) => requiresGrad)
  const before = parameters.map((parameter) => parameter.grad)
  try {
    for (const parameter of parameters) {
      parameter.requiresGrad = targets === null || targets.has(parameter.history as History)
      parameter.grad = empty(parameter.shape, parameter.dtype) // for what it has would be written to
      parameter.grad = null
    }
    const shares = node.backward!(gradients, wants, node.saved)
    for (const parameter of parameters) {
      const { grad } = parameter
      if (grad !== null) addTo(edgeOf(parameter)!, grad, leaves, NO_ENDS)
    }
    return shares
  } finally {
    parameters.forEach((parameter, i) => {
      parameter.requiresGrad = true
      parameter.grad = before[i]!
    })
  }
}

/**
 * The gradients by a node's results, which are whole now: hooks see them, and they are kept where somebody
 * wants them. null if there is none.
 */
function finished(
  { outputs }: Node,
  targets: Targets,
  found: Map<History, Sum>,
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
    if (wanted) found.set(output, { sum: share.sum.clone(), owned: true })
    gradients.push(share.sum)
  }
  return some ? gradients : null
}

/** A whole gradient as the hooks leave it. */
function hooked({ hooks }: History, { sum, owned }: Sum): Sum {
  if (hooks === null) return { sum, owned }
  // A hook may keep what it is given.
  let gradient = sum.clone()
  for (const hook of hooks) {
    const other = hook(gradient) ?? gradient
    if (other !== gradient) checkLike('registerHook', sum, other, 'what the hook returns')
    gradient = other
  }
  return { sum: gradient, owned: false }
}

/** For somebody who keeps it, and adds more into it later; before the next pass. */
export function ownSum({ sum, owned }: Sum): Tensor {
  return owned ? sum : sum.clone()
}

/** Adds a share to the gradient by a tensor. The first is taken as it is, and never written into. */
function addTo(history: History, share: Tensor, leaves: Leaves, ends: Ends): void {
  if (history.node !== null && !ends.histories.has(history)) {
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
  const { shape, dtype, length } = sum
  if (owned) {
    kernels().axpby({ x: share, y: sum, n: length, alpha: 1, beta: 1 })
    return sum
  }
  const out = allocate(shape, dtype)
  const kind = BinaryKind.add
  const broadcast = Broadcast.none
  kernels().binary({ kind, broadcast, a: sum, b: share, out, rows: 1, cols: length })
  return out
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
