import { ActivationKind } from './kinds.js'
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
 * gradX[i] = gradY[i] * f'(x[i]); y must be f(x), or x itself where it is not read. gradX may be gradY. Of relu it is 0 where x <= 0,
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

/**
 * Whether f'(x) can be computed from f(x) in the place of x, to the same bits. Of the others f(x) is not
 * read.
 */
export function slopeFollowsFromResult(kind: ActivationKind, parameter: number): boolean {
  switch (kind) {
    case ActivationKind.relu:
    case ActivationKind.sigmoid:
    case ActivationKind.tanh:
      return true
    case ActivationKind.leakyRelu: // the sign of the result is that of x
      return parameter > 0
    default:
      return false
  }
}

export const activationOperations = { activation, activationGradient }
