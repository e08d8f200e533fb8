import type { Tensor } from '../tensor/tensor.js'
import type { Workspace } from '../tensor/workspace.js'
import { tick } from '../tensor/written.js'

/** A gradient; null where the loss does not depend on something. */
export type Gradient = Tensor | null

/**
 * The backward of an operation: gradients by its inputs from those by its outputs. It writes into none of
 * those that it is given, and may return one of them.
 *
 * @param wants Which inputs need one; null will do for the others.
 * @param saved What the operation has saved for it.
 */
export type VectorJacobian = (
  gradients: readonly Gradient[],
  wants: readonly boolean[],
  saved: Saved,
) => readonly Gradient[]

/** What an operation keeps for its backward; null stands for what that will not read. */
export type Saved = readonly (Tensor | null)[]

export type Hook = (grad: Tensor) => Tensor | null | undefined

/** What the graph knows of a tensor: of a leaf, whether it requires a gradient; of a result, where it is from. */
export interface History {
  requiresGrad: boolean
  /** The operation that made the tensor; null for a leaf. */
  readonly node: Node | null
  /** The tensor itself if it is a leaf. Of a result nothing is held. */
  readonly leaf: Tensor | null
  grad: Gradient
  /** Whether a result keeps its gradient in `grad`. */
  retains: boolean
  /** Another list whenever one is added or taken back. */
  hooks: readonly Hook[] | null
  /** Of a result: the sum of the gradients by it that have come in so far. */
  pending: Gradient
  /** Whether that is memory of its own, so that more may be added into it. */
  owned: boolean
  /** What a function was called with, of a leaf that stands for it inside: see `FreeCall`. */
  argumentOf: Tensor | null
}

/** That of a leaf and of the result of an operation. */
export class TensorHistory implements History {
  grad: Gradient = null
  retains = false
  hooks: readonly Hook[] | null = null
  pending: Gradient = null
  owned = false
  argumentOf: Tensor | null = null

  constructor(
    public requiresGrad: boolean,
    readonly node: Node | null,
    readonly leaf: Tensor | null,
  ) {}
}

/** Sees the operations that join the graph, with what they were computed from and their results. */
export type Observer = (node: Node, inputs: readonly Tensor[], outputs: readonly Tensor[]) => void

let observer: Observer | null = null

/** Who sees them now. */
export function nodeObserver(): Observer | null {
  return observer
}

/** Sets who sees them from here on; returns who did before, to be put back. */
export function observeNodes(next: Observer | null): Observer | null {
  const before = observer
  observer = next
  return before
}

/** Operations that have not kept what their backward needs. */
export interface Recomputed {
  /** @throws ValueError when that would not be the same any more, once for a backward pass. */
  check(visit: number): void
  /** Gives it back to them. */
  recompute(): void
  /** Has one stand for another of them. */
  replace(node: Node, by: Node): void
}

const NOTHING: readonly never[] = Object.freeze([])

/** An operation that was computed, in the graph from a loss back to the leaves. */
export class Node {
  /** Later ones are differentiated first, so the order of a backward pass is that of the forward, reversed. */
  readonly order: number
  /** The backward pass that has met it. */
  visit = 0
  /** Whether that pass needs it for what it looks for. */
  leads = true
  /** Whether its backward is code of a user's own, which may throw anything. */
  mayFail = false
  /** What computes again what it saved, instead of keeping it; see `checkpoint`. */
  region: Recomputed | null = null
  /** Histories of its results. */
  outputs: readonly History[] = NOTHING

  /**
   * @param op Its name in messages and exports.
   * @param attributes Its settings, for exports.
   * @param inputs Histories of what it was computed from, null where no gradient is required; empty after
   *   a backward pass.
   * @param saved What its backward reads; empty after a backward pass.
   * @param backward null after a backward pass.
   */
  constructor(
    readonly op: string,
    readonly attributes: Readonly<Record<string, unknown>>,
    public inputs: readonly (History | null)[],
    public saved: Saved,
    public backward: VectorJacobian | null,
    order = tick(),
  ) {
    this.order = order
  }

  /** Parameters whose gradients its backward adds to what they hold. */
  get parameters(): readonly Tensor[] {
    return NOTHING
  }

  /** Whether one of them requires a gradient. */
  get trains(): boolean {
    return false
  }

  /** Memory for the gradients of a pass that begins here; null: none that is used again. */
  get space(): Workspace | null {
    return null
  }

  /** What its backward reads beside what it saved. */
  get watched(): readonly Tensor[] {
    return NOTHING
  }

  /** Has what another one of the same operation needs for its backward. */
  takeOver({ saved, backward, region }: Node): void {
    this.saved = saved
    this.backward = backward
    this.region = region
  }

  /** Forgets what it saved, and where it came from. */
  free(): void {
    this.inputs = NOTHING
    this.forget()
  }

  /** Forgets what its backward needs. */
  forget(): void {
    this.saved = NOTHING
    this.backward = null
    this.region = null
  }
}
