/**
 * The error function and its complement in full double precision.
 *
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation
 * 23 (1969), 631-637; the coefficients are those of his SPECFUN routine CALERF. Three pieces:
 *   |x| <= 0.46875       erf(x)  = x R1(x^2)
 *   0.46875 < x <= 4     erfc(x) = exp(-x^2) R2(x)
 *   x > 4                erfc(x) = exp(-x^2) / x (1 / sqrt(pi) + R3(1 / x^2) / x^2)
 */

const NUMERATOR_1 = [
  1.85777706184603153e-1, 3.1611237438705656, 1.13864154151050156e2, 3.77485237685302021e2,
  3.20937758913846947e3,
]
const DENOMINATOR_1 = [
  1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3,
]
const NUMERATOR_2 = [
  2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
  2.98635138197400131e2, 8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3,
  1.23033935479799725e3,
]
const DENOMINATOR_2 = [
  1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
  3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
]
const NUMERATOR_3 = [
  1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
  1.60837851487422766e-2, 6.58749161529837803e-4,
]
const DENOMINATOR_3 = [
  1, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
  2.33520497626869185e-3,
]

const ONE_OVER_SQRT_PI = 0.56418958354775628695
const SMALL = 0.46875

/** c[0] x^d + ... + c[d] by Horner's rule. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (const c of coefficients) sum = sum * x + c
  return sum
}

function erfOfSmall(x: number): number {
  const square = x * x
  return (x * polynomial(NUMERATOR_1, square)) / polynomial(DENOMINATOR_1, square)
}

/** exp(-x^2), with x^2 split so that its rounding error does not grow by the exponential. */
function gauss(x: number): number {
  const head = Math.trunc(x * 16) / 16
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head))
}

/** erfc(x) for x > 0.46875. */
function erfcOfLarge(x: number): number {
  if (x > 27.3) return 0 // below the least subnormal
  if (x <= 4) return (gauss(x) * polynomial(NUMERATOR_2, x)) / polynomial(DENOMINATOR_2, x)
  const z = 1 / (x * x)
  const tail = (z * polynomial(NUMERATOR_3, z)) / polynomial(DENOMINATOR_3, z)
  return (gauss(x) / x) * (ONE_OVER_SQRT_PI - tail)
}

/** 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x
  if (Math.abs(x) <= SMALL) return erfOfSmall(x)
  return x > 0 ? 1 - erfcOfLarge(x) : erfcOfLarge(-x) - 1
}

/** 1 - erf(x), without the cancellation for large x. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x
  if (Math.abs(x) <= SMALL) return 1 - erfOfSmall(x)
  return x > 0 ? erfcOfLarge(x) : 2 - erfcOfLarge(-x)
}
