import { currentCapture } from '../kernels/backend.js'
import type { Capture } from '../kernels/program.js'
import { itemSize, type DType } from '../kernels/dtype.js'
import { emptyPooled } from './pool.js'
import { empty, type Shape, sizeOf, Tensor } from './tensor.js'

/**
 * Storage for the intermediate results of a container, reused from pass to pass: a fresh large buffer
 * costs several times the kernel that fills it.
 *
 * A pass takes slots in the order of its calls, so the next pass of the same layers finds the same
 * tensors again. A slot grows when it is too small and never shrinks.
 *
 * A captured step keeps the slots of its recording for itself, so that the same layers can compute
 * something else while it runs on its thread.
 */
export class Workspace {
  readonly #slots: (Tensor | undefined)[] = []
  #next = 0
  #owner: Capture | null = null

  /** Starts a pass, with slot `to`: the results of the last one may be overwritten from there on. */
  rewind(to = 0): void {
    this.#next = to
    const owner = currentCapture()
    if (owner === this.#owner) return
    this.#slots.length = 0
    this.#owner = owner
  }

  /** The next slot as a tensor of this shape; its elements are whatever the last pass left. */
  take(shape: Shape, dtype: DType): Tensor {
    const index = this.#next++
    const slot = this.#slots[index]
    if (slot !== undefined && slot.dtype === dtype && sameShape(slot.shape, shape)) {
      slot.history = null
      return slot
    }
    const length = sizeOf(shape)
    const fits = slot !== undefined && length * itemSize[dtype] <= slot.buffer.byteLength
    const taken = fits ? new Tensor(slot.buffer, 0, shape, dtype, length) : empty(shape, dtype)
    this.#slots[index] = taken
    return taken
  }

  /** `take` of a vector. */
  takeVector(length: number, dtype: DType): Tensor {
    const slot = this.#slots[this.#next]
    const same = slot !== undefined && slot.ndim === 1 && slot.length === length
    return this.take(same ? slot.shape : Object.freeze([length]), dtype)
  }

  /** Whether a tensor lies in a slot, and so will be overwritten by a later pass. */
  holds(tensor: Tensor): boolean {
    const slots = this.#slots
    for (let i = 0; i < slots.length; i++) {
      if (slots[i]?.buffer === tensor.buffer) return true
    }
    return false
  }

  /** Leaves the memory of a tensor that lies in a slot to whoever has it. Returns the tensor. */
  giveAway(tensor: Tensor): Tensor {
    const slots = this.#slots
    for (let i = 0; i < slots.length; i++) {
      if (slots[i]?.buffer === tensor.buffer) slots[i] = undefined
    }
    return tensor
  }
}

let active: Workspace | null = null

/** The workspace that `allocate` takes from; null outside of every container. */
export function activeWorkspace(): Workspace | null {
  return active
}

/**
 * Sets the workspace that `allocate` takes from and returns the one before, which the caller puts
 * back in a `finally`.
 */
export function enterWorkspace(workspace: Workspace | null): Workspace | null {
  const before = active
  active = workspace
  return before
}

/**
 * Storage for a result of a built-in module or a function of tensors: a slot of the container that is
 * running it, a fresh tensor otherwise. Every element must be written. `shape` must be frozen.
 */
export function allocate(shape: Shape, dtype: DType): Tensor {
  return active === null ? emptyPooled(shape, dtype) : active.take(shape, dtype)
}

/** Whether two shapes have the same sizes. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false
  }
  return true
}
