import type { History, Hook } from '../autograd/node.js'
import type { Tensor } from '../tensor/tensor.js'

/** Parameters and other leaves of graphs: whether they are trained, and what sees their gradients. */
export class Leaves {
  readonly #tensors: readonly Tensor[]
  readonly #trained: readonly boolean[]
  readonly #hooks: readonly (readonly Hook[] | null)[]

  /** As they are now. */
  constructor(tensors: ReadonlySet<Tensor>) {
    this.#tensors = [...tensors]
    this.#trained = this.#tensors.map(({ requiresGrad }) => requiresGrad)
    this.#hooks = this.#tensors.map(hooksOf)
  }

  /** It is asked before every run of a step. */
  areAsBefore(): boolean {
    const tensors = this.#tensors
    for (let i = 0; i < tensors.length; i++) {
      const tensor = tensors[i]!
      if (tensor.requiresGrad !== this.#trained[i] || hooksOf(tensor) !== this.#hooks[i])
        return false
    }
    return true
  }
}

function hooksOf({ history }: Tensor): readonly Hook[] | null {
  return (history as History | null)?.hooks ?? null
}
