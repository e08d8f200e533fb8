/**
 * Mean and sum of squared deviations of n values, in two sweeps: the second one finds what the rounded
 * mean is off by, which matters to numbers far from 0.
 */
export function moments(
  n: number,
  forEach: (visit: (value: number) => void) => void,
): { mean: number; squares: number } {
  let sum = 0
  forEach((value) => (sum += value))
  const rough = sum / n
  let rest = 0
  let squares = 0
  forEach((value) => {
    rest += value - rough
    squares += (value - rough) ** 2
  })
  return { mean: rough + rest / n, squares: Math.max(squares - (rest * rest) / n, 0) }
}
