import { complaint, ValueError } from '../errors.js'
import { isRecording } from '../kernels/backend.js'
import { Pass } from '../tensor/pass.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Workspace } from '../tensor/workspace.js'
import { tick } from '../tensor/written.js'
import { edgeOf } from './differentiable.js'
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
  buffers?(): readonly Tensor[]
  /** Runs the forward of a call again. */
  repeat(inputs: readonly Tensor[], options: Pass['options']): Pass
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
  /** How many calls there were in training mode, in which running statistics change. */
  trainings = 0

  constructor(readonly callee: Callee) {}

  /** A pass for the next call. */
  take(): Pass {
    // A recording has passes of its own: those in the order of calls would stand for others in the next one.
    if (isRecording()) return new Pass(this.callee, null)
    const last = this.#last
    if (last === null) return (this.#last = new Pass(this.callee, null))
    const call = last.inGraph as Call | null
    if (call === null) return last
    if (call.isOver) {
      call.leave()
      return last
    }
    return (this.#last = this.#idle.pop() ?? new Pass(this.callee, null))
  }

  /** Nobody's backward needs the pass any more. */
  giveBack(pass: Pass): void {
    pass.inGraph = null
    pass.graph?.release()
    if (pass !== this.#last && !isRecording()) this.#idle.push(pass)
  }
}

/**
 * A call of a module or criterion in the graph, which is the history of its first result too: a small step
 * feels every object that is made. It becomes a node when somebody asks for that.
 */
class Call implements History {
  grad: Gradient = null
  readonly leaf = null
  readonly argumentOf = null
  retains = false
  hooks: readonly Hook[] | null = null
  pending: Gradient = null
  owned = false
  /** Those of further results. */
  others: readonly History[] = NONE
  readonly #order = tick()
  #node: Node | null = null
  #requiresGrad: boolean | null = null
  #isFree = false
  readonly #trainings: number
  /** What it was called with, when another call has taken its pass over. */
  #given: readonly Tensor[] | null = null
  #options: Pass['options'] = null

  constructor(
    readonly calls: Calls,
    readonly pass: Pass,
  ) {
    if (pass.isTraining) calls.trainings++
    this.#trainings = calls.trainings
  }

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

  /**
   * Whether the next call may take the pass over: its backward has been called by hand, there is none, or it
   * is an evaluation, which gives the same when it is run again. So a server may call a model for answers
   * alone and no memory is set aside each time.
   */
  get isOver(): boolean {
    return this.pass.isSpent || !this.pass.isTraining || !this.requiresGrad
  }

  /** The pass is taken over. */
  leave(): void {
    if (this.pass.isSpent) {
      this.#isFree = true
      this.#node?.free()
    } else {
      this.#given = this.#inputs
      this.#options = this.pass.options
    }
    this.pass.inGraph = null
  }

  /** @throws ValueError when running it again would not give the same. */
  checkRepeatable(): void {
    if (this.calls.trainings === this.#trainings) return
    throw new ValueError(
      complaint(
        'backward',
        `the call of ${this.calls.callee.constructor.name} in evaluation mode`,
        'one since which it has not been trained',
        'another',
        'run backward before the next forward in training mode',
      ),
    )
  }

  /** Whether another call has taken over its pass, and its own is made by running it again. */
  get isLeft(): boolean {
    return this.#given !== null
  }

  /** Of a call whose pass is taken over, the options that came behind the inputs. */
  get options(): Pass['options'] {
    return this.#options
  }

  get isFree(): boolean {
    return this.#isFree
  }

  get #inputs(): readonly Tensor[] {
    return this.#given ?? this.pass.several ?? [this.pass.input!]
  }
}

const NONE: readonly never[] = Object.freeze([])

class CallNode extends Node {
  readonly #callee: Callee
  #call: Call

  constructor(call: Call, order: number, inputs: readonly Tensor[]) {
    const { calls, pass } = call
    const { callee } = calls
    const backward: VectorJacobian = (gradients, wants) => {
      if (call.isLeft) call.checkRepeatable()
      const own = call.isLeft ? callee.repeat(inputs, call.options) : pass
      const found = callee.differentiate(own, gradients, wants)
      own.isSpent = false
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
    this.#call = call
    this.mayFail = !callee.isBuiltIn
    this.outputs = [call, ...call.others]
  }

  override get parameters(): readonly Tensor[] {
    return this.#callee.parameters?.() ?? NONE
  }

  override get trains(): boolean {
    return this.#callee.trains?.() === true
  }

  override get space(): Workspace {
    return this.#call.pass.backwardSpace
  }

  override get watched(): readonly Tensor[] {
    const { isLeft } = this.#call
    return isLeft ? [...this.parameters, ...(this.#callee.buffers?.() ?? NONE)] : this.parameters
  }

  override takeOver(from: CallNode): void {
    super.takeOver(from)
    this.#call = from.#call
  }

  override forget(): void {
    const { calls, pass, isLeft } = this.#call
    if (this.backward !== null && !isLeft) calls.giveBack(pass)
    super.forget()
  }
}

/** That of a further result. */
class OtherResult implements History {
  grad: Gradient = null
  readonly leaf = null
  readonly argumentOf = null
  retains = false
  hooks: readonly Hook[] | null = null
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
