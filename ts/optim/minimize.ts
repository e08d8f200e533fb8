import { checkArguments, isFunction } from '../check.js'
import { complaint, NotFiniteError, ValueError } from '../errors.js'
import { atLeast, type Options, positive, readOptions, share, signal, whole } from '../options.js'

export interface MinimizeOptions {
  /** Learning rate γ. Default 0.01. */
  lr?: number
  /** μ, how much of the last step is kept. Default 0. */
  momentum?: number
  /** The descent ends where the next step would be no longer than this. Default 1e-4. */
  tolerance?: number
  /** Default 10,000. */
  maxSteps?: number
  /** Looked at before each step; what it was aborted with is thrown. */
  signal?: AbortSignal
}

const OPTIONS = {
  lr: positive(0.01),
  momentum: share(0, '[0, 1)'),
  tolerance: atLeast(0, 1e-4),
  maxSteps: whole(0, 10_000),
  signal: signal(),
} satisfies Options<MinimizeOptions>

/** A point of the descent. */
export interface MinimizePoint<X> {
  x: X
  value: number
}

export interface Minimum<X> extends MinimizePoint<X> {
  /** How many steps were taken. */
  steps: number
  /** Whether the steps became as short as `tolerance`; false when `maxSteps` ended the descent. */
  converged: boolean
  /**
   * The way there, to be plotted: the start, the points of the descent, the end. Of more than 10,000
   * points every second is dropped, as often as is needed, and as evenly.
   */
  history: MinimizePoint<X>[]
}

/**
 * Minimises a function of a number by gradient descent: v = μ v - γ ∇f(x), x = x + v. It stops at the
 * first point from which the step would be at most `tolerance` long, and does not take that step.
 *
 * @param fn called at each point, for `value` and `history`; the descent follows `gradient` alone.
 * @param gradient the derivative of `fn`.
 * @param x0 where to start; which minimum is found, and whether, depends on it.
 * @throws ValueError for an argument out of its range, with nothing computed.
 * @throws NotFiniteError when a value, a gradient or a point is NaN or infinite, with the step.
 *
 * @example
 * // a root of x² - 6x + 4, where its square is least
 * const f = (x: number) => x * x - 6 * x + 4
 * optim.minimize((x) => f(x) ** 2, (x) => 2 * f(x) * (2 * x - 6), 2.99).x // 0.7641…
 */
export function minimize(
  fn: (x: number) => number,
  gradient: (x: number) => number,
  x0: number,
  options?: MinimizeOptions,
): Minimum<number>
/** The same for a function of several numbers, which gets a Float64Array; a step's length is Euclidean. */
export function minimize(
  fn: (x: Float64Array) => number,
  gradient: (x: Float64Array) => ArrayLike<number>,
  x0: ArrayLike<number>,
  options?: MinimizeOptions,
): Minimum<Float64Array>
export function minimize(
  fn: (x: never) => unknown,
  gradient: (x: never) => unknown,
  x0: number | ArrayLike<number>,
  options: MinimizeOptions = {},
): Minimum<unknown> {
  checkArguments('minimize', 4, arguments)
  const given = readOptions(WHO, OPTIONS, options)
  const { lr, momentum, tolerance, maxSteps } = given
  demand('fn', 'a function', fn, isFunction(fn))
  demand('gradient', 'a function', gradient, isFunction(gradient))
  const start = numbers(x0)
  if (start === null || !start.every(Number.isFinite)) {
    const got = start === null ? typeof x0 : start.join(', ')
    throw new ValueError(complaint(WHO, 'x0', 'a finite number or a list of them', got))
  }

  const scalar = typeof x0 === 'number'
  // A copy: what the caller's functions get and the history keeps is theirs.
  const shown = (x: Float64Array): never => (scalar ? x[0] : x.slice()) as never
  const pointAt = (x: Float64Array, step: number): MinimizePoint<unknown> => {
    const value = fn(shown(x))
    if (typeof value !== 'number') {
      throw new ValueError(complaint(WHO, 'fn', 'a function to a number', typeof value))
    }
    demandFinite('the value', value, step)
    return { x: shown(x), value }
  }
  const slopeAt = (x: Float64Array): Float64Array => {
    const slope = numbers(gradient(shown(x)))
    if (slope?.length === x.length) return slope
    const expected = scalar ? 'a function to a number' : `a function to ${x.length} numbers`
    throw new ValueError(complaint(WHO, 'gradient', expected, slope ? `${slope.length}` : 'none'))
  }

  let x = start
  let point = pointAt(x, 0)
  const history = new History(point)
  const velocity = new Float64Array(x.length)
  for (let steps = 0; ; steps++) {
    given.signal?.throwIfAborted()
    const slope = slopeAt(x)
    const next = x.slice()
    let squares = 0
    for (let i = 0; i < x.length; i++) {
      demandFinite('the gradient', slope[i]!, steps)
      velocity[i] = momentum * velocity[i]! - lr * slope[i]!
      next[i]! += velocity[i]!
      demandFinite('the next point', next[i]!, steps)
      squares += (next[i]! - x[i]!) ** 2
    }
    const converged = Math.sqrt(squares) <= tolerance
    if (converged || steps === maxSteps) {
      return { ...point, steps, converged, history: history.until(point) }
    }
    x = next
    point = pointAt(x, steps + 1)
    history.add(point)
  }
}

const WHO = 'minimize'
const LONGEST_HISTORY = 10_000

function demand(what: string, expected: string, got: unknown, met: boolean): void {
  if (!met) throw new ValueError(complaint(WHO, what, expected, got))
}

function demandFinite(what: string, value: number, step: number): void {
  if (Number.isFinite(value)) return
  const hint = step === 0 ? 'see to fn, gradient and x0' : 'a smaller lr may help'
  throw new NotFiniteError(`${WHO}: ${what} is ${value} after ${step} steps; ${hint}`)
}

/** A number or a list of them as an array of their own; null for anything else. */
function numbers(value: unknown): Float64Array | null {
  if (typeof value === 'number') return Float64Array.of(value)
  if (typeof value !== 'object' || value === null || !('length' in value)) return null
  const list = Array.from(value as ArrayLike<unknown>)
  return list.every((item) => typeof item === 'number') ? Float64Array.from(list) : null
}

class History<P> {
  #points: P[]
  #stride = 1
  #count = 1

  constructor(start: P) {
    this.#points = [start]
  }

  add(point: P): void {
    if (this.#count++ % this.#stride !== 0) return
    this.#points.push(point)
    if (this.#points.length <= LONGEST_HISTORY) return
    this.#points = this.#points.filter((_, i) => i % 2 === 0)
    this.#stride *= 2
  }

  /** The points with the last one, which may have been passed over. */
  until(last: P): P[] {
    return this.#points.at(-1) === last ? this.#points : [...this.#points, last]
  }
}
