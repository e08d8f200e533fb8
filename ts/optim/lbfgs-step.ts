import { complaint, ValueError } from '../errors.js'
import type { Parameter } from '../nn/parameter.js'
import { Tensor } from '../tensor/tensor.js'
import type { LBFGSOptions } from './lbfgs-options.js'
import type { LBFGSState } from './lbfgs-state.js'
import { strongWolfe } from './strong-wolfe.js'
import { add, along, assign, dot, gradientsOf, norm, scaled, valuesOf } from './vector.js'

/**
 * The iterations of a step of L-BFGS, in PyTorch's order, and their ends.
 *
 * @param state is moved on.
 * @param closure computes the loss and the gradients of the parameters.
 * @returns what the closure has returned first.
 * @throws what the closure throws; the parameters are then where the last iteration has left them.
 */
export function lbfgsStep<L extends Tensor | number>(
  params: readonly Parameter[],
  options: Required<LBFGSOptions>,
  state: LBFGSState,
  closure: () => L,
): L {
  const { lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize } = options
  let evaluations = 0
  const evaluate = (): { result: L; loss: number; gradient: Tensor } => {
    const result = closure()
    evaluations++
    state.funcEvals++
    return { result, loss: lossOf(result), gradient: gradientsOf(params) }
  }
  const optimal = (): boolean => norm(gradient, Infinity) <= toleranceGrad

  const first = evaluate()
  let { loss, gradient } = first
  if (optimal()) return first.result
  let x = valuesOf(params)
  try {
    for (let n = 1; n <= maxIter; n++) {
      state.nIter++
      const d = direction(state, gradient, historySize)
      const slope = dot(gradient, d)
      const before = loss
      state.d = d
      state.t = state.nIter === 1 ? Math.min(1, 1 / norm(gradient, 1)) * lr : lr
      state.prevGradient = gradient
      state.prevLoss = before
      if (slope > -toleranceChange) break

      x = valuesOf(params)
      const size = norm(d, Infinity)
      if (options.lineSearchFn === 'strong_wolfe') {
        const trial = (t: number) => {
          assign(params, along(x, t, d))
          const at = evaluate()
          return { t, loss: at.loss, gradient: at.gradient, slope: dot(at.gradient, d) }
        }
        const start = { t: 0, loss, gradient, slope }
        const found = strongWolfe(trial, start, state.t, size, toleranceChange)
        state.t = found.t
        ;({ loss, gradient } = found)
        x = along(x, found.t, d)
        assign(params, x)
      } else {
        x = along(x, state.t, d)
        assign(params, x)
        // After the last iteration nobody would look at the loss.
        if (n < maxIter) ({ loss, gradient } = evaluate())
      }

      if (n === maxIter || evaluations >= maxEval || optimal()) break
      if (Math.abs(state.t) * size <= toleranceChange) break
      if (Math.abs(loss - before) < toleranceChange) break
    }
  } catch (error) {
    assign(params, x)
    throw error
  }
  return first.result
}

function lossOf(result: unknown): number {
  if (typeof result === 'number') return result
  if (result instanceof Tensor && result.length === 1) return result.item()
  const expected = 'a number or a tensor of one element, the loss'
  throw new ValueError(complaint('LBFGS.step', 'what the closure returns', expected, result))
}

/** Where to go from a point with this gradient; the last step becomes part of the history. */
function direction(state: LBFGSState, gradient: Tensor, historySize: number): Tensor {
  const { d, prevGradient } = state
  if (state.nIter === 1 || d === null || prevGradient === null) {
    Object.assign(state, { oldDirs: [], oldSteps: [], ro: [], hDiag: 1 })
    return scaled(gradient, -1)
  }
  const y = along(gradient, -1, prevGradient)
  const s = scaled(d, state.t)
  const ys = dot(y, s)
  if (ys > 1e-10) {
    const { oldDirs, oldSteps, ro } = state
    while (oldDirs.length >= historySize) for (const list of [oldDirs, oldSteps, ro]) list.shift()
    oldDirs.push(y)
    oldSteps.push(s)
    ro.push(1 / ys)
    state.hDiag = ys / dot(y, y)
  }
  return twoLoops(state, gradient)
}

/** -H g, H the inverse of the Hessian that the history tells. */
function twoLoops({ oldDirs, oldSteps, ro, hDiag }: LBFGSState, gradient: Tensor): Tensor {
  const q = scaled(gradient, -1)
  const alphas: number[] = []
  for (let i = ro.length - 1; i >= 0; i--) {
    alphas[i] = dot(oldSteps[i]!, q) * ro[i]!
    add(q, -alphas[i]!, oldDirs[i]!)
  }
  const r = scaled(q, hDiag)
  for (let i = 0; i < ro.length; i++) {
    const beta = dot(oldDirs[i]!, r) * ro[i]!
    add(r, alphas[i]! - beta, oldSteps[i]!)
  }
  return r
}
