import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import type { FloatDType } from '../kernels/dtype.js'
import { formatShape, Tensor } from '../tensor/tensor.js'
import type { OptimizerStateDict } from './state-dict.js'

/** What L-BFGS keeps. Its tensors are never written to. */
export interface LBFGSState {
  funcEvals: number
  nIter: number
  /** The last direction; null before the first iteration. */
  d: Tensor | null
  /** The length of the last step along it. */
  t: number
  /** What the last steps changed the gradient by. */
  oldDirs: Tensor[]
  oldSteps: Tensor[]
  /** 1 / of their products. */
  ro: number[]
  /** What the inverse of the Hessian begins from, times the identity. */
  hDiag: number
  prevGradient: Tensor | null
  prevLoss: number
}

type Entry = OptimizerStateDict['state'][string]

/** PyTorch's names of all that is kept from the first iteration on, and `al`, its scratch memory. */
const KEYS = ['func_evals', 'n_iter', 'd', 't', 'old_dirs', 'old_stps', 'ro', 'H_diag']
const KNOWN = [...KEYS, 'prev_flat_grad', 'prev_loss', 'al']

export function initialState(): LBFGSState {
  return {
    ...{ funcEvals: 0, nIter: 0, d: null, t: 0, oldDirs: [], oldSteps: [], ro: [], hDiag: 1 },
    ...{ prevGradient: null, prevLoss: 0 },
  }
}

/** A copy that may be moved on. */
export function copyOf(state: LBFGSState): LBFGSState {
  const { oldDirs, oldSteps, ro } = state
  return { ...state, oldDirs: [...oldDirs], oldSteps: [...oldSteps], ro: [...ro] }
}

/** @throws DTypeError when the state is of another dtype than the parameters are now. */
export function checkDType(who: string, { d }: LBFGSState, dtype: FloatDType): void {
  if (d === null || d.dtype === dtype) return
  const hint = 'make the optimizer after module.to()'
  throw new DTypeError(complaint(who, 'the parameters', `${d.dtype} as before`, dtype, hint))
}

/** The entry of the first parameter, which PyTorch keeps it at; null before the first step. */
export function writeState(state: LBFGSState): Entry | null {
  if (state.funcEvals === 0) return null
  const counts: Entry = { func_evals: state.funcEvals, n_iter: state.nIter }
  if (state.d === null) return counts
  return {
    ...counts,
    d: state.d.clone(),
    t: state.t,
    old_dirs: state.oldDirs.map((y) => y.clone()),
    old_stps: state.oldSteps.map((s) => s.clone()),
    ro: [...state.ro],
    H_diag: state.hDiag,
    prev_flat_grad: state.prevGradient!.clone(),
    prev_loss: state.prevLoss,
  }
}

/**
 * The state from that part of a state dict.
 *
 * @throws ValueError, ShapeError, DTypeError when it is none of so many elements.
 */
export function readState(
  who: string,
  saved: object,
  length: number,
  dtype: FloatDType,
): LBFGSState {
  const entries = Object.values(saved) as (Entry | null)[]
  if (entries.length > 1) {
    const hint = 'it is of another optimizer'
    throw new ValueError(complaint(who, 'state', 'of one parameter', `${entries.length}`, hint))
  }
  const entry = entries[0] ?? {}
  const unknown = Object.keys(entry).find((key) => !KNOWN.includes(key))
  if (unknown !== undefined) {
    const hint = 'it is of another optimizer'
    throw new ValueError(complaint(who, 'state 0', KEYS.join(', '), unknown, hint))
  }
  const vector = (name: string, value: unknown): Tensor => {
    if (!(value instanceof Tensor)) {
      throw new ValueError(complaint(who, name, `a tensor of shape (${length})`, value))
    }
    if (value.dtype !== 'float32' && value.dtype !== 'float64') {
      throw new DTypeError(complaint(who, name, 'float32 or float64', value.dtype))
    }
    if (value.shape.length !== 1 || value.length !== length) {
      const got = `shape ${formatShape(value.shape)}`
      throw new ShapeError(complaint(who, name, `shape (${length})`, got))
    }
    return value.dtype === dtype ? value.clone() : value.to(dtype)
  }
  const number = (name: string, value: unknown): number => {
    const single = value instanceof Tensor && value.length === 1 ? value.item() : value
    if (typeof single === 'number') return single
    throw new ValueError(complaint(who, name, 'a number', value))
  }
  const count = (name: string): number => {
    const value = number(name, entry[name] ?? 0)
    if (Number.isSafeInteger(value) && value >= 0) return value
    throw new ValueError(complaint(who, name, 'a whole number of at least 0', value))
  }
  const list = <V>(name: string, item: (name: string, value: unknown) => V): V[] => {
    const values: unknown = entry[name]
    if (!Array.isArray(values)) throw new ValueError(complaint(who, name, 'a list', values))
    return Array.from(values, (value: unknown, i) => item(`item ${i} of ${name}`, value))
  }

  const state: LBFGSState = {
    ...initialState(),
    funcEvals: count('func_evals'),
    nIter: count('n_iter'),
  }
  if (state.nIter === 0) return state
  Object.assign(state, {
    d: vector('d', entry['d']),
    t: number('t', entry['t']),
    oldDirs: list('old_dirs', vector),
    oldSteps: list('old_stps', vector),
    ro: list('ro', number),
    hDiag: number('H_diag', entry['H_diag']),
    prevGradient: vector('prev_flat_grad', entry['prev_flat_grad']),
    prevLoss: number('prev_loss', entry['prev_loss']),
  } satisfies Partial<LBFGSState>)
  const { oldDirs, oldSteps, ro } = state
  if (oldDirs.length !== oldSteps.length || oldDirs.length !== ro.length) {
    const got = `${oldDirs.length}, ${oldSteps.length} and ${ro.length}`
    const what = 'the lengths of old_dirs, old_stps and ro'
    throw new ValueError(complaint(who, what, 'the same', got))
  }
  return state
}
