import { type ArgsOf, code, number, read, updated, updatedSlots, operation } from './operation.js'

/** Update rules; the codes of native/cpu/tables/optimizer.h. */
export const UpdateKind = {
  adagrad: 0,
  rmsprop: 1,
  adadelta: 2,
  adamax: 3,
  nadam: 4,
  radam: 5,
  lion: 6,
  sgd: 7,
  adam: 8,
  rprop: 9,
} as const
export type UpdateKind = (typeof UpdateKind)[keyof typeof UpdateKind]

/**
 * Places in the `hyper` Float64 view of `updateStep`; a rule reads those that its formula names. They
 * live in a buffer so that a recorded step sees a scheduler's changes.
 */
export const UpdateHyper = {
  lr: 0,
  beta1: 1,
  /** also RMSprop's alpha and Adadelta's rho */
  beta2: 2,
  eps: 3,
  weightDecay: 4,
  /** 1: param *= 1 - lr * weightDecay; 0: weightDecay * param is added to the gradient */
  decoupled: 5,
  maximize: 6,
  momentum: 7,
  /** 0 or 1 */
  centered: 8,
  lrDecay: 9,
  momentumDecay: 10,
  dampening: 11,
  /** 0 or 1 */
  nesterov: 12,
  /** 0 or 1 */
  amsgrad: 13,
  /** 1: divide the moments by 1 - beta^t */
  biasCorrection: 14,
  etaMinus: 15,
  etaPlus: 16,
  stepSizeMin: 17,
  stepSizeMax: 18,
  length: 19,
} as const

/**
 * One step of a rule over many parameters. `hyper` (float64, UpdateHyper.length), `steps` (float64,
 * one a parameter) counts up to the parameter's step t; `products` as `steps`, for nadam alone.
 * `state` (dtype of the parameters) holds the arrays below, each of `stateLength` elements.
 *
 * With g = ±grad, and p *= 1 - lr weightDecay if decoupled, else g += weightDecay p:
 *   sgd       with momentum: b = (t = 1 ? g : momentum b + (1 - dampening) g), d = b, of nesterov
 *             g + momentum b; else d = g.  p -= lr d
 *             state: b with momentum, else nothing
 *   adagrad   sum = sum + g^2
 *             p -= lr / (1 + (t - 1) lrDecay) g / (sqrt(sum) + eps)
 *   rmsprop   square = beta2 square + (1 - beta2) g^2
 *             centered: mean = beta2 mean + (1 - beta2) g, v = square - mean^2; else v = square
 *             b = momentum b + g / (sqrt(v) + eps);  p -= lr b
 *             state: square, b, mean; b and mean are not touched, and may lie beyond the end of
 *             `state`, where momentum and centered are 0
 *   adadelta  square = beta2 square + (1 - beta2) g^2
 *             d = g sqrt(moved + eps) / sqrt(square + eps)
 *             moved = beta2 moved + (1 - beta2) d^2;  p -= lr d
 *   rprop     previous and size are 0 and lr at t = 1
 *             c = g previous, size = size (c < 0 ? etaMinus : c > 0 ? etaPlus : 1), at least
 *             stepSizeMin and at most stepSizeMax;  g = 0 where c < 0
 *             p -= size sign(g), sign(NaN) being 0;  previous = g
 *             state: previous, size
 *   the others have m = beta1 m + (1 - beta1) g, and but for lion and adamax
 *   v = beta2 v + (1 - beta2) g^2
 *   adam      with amsgrad: w = max(w, v), else w = v
 *             p -= lr / (1 - beta1^t) m / (sqrt(w / (1 - beta2^t)) + eps), the two differences 1
 *             without biasCorrection
 *             state: m, v, and w with amsgrad
 *   adamax    norm = max(beta2 norm, |g| + eps);  p -= lr / (1 - beta1^t) m / norm
 *   nadam     mu(t) = beta1 (1 - 0.96^(t momentumDecay) / 2)
 *             product = (t = 1 ? 1 : product) mu(t)
 *             p -= lr ((1 - mu(t)) / (1 - product) g + mu(t + 1) / (1 - product mu(t + 1)) m)
 *                  / (sqrt(v / (1 - beta2^t)) + eps)
 *   radam     with N = 2 / (1 - beta2) - 1 and n = N - 2 t beta2^t / (1 - beta2^t):
 *             n > 5:  p -= lr sqrt((n - 4) (n - 2) N / ((N - 4) (N - 2) n)) sqrt(1 - beta2^t)
 *                          / (1 - beta1^t) m / (sqrt(v) + eps)
 *             else p -= lr / (1 - beta1^t) m
 *   lion      p -= lr sign(beta1 m + (1 - beta1) g), then m = beta2 m + (1 - beta2) g
 */
export const updateStep = operation('state', {
  kind: code<UpdateKind>(),
  hyper: read,
  steps: updated,
  products: updated,
  state: updated,
  stateLength: number,
  slots: updatedSlots,
})
export type UpdateStepArgs = ArgsOf<typeof updateStep>

export const updateOperations = { updateStep }
