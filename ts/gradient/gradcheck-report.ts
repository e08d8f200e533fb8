import { GradlaneError } from '../errors.js'
import type { Shape } from '../tensor/tensor.js'

/** The slopes to the left and to the right. */
export type Sides = readonly [left: number, right: number]

/** Where a function is not smooth. */
type FindSides = (variable: string, element: number, output: number | null) => Sides | null

interface Compared extends GradcheckElement {
  readonly at: readonly [element: number, output: number | null]
}

/** One derivative as the backward pass and as central differences give it. */
export interface GradcheckElement {
  /** `input`, `input 1` of several, or the path of a parameter. */
  readonly variable: string
  /** Place in the variable. */
  readonly index: readonly number[]
  /** Place in the output; null for a weighted sum of all outputs. */
  readonly output: readonly number[] | null
  readonly analytical: number
  readonly numerical: number
  /** |analytical - numerical| over what is allowed: more than 1 is wrong. */
  readonly excess: number
  /** Of one that is wrong: the slopes on both sides, where the function has a kink or a jump there. */
  readonly sides: Sides | null
}

/** What `gradcheck` found out. `toString` tells it in words. */
export interface GradcheckReport {
  /** Whether all derivatives agree. */
  readonly ok: boolean
  /** How many were compared, and how many do not agree. */
  readonly compared: number
  readonly failed: number
  /** The farthest off of all; null when there was nothing to compare. */
  readonly worst: GradcheckElement | null
  /** The farthest off for the input and for each parameter that is trained. */
  readonly variables: Readonly<Record<string, GradcheckElement | null>>
  toString(): string
}

/** A backward pass does not agree with central differences of its forward pass (`ERR_GRADCHECK`). */
export class GradcheckError extends GradlaneError {
  constructor(readonly report: GradcheckReport) {
    super('ERR_GRADCHECK', report.toString())
  }
}

/** What derivatives are compared with, element by element. */
export interface Expected {
  readonly slopes: Float64Array
  /** Magnitudes of what each sums up, for the relative tolerance. */
  readonly sizes: Float64Array
  /** Sum of the weights, for the absolute tolerance. */
  readonly weight: number
}

/** Counts derivatives and keeps the worst of each variable. */
export class Tally {
  readonly #worst = new Map<string, Compared | null>()
  #compared = 0
  #failed = 0

  constructor(
    private readonly atol: number,
    private readonly rtol: number,
  ) {}

  compare(
    variable: string,
    shape: Shape,
    output: readonly number[] | null,
    actual: ArrayLike<number>,
    { slopes, sizes, weight }: Expected,
    outputAt: number | null = null,
  ): void {
    let worst = this.#worst.get(variable) ?? null
    for (let i = 0; i < slopes.length; i++) {
      const [analytical, numerical] = [actual[i]!, slopes[i]!]
      const excess = excessOf(analytical, numerical, this.atol * weight + this.rtol * sizes[i]!)
      this.#compared++
      if (excess > 1) this.#failed++
      if (worst !== null && worst.excess >= excess) continue
      const index = indexOf(i, shape)
      const at = [i, outputAt] as const
      worst = { variable, index, output, analytical, numerical, excess, sides: null, at }
    }
    this.#worst.set(variable, worst)
  }

  /** @param sides Asked for what is wrong. */
  report(module: string, sides: FindSides): GradcheckReport {
    const variables = Object.fromEntries(
      Array.from(this.#worst, ([name, found]): [string, GradcheckElement | null] => {
        if (found === null) return [name, null]
        const { at, ...element } = found
        return [name, element.excess > 1 ? { ...element, sides: sides(name, ...at) } : element]
      }),
    )
    const elements = Object.values(variables).filter((element) => element !== null)
    const worst = elements.sort((a, b) => b.excess - a.excess)[0] ?? null
    const [compared, failed] = [this.#compared, this.#failed]
    const report = { ok: failed === 0, compared, failed, worst, variables }
    return { ...report, toString: () => inWords(module, report) }
  }
}

/** NaN agrees with nothing, an infinity with itself. */
function excessOf(analytical: number, numerical: number, allowed: number): number {
  if (analytical === numerical) return 0
  const error = Math.abs(analytical - numerical)
  if (!Number.isFinite(error)) return Infinity
  return error <= allowed ? error / allowed : Math.max(error / allowed, 1 + Number.EPSILON)
}

/** The place of an element in a tensor of this shape. */
export function indexOf(element: number, shape: Shape): number[] {
  const index = []
  let rest = element
  for (const size of shape.toReversed()) {
    index.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return index
}

function inWords(module: string, report: Omit<GradcheckReport, 'toString'>): string {
  const { ok, compared, failed, worst } = report
  if (worst === null) return `gradcheck: ${module} has nothing to compare`
  const begin = ok
    ? `${compared} derivatives of ${module} agree`
    : `${failed} of ${compared} derivatives of ${module} do not agree`
  return `gradcheck: ${begin} with central differences; the farthest off is ${inPlace(worst)}`
}

function inPlace({ variable, index, output, ...found }: GradcheckElement): string {
  const { analytical, numerical, sides } = found
  const place = (at: readonly number[]): string => (at.length > 0 ? `[${at.join(', ')}]` : '')
  const of = output === null ? 'a sum of all outputs' : `output${place(output)}`
  const values = `backward gives ${analytical}, differences ${numerical}`
  const kink =
    sides === null
      ? ''
      : `; it is not smooth there: its slopes are ${sides[0]} to the left and ${sides[1]} to the right`
  return `that of ${of} by ${variable}${place(index)}: ${values}${kink}`
}
