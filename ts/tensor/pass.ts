import { complaint, ValueError } from '../errors.js'
import { currentCapture } from '../kernels/backend.js'
import type { DType } from '../kernels/dtype.js'
import type { Capture } from '../kernels/program.js'
import { type Shape, Tensor } from './tensor.js'
import { sameShape, Workspace } from './workspace.js'

/**
 * One call of a module or criterion: what its forward leaves for its backward.
 *
 * The calls made inside of it are its own, in their order, so a module that is called at several places
 * has a pass for each. The next call at the same place takes over the object and the storage in it.
 */
export class Pass {
  /** What `forward` was called with; null until it has returned. */
  input: Tensor | null = null
  /** All of several inputs; null for one. */
  several: readonly Tensor[] | null = null
  /** Options that came behind them, whose tensors are the last of them. */
  options: Readonly<Record<string, unknown>> | null = null
  /** What `forward` returned, a tensor or several; null until it has. */
  output: unknown = null
  /** Of a container: how many of its places have been called. */
  placed = 0
  readonly #places: Pass[] = []
  /** Backward passes since the forward. */
  backwards = 0
  /** What autograd knows of the call, which keeps its storage from being used again; null: nothing. */
  inGraph: object | null = null
  /** Of a forward written freely: its graph. */
  graph: FreeGraph | null = null
  /** Whether `backward` was called for it, so that the next forward may use its storage. */
  isSpent = false
  /** Whether its forward, run again, might give something else: a module inside was in training mode. */
  isTraining = false
  /** The step that was being captured, which computes nothing while it is recorded. */
  #capture: Capture | null = null
  readonly #calls: Pass[] = []
  #made = 0
  #isBegun = true
  // A count each instead of a shorter list: to shorten one gives its memory back.
  #named = 0
  readonly #names: string[] = []
  readonly #tensors: Tensor[] = []
  #forwardKept = 0
  #kept: Workspace | null = null
  #forwardSpace: Workspace | null = null
  #backwardSpace: Workspace | null = null

  /** @param outer The call inside of which this one is made. */
  constructor(
    readonly module: object,
    readonly outer: Pass | null,
  ) {}

  /** Begins a call, which changes nothing before the first use of what the last one at this place left. */
  begin(): void {
    this.#isBegun = false
  }

  /** Ends the forward. */
  end(
    output: unknown,
    input: Tensor,
    several: readonly Tensor[] | null,
    options: Readonly<Record<string, unknown>> | null = null,
  ): void {
    if (!this.#isBegun) this.#reset()
    this.input = input
    this.several = several
    this.options = options
    this.output = output
    this.#forwardKept = this.#named
    if (this.#calls.length > this.#made) this.#calls.length = this.#made
  }

  /** What the last call at this place left is gone, and its storage is used again. */
  #reset(): void {
    this.#isBegun = true
    this.output = null
    this.backwards = 0
    this.isSpent = false
    this.isTraining = false
    this.#forwardKept = 0
    this.#capture = currentCapture()
    this.#made = 0
    this.placed = 0
    if (this.#kept !== null) {
      this.#kept.rewind()
      this.#named = 0
    }
  }

  /** Starts a backward pass: what the one before has kept is gone. */
  beginBackward(): void {
    this.#isBegun = true // a forward that was refused has changed nothing
    this.backwards++
    if (this.#named === this.#forwardKept) return
    this.#named = this.#forwardKept
    this.#storage.rewind(this.#forwardKept)
  }

  /** Whether the forward is over and its results are there: those of a recording never are. */
  get isDone(): boolean {
    return this.output !== null && this.#capture === currentCapture()
  }

  /** Whether it was the call with these inputs, as the same tensors or as the same memory. */
  isOf(input: unknown, several: readonly Tensor[] | null): boolean {
    if (!this.isDone) return false
    if (input !== this.input && !isSameMemory(input, this.input!)) return false
    const own = this.several
    if (own === null || several === null) return own === several
    if (own.length !== several.length) return false
    return own.every((tensor, i) => tensor === several[i] || isSameMemory(several[i], tensor))
  }

  /** The next call inside, of `module`. */
  inside(module: object): Pass {
    if (!this.#isBegun) this.#reset()
    const at = this.#made++
    const known = this.#calls[at]
    if (known?.module === module) return known
    return (this.#calls[at] = new Pass(module, this))
  }

  /** Calls a module that has a place inside. */
  call(place: number, module: Callable, input: Tensor): Tensor {
    if (!this.#isBegun) this.#reset()
    const before = this.#made
    const output = module.forward(input)
    const made = before < this.#made ? this.#calls[before]! : null
    this.#places[place] = made?.module === module ? made : unmade(module, input, output)
    this.placed = place + 1
    return output
  }

  /** Makes the call at a place the one that the module's next backward belongs to. Returns its input. */
  resume(place: number, module: Callable): Tensor {
    const call = this.#places[place]!
    if (call.outer === this) module.resume(call)
    return call.input!
  }

  /**
   * The call inside of a module with these inputs. Of several the one with the fewest backward passes, and
   * of these the last: backward passes come in reverse order.
   */
  find(module: object, input: unknown, several: readonly Tensor[] | null): Pass | null {
    let found: Pass | null = null
    for (let i = this.#made - 1; i >= 0; i--) {
      const call = this.#calls[i]!
      if (call.module !== module || !call.isOf(input, several)) continue
      if (found === null || call.backwards < found.backwards) found = call
    }
    return found
  }

  /**
   * Storage under a new name. What a forward keeps lasts until the next one, what a backward keeps until
   * the next backward; its elements are whatever was there. `shape` must be frozen.
   */
  keep(name: string, shape: Shape, dtype: DType): Tensor {
    return this.#keep(name, this.#storage.take(shape, dtype))
  }

  /** `keep` of a vector. */
  keepVector(name: string, length: number, dtype: DType): Tensor {
    return this.#keep(name, this.#storage.takeVector(length, dtype))
  }

  /** What this call has kept by a name; null if nothing. */
  kept(name: string): Tensor | null {
    const names = this.#names
    for (let i = 0; i < this.#named; i++) {
      if (names[i] === name) return this.#tensors[i]!
    }
    return null
  }

  /** Where a container that stands in no other keeps the intermediate results of its forward. */
  get forwardSpace(): Workspace {
    return (this.#forwardSpace ??= new Workspace())
  }

  /** The same for its backward. */
  get backwardSpace(): Workspace {
    return (this.#backwardSpace ??= new Workspace())
  }

  get #storage(): Workspace {
    if (!this.#isBegun) this.#reset()
    if (this.#kept === null) {
      this.#kept = new Workspace()
      this.#kept.rewind()
    }
    return this.#kept
  }

  #keep(name: string, tensor: Tensor): Tensor {
    this.#tensors[this.#named] = tensor
    this.#names[this.#named++] = name
    return tensor
  }
}

/** That of a forward written freely. */
export interface FreeGraph {
  /** Whether it is no part of the graph around. */
  readonly isApart: boolean
  /** Frees what it has saved. */
  release(): void
}

interface Callable {
  forward(input: Tensor): Tensor
  resume(call: Pass): void
}

/** The call of a module whose `forward` is a user's own, which makes none: what went in and came out. */
function unmade(module: object, input: Tensor, output: Tensor): Pass {
  const pass = new Pass(module, null)
  pass.end(output, input, null)
  return pass
}

/**
 * The call that a backward pass of a module with these inputs belongs to: its last one, or inside of another's
 * one of those made there.
 *
 * @throws ValueError when there is none.
 */
export function passOf(
  module: { describe(): string },
  last: Pass | null,
  input: unknown,
  several: readonly Tensor[] | null,
  outer: Pass | null,
): Pass {
  const fits = last !== null && last.isOf(input, several)
  if (fits && (outer === null || (last.outer === outer && last.backwards === 0))) return last
  const inside = outer?.find(module, input, several)
  if (inside) return inside
  if (fits) return last
  throw new ValueError(
    complaint(
      module.describe(),
      'the input of backward',
      'the tensor that the last forward was called with',
      last?.isDone !== true ? 'a backward before any forward' : 'another one',
      'call forward with this input first; a forward in between, for an evaluation say, replaces it',
    ),
  )
}

let running: Pass | null = null

/** The call that is being made or differentiated; null outside of all. */
export function runningPass(): Pass | null {
  return running
}

/** Sets the running call and returns the one before, which the caller puts back in a `finally`. */
export function enterPass(pass: Pass | null): Pass | null {
  const before = running
  running = pass
  return before
}

function isSameMemory(a: unknown, b: Tensor): boolean {
  return (
    a instanceof Tensor &&
    a.buffer === b.buffer &&
    a.byteOffset === b.byteOffset &&
    a.dtype === b.dtype &&
    sameShape(a.shape, b.shape)
  )
}
