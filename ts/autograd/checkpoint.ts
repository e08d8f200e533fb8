import { complaint, ValueError } from '../errors.js'
import { Tensor } from '../tensor/tensor.js'
import { tick, writtenAt } from '../tensor/written.js'
import { written } from './check.js'
import { checkSync, isGradEnabled, setGradEnabled, settled } from './grad-mode.js'
import { type History, type Node, nodeObserver, observeNodes, type Recomputed } from './node.js'
import { drawAgain, type Draws, noteDraws } from './draws.js'

const WHO = 'autograd.checkpoint'

/**
 * Runs a part of a model and keeps nothing of it for backward but its inputs: a backward pass runs the
 * part again first. Memory for time, in a model that is too deep for the memory. May be nested.
 *
 * Random numbers are those of the first run: dropout drops the same. What the part changes by itself, as
 * the running statistics of a BatchNorm in training, is changed twice.
 *
 * @param fn A function of tensors, and of anything else; it must compute the same when it runs again.
 * @returns what `fn` returns for the inputs.
 * @throws ValueError for an async function. The backward pass throws one where `fn` does something else
 *   than before, or an input or a parameter was written since.
 *
 * @example
 * const h = autograd.checkpoint((x) => block.forward(x), x)
 *
 * Source: https://pytorch.org/docs/stable/checkpoint.html
 */
export function checkpoint<I extends readonly unknown[], O>(
  fn: (...inputs: I) => O,
  ...inputs: I
): O {
  checkSync(WHO, fn)
  // Inside of another part it is run again with that one, and is a part of its own then.
  const plain = !isGradEnabled() || running
  return settled(WHO, plain ? fn(...inputs) : new Region(() => fn(...inputs), inputs).run())
}

/** Whether a part is run for the first time. */
let running = false

/** A part of a graph that is computed again by its backward. */
class Region<O> implements Recomputed {
  readonly #body: () => O
  readonly #began = tick()
  readonly #nodes: Node[] = []
  readonly #draws: Draws = new Map()
  /** What must not be written: inputs, and leaves that its operations read. */
  readonly #watched: Set<Tensor>
  #checked = 0

  constructor(body: () => O, inputs: readonly unknown[]) {
    this.#body = body
    this.#watched = new Set(inputs.filter((input) => input instanceof Tensor))
  }

  /** The first run. */
  run(): O {
    const before = nodeObserver()
    observeNodes((node, inputs, outputs) => {
      before?.(node, inputs, outputs)
      this.#take(node, inputs)
    })
    const noted = noteDraws(this.#draws)
    running = true
    try {
      return this.#body()
    } finally {
      running = false
      noteDraws(noted)
      observeNodes(before)
    }
  }

  /** Has a node keep nothing. */
  #take(node: Node, inputs: readonly Tensor[]): void {
    for (const tensor of inputs) {
      if ((tensor.history as History | null)?.leaf) this.#watched.add(tensor)
    }
    this.#nodes.push(node)
    node.forget()
    node.region = this
  }

  check(visit: number): void {
    if (visit === this.#checked) return
    this.#checked = visit
    for (const tensor of this.#watched) {
      if (writtenAt(tensor) > this.#began) throw written('checkpoint', tensor)
    }
  }

  recompute(): void {
    const made: Node[] = []
    const before = nodeObserver()
    const mode = setGradEnabled(true)
    const outer = running
    const noted = noteDraws(null)
    running = false
    observeNodes((node, inputs, outputs) => {
      before?.(node, inputs, outputs)
      made.push(node)
    })
    try {
      drawAgain(this.#draws, this.#body)
    } finally {
      observeNodes(before)
      noteDraws(noted)
      running = outer
      setGradEnabled(mode)
    }
    this.#give(made)
  }

  #give(made: readonly Node[]): void {
    const nodes = this.#nodes
    if (made.length !== nodes.length || made.some(({ op }, i) => op !== nodes[i]!.op)) {
      const got = `${made.length} operations instead of ${nodes.length}, or other ones`
      throw new ValueError(complaint(WHO, 'what it runs again', 'what it was at first', got))
    }
    made.forEach((from, i) => {
      const node = nodes[i]!
      node.takeOver(from)
      from.region?.replace(from, node)
    })
  }

  replace(node: Node, by: Node): void {
    this.#nodes[this.#nodes.indexOf(node)] = by
  }
}
