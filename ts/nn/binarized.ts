import { kernels } from '../kernels/backend.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Parameter } from './parameter.js'
import type { Pass } from '../tensor/pass.js'
import { type SignEstimator, signKinds } from './sign.js'

/** The signs of a tensor, which a call keeps for its backward. */
export class Binarized {
  /** @param name Under which a call keeps the signs. */
  constructor(
    readonly name: string,
    readonly estimator: SignEstimator,
  ) {}

  /** Makes the signs of `source` in a forward. */
  make(pass: Pass, source: Tensor): Tensor {
    const signs = pass.keep(this.name, source.shape, source.dtype)
    kernels().activation({
      kind: signKinds[this.estimator],
      x: source,
      y: signs,
      n: source.length,
      parameter: 0,
    })
    return signs
  }

  /** The signs that the call has made. */
  of(pass: Pass): Tensor {
    return pass.kept(this.name)!
  }

  /** Turns the gradient by the signs, in its place, into that by their source. */
  estimate(pass: Pass, source: Tensor, gradient: Tensor): void {
    if (this.estimator === 'straightThrough') return
    const kind = signKinds[this.estimator]
    kernels().activationGradient({
      kind,
      x: source,
      y: this.of(pass),
      gradY: gradient,
      gradX: gradient,
      n: source.length,
      parameter: 0,
    })
  }

  /**
   * Adds to the gradient of a parameter that by its signs, for which `write` computes target = gradient
   * + beta * target.
   */
  update(pass: Pass, parameter: Parameter, write: (target: Tensor, beta: 0 | 1) => void): void {
    if (this.estimator === 'straightThrough') {
      write(parameter.gradTarget(), parameter.gradBeta)
      parameter.keepGrad()
      return
    }
    const share = pass.keep(`${this.name}'s gradient`, parameter.shape, parameter.dtype)
    write(share, 0)
    this.estimate(pass, parameter, share)
    parameter.addGrad(share)
  }
}
