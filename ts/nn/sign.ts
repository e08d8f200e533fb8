import { checkArguments } from '../check.js'
import { ActivationKind } from '../kernels/kernels.js'
import { choice, type Option, type Options, readOptions } from '../options.js'
import { Activation } from './activation.js'
import { markBuiltIn } from './built-in.js'

/**
 * What stands in for the derivative of the sign, which is 0 wherever there is one:
 *
 * - `straightThrough`: 1 (Bengio et al. 2013)
 * - `clippedStraightThrough`: 1 where |x| ≤ 1, 0 elsewhere (Hubara et al., Binarized Neural Networks,
 *   2016)
 * - `parabola`: 2 + 2x on [-1, 0), 2 - 2x on [0, 1), 0 elsewhere (Liu et al., Bi-Real Net, 2018)
 */
export type SignEstimator = 'straightThrough' | 'clippedStraightThrough' | 'parabola'

/** The kernels of each estimator. */
export const signKinds: Readonly<Record<SignEstimator, ActivationKind>> = {
  straightThrough: ActivationKind.signStraightThrough,
  clippedStraightThrough: ActivationKind.signClipped,
  parabola: ActivationKind.signParabola,
}

/** An option that is an estimator. */
export function estimatorOption(initial: SignEstimator): Option<SignEstimator> {
  return choice(Object.keys(signKinds) as SignEstimator[], initial)
}

export interface SignOptions {
  /** What the backward pass takes for the derivative. Default `clippedStraightThrough`. */
  estimator?: SignEstimator
}

const OPTIONS = {
  estimator: estimatorOption('clippedStraightThrough'),
} satisfies Options<SignOptions>

/**
 * -1 where x < 0, 1 elsewhere: 1 for 0 and -0 too, unlike PyTorch's `sign`. A NaN stays one.
 *
 * @example
 * new nn.Sign({ estimator: 'parabola' }).forward(tensor([-0.5, 0, 2])) // -1 1 1
 */
export class Sign extends Activation {
  static {
    markBuiltIn(this, ({ estimator }) => [{ estimator }])
  }

  readonly estimator: SignEstimator

  /** @throws ValueError when there is no such estimator. */
  constructor(options: SignOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { estimator } = readOptions('Sign', OPTIONS, options)
    super(signKinds[estimator])
    this.estimator = estimator
  }

  override extraRepr(): string {
    return `estimator=${this.estimator}`
  }
}
