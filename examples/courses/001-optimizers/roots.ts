import { optim } from '../../../ts/index.js'

/**
 * The roots of a x² + b x + c where its square is least, by gradient descent to either side of the
 * vertex, from `lr` beside it.
 */
export function roots(a: number, b: number, c: number, lr = 0.01): optim.Minimum<number>[] {
  const f = (x: number): number => a * x ** 2 + b * x + c
  const vertex = -b / 2 / a
  return [vertex - lr, vertex + lr].map((start) =>
    optim.minimize(
      (x) => f(x) ** 2,
      (x) => 2 * f(x) * (2 * a * x + b),
      start,
      { lr, tolerance: 1e-4 },
    ),
  )
}
