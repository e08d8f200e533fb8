import { checkArguments, isFunction } from '../check.js'
import { checkSync, setGradEnabled, settled } from '../autograd/grad-mode.js'
import { complaint, ValueError } from '../errors.js'
import { refuseWhileRecording } from '../kernels/backend.js'
import type { Tensor } from '../tensor/tensor.js'
import { type LBFGSOptions, lbfgsRule, withMaxEval } from './lbfgs-options.js'
import {
  checkDType,
  copyOf,
  initialState,
  type LBFGSState,
  readState,
  writeState,
} from './lbfgs-state.js'
import { lbfgsStep } from './lbfgs-step.js'
import { Optimizer, type OptimizerParams } from './optimizer.js'
import type { OptimizerStateDict } from './state-dict.js'
import { commonDType } from './vector.js'

const WHO = 'LBFGS.step'

/**
 * L-BFGS: Newton's method with a curvature estimated from the last m steps, for few parameters, a loss
 * without chance in it and all samples at once. `step` calls the closure as often as it needs. With
 * g the gradient, s the last steps θₖ₊₁ - θₖ and y what they changed the gradient by, an iteration is
 *
 *     d = -H g, H the inverse of the Hessian that the pairs (s, y) tell, by the two-loop recursion from
 *         H₀ = sᵀy / yᵀy of the last pair; -g at first
 *     θ = θ + t d, t = γ (at first γ min(1, 1 / Σ|g|)), or what the line search finds
 *
 * A pair counts where sᵀy > 1e-10. All parameters form one group. It keeps 2 m + 3 numbers for each
 * element.
 *
 * State dict, of the first parameter as in PyTorch: `func_evals`, `n_iter`, `d`, `t`, `old_dirs` (y),
 * `old_stps` (s), `ro` (1 / sᵀy), `H_diag`, `prev_flat_grad`, `prev_loss`.
 *
 * @see Nocedal and Wright, Numerical Optimization, 2006, algorithms 7.4 and 3.5
 * @see https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html
 *
 * @example
 * const optimizer = new optim.LBFGS(model.parameters(), { lineSearchFn: 'strong_wolfe' })
 * const closure = () => {
 *   optimizer.zeroGrad()
 *   const prediction = model.forward(x)
 *   const loss = criterion.forward(prediction, y)
 *   model.backwardParameters(x, criterion.backward(prediction, y))
 *   return loss
 * }
 * for (let i = 0; i < 10; i++) optimizer.step(closure)
 */
export class LBFGS extends Optimizer<Required<LBFGSOptions>> {
  #state: LBFGSState = initialState()

  /**
   * @throws ValueError for an option out of its range, no parameters, several groups, or a parameter
   *   given twice.
   */
  constructor(params: OptimizerParams<Required<LBFGSOptions>>, given: LBFGSOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(lbfgsRule, params, withMaxEval(given))
    this.#checkGroups()
  }

  /** @throws ValueError when there are several groups: a step is one of all parameters together. */
  #checkGroups(): void {
    const { length } = this.paramGroups
    if (length === 1) return
    const hint = 'its steps are those of all parameters together'
    throw new ValueError(complaint('LBFGS', 'the parameters', 'one group', `${length}`, hint))
  }

  /**
   * Up to `maxIter` iterations.
   *
   * @param closure computes the loss, a number or a tensor of one element, and its gradients, from
   *   none: `zeroGrad`, forward, backward. It runs in gradient mode, inside of `noGrad` too.
   * @returns what the closure has returned first: the loss before the step.
   * @throws ValueError when the closure is no function or returns no loss, or a group was added; and
   *   what the closure throws: the parameters are then where the last iteration has left them, the state
   *   as before.
   * @throws DTypeError when a parameter has changed its dtype.
   * @throws CaptureError while a step is being captured: where it ends depends on the numbers.
   */
  override step<L extends Tensor | number>(closure: () => L): L
  override step(): never
  override step<L extends Tensor | number>(closure?: () => L): L {
    refuseWhileRecording(WHO, 'it looks at the loss')
    if (!isFunction(closure)) {
      const hint = 'that computes the loss and its gradients, and is called several times'
      throw new ValueError(complaint(WHO, 'closure', 'a function', closure, hint))
    }
    checkSync(WHO, closure!)
    this.#checkGroups()
    const group = this.paramGroups[0]!
    const { params } = group
    checkDType(WHO, this.#state, commonDType(params))
    for (const parameter of params) parameter.checkMemory()
    // What the closure throws leaves the state as it was.
    const state = copyOf(this.#state)
    const result = lbfgsStep(params, group, state, () => computed(closure!))
    this.#state = state
    return result
  }

  override stateDict(): OptimizerStateDict {
    const dict = super.stateDict()
    const entry = writeState(this.#state)
    return entry === null ? dict : { ...dict, state: { 0: entry } }
  }

  override loadStateDict(dict: OptimizerStateDict): void {
    const { params } = this.paramGroups[0]!
    const saved: unknown = (dict as OptimizerStateDict | null | undefined)?.state
    if (typeof saved !== 'object' || saved === null) {
      super.loadStateDict(dict)
      return
    }
    const length = params.reduce((sum, parameter) => sum + parameter.length, 0)
    const state = readState('LBFGS.loadStateDict', saved, length, commonDType(params))
    super.loadStateDict({ ...dict, state: {} })
    this.#state = state
  }
}

/** What the closure returns, computed with gradients inside of `noGrad` too. */
function computed<L>(closure: () => L): L {
  const before = setGradEnabled(true)
  try {
    return settled(WHO, closure())
  } finally {
    setGradEnabled(before)
  }
}
