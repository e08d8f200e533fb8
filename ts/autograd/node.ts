import type { Tensor } from '../tensor/tensor.js'

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
  saved: readonly Tensor[],
) => readonly Gradient[]

/** What the graph knows of a tensor: of a leaf, whether it requires a gradient; of a result, where it is from. */
export interface History {
  requiresGrad: boolean
  grad: Tensor | null
  /** The operation that made the tensor; null for a leaf. */
  readonly node: Node | null
  /** Which of its outputs. */
  readonly index: number
  /** The tensor itself if it is a leaf. Of a result nothing is held. */
  readonly leaf: Tensor | null
  /** Whether a result keeps its gradient in `grad`. */
  retains: boolean
  hooks: Hook[] | null
}

export type Hook = (grad: Tensor) => Tensor | null | undefined

let moments = 0

/**
 * The next number of a clock that counts operations and writes: what was written after an operation had
 * saved it has the higher number.
 */
export function tick(): number {
  return ++moments
}

/** An operation that was computed, in the graph from a loss back to the leaves. */
export class Node {
  /** Later ones are differentiated first, so the order of a backward pass is that of the forward, reversed. */
  readonly order = tick()
  /** Sums of the gradients by its outputs that have come in so far. */
  readonly pending: Gradient[] = []
  /** Whether a pending sum is memory of its own, so that more may be added into it. */
  readonly owned: boolean[] = []
  /** The backward pass that has met it. */
  visit = 0
  /** Whether that pass needs it for what it looks for. */
  leads = false
  /** Histories of its outputs, for hooks and kept gradients. */
  readonly outputs: History[] = []

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
    public saved: readonly Tensor[],
    public backward: VectorJacobian | null,
  ) {}

  /** Frees what it saved. */
  release(): void {
    this.inputs = NOTHING
    this.saved = NOTHING
    this.backward = null
  }
}

const NOTHING: readonly never[] = Object.freeze([])
