import { kernels } from '../kernels/backend.js'
import type { Tensor } from '../tensor/tensor.js'

/** Generators that are drawn from, by their states, with what these were before the first number. */
export type Draws = Map<Tensor, Tensor>

/** null where nobody wants to draw the same again. */
let noting: Draws | null = null

/** Says that a generator with this state is used. */
export function noteDraw(state: Tensor): void {
  if (noting?.has(state) === false) noting.set(state, state.clone())
}

/** Sets where draws are noted; returns where they were before, to be put back. */
export function noteDraws(next: Draws | null): Draws | null {
  const before = noting
  noting = next
  return before
}

/** Runs `body` with the numbers that were drawn before; generators go on afterwards as if it had not been. */
export function drawAgain(draws: Draws, body: () => void): void {
  const now = Array.from(draws, ([state, then]) => {
    const before = state.clone()
    copy(then, state)
    return [before, state] as const
  })
  try {
    body()
  } finally {
    for (const [before, state] of now) copy(before, state)
  }
}

function copy(x: Tensor, y: Tensor): void {
  kernels().copy({ x, y, n: y.length })
}
