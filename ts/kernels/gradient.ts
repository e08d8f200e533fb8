import {
  type ArgsOf,
  number,
  operation,
  overwritten,
  read,
  readSlots,
  updatedSlots,
} from './operation.js'

/** out (float64, 1) = p-norm of all gradients together; p is a positive number or Infinity. */
export const gradNorm = operation('slots', {
  out: overwritten,
  p: number,
  slots: readSlots,
})
export type GradNormArgs = ArgsOf<typeof gradNorm>

/** gradient *= min(1, maxNorm / (norm + 1e-6)) for all slots; norm is what gradNorm wrote. */
export const clipGradients = operation('slots', {
  norm: read,
  maxNorm: number,
  slots: updatedSlots,
})
export type ClipGradientsArgs = ArgsOf<typeof clipGradients>

export const gradientOperations = { gradNorm, clipGradients }
