import { Pass } from '../tensor/pass.js'
import type { Tensor } from '../tensor/tensor.js'
import { tick } from '../tensor/written.js'
import { edgeOf } from './differentiable.js'
import { noteResult } from './kept-graphs.js'
import {
  type Gradient,
  type History,
  type Hook,
  Node,
  nodeObserver,
  type VectorJacobian,
} from './node.js'

/** What makes calls: a module or a criterion with a backward pass of its own. */
export interface Callee {
  /** Whether it has parameters that require a gradient. */
  trains?(): boolean
  /** Whether its backward is no code of a user's own. */
  readonly isBuiltIn: boolean
  parameters?(): readonly Tensor[]
  /** Gradients by the inputs of a call. Those by parameters are added to what they hold. */
  differentiate(
    pass: Pass,
    gradients: readonly Gradient[],
    wants: readonly boolean[],
  ): readonly Gradient[]
}

/**
 * The passes of a module's calls outside of every other. A call keeps its pass until its backward is
 * over, so that any number of calls may wait for theirs; then the next call takes over the storage in it.
 */
export class Calls {
  #last: Pass | null = null
  readonly #idle: Pass[] = []

  constructor(readonly callee: Callee) {}

  /** A pass for the next call. */
  take(): Pass {
    const last = this.#last
    if (last === null) return (this.#last = new Pass(this.callee, null))
    const call = last.inGraph as Call | null
    if (call === null) return last
    if (call.isOver) {
      call.free()
      return last
    }
    return (this.#last = this.#idle.pop() ?? new Pass(this.callee, null))
  }

  /** Nobody's backward needs the pass any more. */
  giveBack(pass: Pass): void {
    pass.inGraph = null
    if (pass !== this.#last) this.#idle.push(pass)
  }
}

/**
 * A call of a module or criterion in the graph, which is the history of its first result too: a small step
 * feels every object that is made. It becomes a node when somebody asks for that.
 */
class Call implements History {
  grad: Gradient = null
  readonly leaf = null
  readonly isArgument = false
  retains = false
  hooks: Hook[] | null = null
  pending: Gradient = null
  owned = false
  /** Those of further results. */
  others: readonly History[] = NONE
  readonly #order = tick()
  #node: Node | null = null
  #requiresGrad: boolean | null = null
  #isFree = false

  constructor(
    readonly calls: Calls,
    readonly pass: Pass,
  ) {}

  get requiresGrad(): boolean {
    return (this.#requiresGrad ??=
      this.#isFree ||
      this.#inputs.some(({ requiresGrad }) => requiresGrad) ||
      this.calls.callee.trains?.() === true)
  }

  get node(): Node | null {
    if (!this.requiresGrad) return null
    return (this.#node ??= new CallNode(this, this.#order, this.#isFree ? [] : this.#inputs))
  }

  /** Whether the storage may be used again: its backward has been called by hand, or there is none. */
  get isOver(): boolean {
    return this.pass.isSpent || !this.requiresGrad
  }

  /** The storage is used again: a backward pass through the graph is told so. */
  free(): void {
    this.#isFree = true
    this.#node?.free()
    this.pass.inGraph = null
  }

  get isFree(): boolean {
    return this.#isFree
  }

  get #inputs(): readonly Tensor[] {
    return this.pass.several ?? [this.pass.input!]
  }
}

const NONE: readonly never[] = Object.freeze([])

class CallNode extends Node {
  readonly #callee: Callee
  readonly #calls: Calls
  #pass: Pass

  constructor(call: Call, order: number, inputs: readonly Tensor[]) {
    const { calls, pass } = call
    const { callee } = calls
    const backward: VectorJacobian = (gradients, wants) => {
      const found = callee.differentiate(pass, gradients, wants)
      pass.isSpent = false
      return found
    }
    super(
      callee.constructor.name,
      {},
      inputs.map(edgeOf),
      inputs,
      call.isFree ? null : backward,
      order,
    )
    this.#callee = callee
    this.#calls = calls
    this.#pass = pass
    this.mayFail = !callee.isBuiltIn
    this.outputs = [call, ...call.others]
  }

  override get parameters(): readonly Tensor[] {
    return this.#callee.parameters?.() ?? NONE
  }

  override get trains(): boolean {
    return this.#callee.trains?.() === true
  }

  override takeOver(from: CallNode): void {
    super.takeOver(from)
    this.#pass = from.#pass
  }

  override forget(): void {
    if (this.backward !== null) this.#calls.giveBack(this.#pass)
    super.forget()
  }
}

/** That of a further result. */
class OtherResult implements History {
  grad: Gradient = null
  readonly leaf = null
  readonly isArgument = false
  retains = false
  hooks: Hook[] | null = null
  pending: Gradient = null
  owned = false

  constructor(readonly call: Call) {}

  get requiresGrad(): boolean {
    return this.call.requiresGrad
  }

  get node(): Node | null {
    return this.call.node
  }
}

/** Makes what a call has returned part of the graph. */
export function joinCall(
  calls: Calls,
  pass: Pass,
  output: Tensor,
  others: readonly Tensor[],
): void {
  const call = new Call(calls, pass)
  pass.inGraph = call
  output.history = call
  if (output.length === 1) noteResult()
  if (others.length > 0) {
    call.others = others.map((other) => {
      const history = new OtherResult(call)
      other.history = history
      return history
    })
  }
  const observer = nodeObserver()
  if (observer === null || call.node === null) return
  const { input, several } = pass
  observer(call.node, several ?? [input!], [output, ...others])
}
