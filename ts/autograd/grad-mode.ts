import { checkArguments, checkFunction } from '../check.js'
import { complaint, ValueError } from '../errors.js'

let enabled = true

/** Whether operations on tensors that require a gradient become part of a graph now. */
export function isGradEnabled(): boolean {
  checkArguments('isGradEnabled', 0, arguments)
  return enabled
}

/** Sets the mode and returns the one before, which the caller puts back in a `finally`. @internal */
export function setGradEnabled(mode: boolean): boolean {
  const before = enabled
  enabled = mode
  return before
}

/**
 * Runs `body` without a graph: what it computes requires no gradient, and activations are freed at once.
 * Modes nest, and the one before comes back whatever `body` throws.
 *
 * @throws ValueError for an async function: the mode would hold for all that runs while it waits.
 *
 * @example
 * const answer = noGrad(() => model.forward(x))
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.no_grad.html
 */
export function noGrad<T>(body: () => T): T {
  checkArguments('noGrad', 1, arguments)
  return within('noGrad', false, body)
}

/** Runs `body` with a graph, inside of `noGrad` too; see there. */
export function enableGrad<T>(body: () => T): T {
  checkArguments('enableGrad', 1, arguments)
  return within('enableGrad', true, body)
}

function within<T>(who: string, mode: boolean, body: () => T): T {
  checkSync(who, body)
  const before = setGradEnabled(mode)
  try {
    return settled(who, body())
  } finally {
    enabled = before
  }
}

/** @throws ValueError unless it is a function that may run in a mode that ends with it. @internal */
export function checkSync(who: string, body: (...args: never) => unknown): void {
  checkFunction(who, 'what it runs', body)
  if (body.constructor.name === 'AsyncFunction') throw noPromise(who)
}

/** What such a function has returned. @throws ValueError for a promise. @internal */
export function settled<T>(who: string, result: T): T {
  if (typeof (result as { then?: unknown } | null)?.then === 'function') throw noPromise(who)
  return result
}

function noPromise(who: string): ValueError {
  return new ValueError(
    complaint(
      who,
      'what it runs',
      'a function that returns its result',
      'an async one',
      'await first, then compute inside of it',
    ),
  )
}
