import type { ActivationKind } from './kinds.js'
import { type ArgsOf, code, number, overwrittenOver, read, operation } from './operation.js'

/** y[i] = f(x[i]). */
export const activation = operation('y', {
  kind: code<ActivationKind>(),
  x: read,
  y: overwrittenOver('x'),
  n: number,
  parameter: number,
})
export type ActivationArgs = ArgsOf<typeof activation>

/**
 * gradX[i] = gradY[i] * f'(x[i]); y must be f(x). gradX may be gradY. Of relu it is 0 where x <= 0,
 * also of a gradY that is not finite.
 */
export const activationGradient = operation('gradX', {
  kind: code<ActivationKind>(),
  x: read,
  y: read,
  gradY: read,
  gradX: overwrittenOver('gradY'),
  n: number,
  parameter: number,
})
export type ActivationGradientArgs = ArgsOf<typeof activationGradient>

export const activationOperations = { activation, activationGradient }
