import { kernels } from '../kernels/backend.js'
import type { Tensor } from '../tensor/tensor.js'
import { Workspace } from '../tensor/workspace.js'
import type { Parameter } from './parameter.js'
import { type SignEstimator, signKinds } from './sign.js'

/** The signs of a tensor for one pass, in storage that is reused from step to step. */
export class Binarized {
  readonly #values = new Workspace()
  readonly #gradients = new Workspace()
  #source: Tensor | null = null
  #signs: Tensor | null = null

  constructor(readonly estimator: SignEstimator) {}

  /** The signs of `source`, which last until those of another are made. */
  make(source: Tensor): Tensor {
    this.#values.rewind()
    // not the object of the last pass again: layers tell by it whether they know an input
    const signs = this.#values.take(source.shape, source.dtype).reshape(source.shape)
    kernels().activation(signKinds[this.estimator], source, signs, source.length, 0)
    this.#source = source
    this.#signs = signs
    return signs
  }

  /** The signs that `make` gave last; anew for another source. */
  of(source: Tensor): Tensor {
    return source === this.#source && this.#signs !== null ? this.#signs : this.make(source)
  }

  /** Turns the gradient by the signs, in its place, into that by their source. */
  estimate(source: Tensor, gradient: Tensor): void {
    if (this.estimator === 'straightThrough') return
    const kind = signKinds[this.estimator]
    const signs = this.of(source)
    kernels().activationGradient(kind, source, signs, gradient, gradient, source.length, 0)
  }

  /**
   * Adds to the gradient of a parameter that by its signs, for which `write` computes target = gradient
   * + beta * target.
   */
  update(parameter: Parameter, write: (target: Tensor, beta: 0 | 1) => void): void {
    if (this.estimator === 'straightThrough') {
      write(parameter.gradTarget(), parameter.gradBeta)
      parameter.keepGrad()
      return
    }
    this.#gradients.rewind()
    const share = this.#gradients.take(parameter.shape, parameter.dtype)
    write(share, 0)
    this.estimate(parameter, share)
    parameter.addGrad(share)
  }
}
