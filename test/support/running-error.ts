/**
 * Numbers with a bound of the error that they carry, for formulas too long to bound by hand: a running
 * error analysis (N. Higham, "Accuracy and Stability of Numerical Algorithms", section 3.3). Every
 * operation passes on the errors of its operands and adds its own rounding, u |result|; a fused
 * multiply-add rounds less.
 */
export interface Inexact {
  readonly value: number
  readonly error: number
}

export const exact = (value: number): Inexact => ({ value, error: 0 })

/** Operations that round with the relative error u. */
export function arithmetic(u: number) {
  const rounded = (value: number, passedOn: number): Inexact => ({
    value,
    // 1.01: products of errors
    error: 1.01 * (passedOn + u * Math.abs(value)),
  })
  return {
    /** A number of another precision, rounded to this one. */
    cast: ({ value, error }: Inexact): Inexact => rounded(value, error),
    add: (a: Inexact, b: Inexact): Inexact => rounded(a.value + b.value, a.error + b.error),
    sub: (a: Inexact, b: Inexact): Inexact => rounded(a.value - b.value, a.error + b.error),
    mul: (a: Inexact, b: Inexact): Inexact =>
      rounded(
        a.value * b.value,
        Math.abs(a.value) * b.error + Math.abs(b.value) * a.error + a.error * b.error,
      ),
    div: (a: Inexact, b: Inexact): Inexact => {
      const quotient = a.value / b.value
      const smallest = Math.abs(b.value) - b.error
      return rounded(quotient, (a.error + Math.abs(quotient) * b.error) / smallest)
    },
    sqrt: ({ value, error }: Inexact): Inexact => {
      const root = Math.sqrt(value)
      return rounded(root, root === 0 ? Math.sqrt(error) : Math.min(Math.sqrt(error), error / root))
    },
    /** The larger one may be either, where the errors decide. */
    max: (a: Inexact, b: Inexact): Inexact => ({
      value: Math.max(a.value, b.value),
      error: Math.max(a.error, b.error),
    }),
  }
}
