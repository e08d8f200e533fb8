import { types } from 'node:util'

import { isCollection } from '../check.js'
import { CaptureError } from '../errors.js'
import { Tensor } from '../tensor/tensor.js'

/** What a captured function may return: nothing, a tensor, or tensors in a list or by name. */
export type Outputs =
  | Tensor
  | readonly Tensor[]
  | Readonly<Record<string, Tensor>>
  | undefined
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- what a function without return gives
  | void

/** The tensors of a result, in order. @throws CaptureError when there is something else in it. */
export function outputsOf(result: unknown): Tensor[] {
  if (result === undefined) return []
  if (result instanceof Tensor) return [result]
  const parts = isCollection(result) ? Object.values(result) : [result]
  for (const part of parts) {
    if (part instanceof Tensor) continue
    const got = types.isPromise(part) ? 'a Promise' : part === null ? 'null' : typeof part
    throw new CaptureError(
      `capture: expected the function to return tensors (one, a list, or by name) or nothing, got ${got}`,
    )
  }
  return parts as Tensor[]
}

/** A result of the same form with other tensors in the places of its own. */
export function withTensors<O extends Outputs>(result: O, tensors: readonly Tensor[]): O {
  if (result === undefined) return result
  if (result instanceof Tensor) return tensors[0] as O
  if (Array.isArray(result)) return [...tensors] as unknown as O
  const names = Object.keys(result)
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) as unknown as O
}
