import type { KernelArgs, KernelCall, KernelName } from './operations.js'

export * from './kinds.js'
export { UpdateHyper, UpdateKind } from './update.js'
export type { KernelCall, KernelName } from './operations.js'
export { isView, type ParameterSlot, type View } from './view.js'

/**
 * Every numeric operation of gradlane, declared once, in the file of its stem beside this one. Two
 * complete implementations: `native` (the addon) and `reference` (plain TypeScript, Float64 arithmetic,
 * written for reading).
 *
 * Contract of all operations, unless one says otherwise:
 * - Sizes are given by the caller and have been checked by the layer above; a view may be longer
 *   than what is used. A size of 0 is allowed and does nothing. A buffer that is too short
 *   (detached, resized) raises `ERR_VALUE` before anything is written.
 * - All float views of one call have the dtype of the result: float32 or float64. Index and label
 *   views are int32.
 * - An elementwise result may be written over an operand; no other overlap is allowed.
 * - Nothing is kept of the views after the call, except by a capture.
 * - `outer`, `n`, `inner` describe a tensor seen as (outer, n, inner) with the operation along n.
 */
export type Kernels = { readonly name: 'native' | 'reference' } & {
  readonly [K in KernelName]: (args: KernelArgs[K]) => void
}

/** Makes a recorded call. */
export function run(kernels: Kernels, { method, args }: KernelCall): void {
  const kernel = kernels[method] as (args: object) => void
  kernel(args)
}
