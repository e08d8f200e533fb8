import type { Tensor } from '../tensor/tensor.js'

/** What is known of a step of length t along a direction. */
export interface Trial {
  readonly t: number
  readonly loss: number
  readonly gradient: Tensor
  /** The derivative of the loss by t: gradient · direction. */
  readonly slope: number
}

/** The share of the decrease that the slope promises, which a step has to reach. */
const DECREASE = 1e-4
/** The share of the slope that may be left. */
const CURVATURE = 0.9
const MOST_TRIALS = 25

/**
 * Looks for a step that fulfils the strong Wolfe conditions,
 *
 *     loss(t) <= loss(0) + 1e-4 t slope(0)  and  |slope(t)| <= 0.9 |slope(0)|,
 *
 * by cubic interpolation; after 25 more trials it takes the best that it has seen of the bracket. The
 * steps are PyTorch's, which has them from minFunc.
 *
 * @param evaluate looks at a step of a length.
 * @param start the step of length 0, along which the loss falls.
 * @param t the length to try first.
 * @param size of the direction, its largest element: a bracket that moves no parameter by `tolerance`
 *   is narrow enough.
 */
export function strongWolfe(
  evaluate: (t: number) => Trial,
  start: Trial,
  t: number,
  size: number,
  tolerance: number,
): Trial {
  const tooHigh = ({ t, loss }: Trial): boolean => loss > start.loss + DECREASE * t * start.slope
  const flat = ({ slope }: Trial): boolean => Math.abs(slope) <= -CURVATURE * start.slope
  let trials = 0
  const next = (length: number): Trial => {
    trials++
    return evaluate(length)
  }

  // A bracket around a step that fulfils them, or such a step.
  let previous = start
  let current = evaluate(t)
  let bracket: [Trial, Trial] | undefined
  while (trials < MOST_TRIALS) {
    if (tooHigh(current) || (trials > 1 && current.loss >= previous.loss)) {
      bracket = [previous, current]
      break
    }
    if (flat(current)) return current
    if (current.slope >= 0) {
      bracket = [previous, current]
      break
    }
    const least = current.t + 0.01 * (current.t - previous.t)
    const length = interpolated(previous, current, least, 10 * current.t)
    previous = current
    current = next(length)
  }
  bracket ??= [start, current]

  // The bracket becomes narrower.
  let low = bracket[0].loss <= bracket[1].loss ? 0 : 1
  let slow = false
  while (trials < MOST_TRIALS) {
    const [a, b] = bracket
    if (Math.abs(b.t - a.t) * size < tolerance) break
    const least = Math.min(a.t, b.t)
    const most = Math.max(a.t, b.t)
    let length = interpolated(a, b, least, most)
    // Next to an end twice, or on it, a tenth of the bracket inwards instead.
    const margin = 0.1 * (most - least)
    if (Math.min(most - length, length - least) < margin) {
      if (slow || length >= most || length <= least) {
        const upper = Math.abs(length - most) < Math.abs(length - least)
        length = upper ? most - margin : least + margin
        slow = false
      } else slow = true
    } else slow = false

    const trial = next(length)
    const high = 1 - low
    if (tooHigh(trial) || trial.loss >= bracket[low]!.loss) {
      bracket[high] = trial
      low = bracket[0].loss <= bracket[1].loss ? 0 : 1
      continue
    }
    const done = flat(trial)
    if (!done && trial.slope * (bracket[high]!.t - bracket[low]!.t) >= 0) {
      bracket[high] = bracket[low]!
    }
    bracket[low] = trial
    if (done) break
  }
  return bracket[low]!
}

/** Where the cubic through two trials with their slopes is least, within bounds. */
function interpolated(first: Trial, second: Trial, least: number, most: number): number {
  const [a, b] = first.t <= second.t ? [first, second] : [second, first]
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t)
  const square = d1 ** 2 - a.slope * b.slope
  // NaN too
  if (!(square >= 0)) return (least + most) / 2
  const d2 = Math.sqrt(square)
  const at = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
  return Math.min(Math.max(at, least), most)
}
