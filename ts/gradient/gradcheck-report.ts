import { GradlaneError } from '../errors.js'
import type { Shape } from '../tensor/tensor.js'

/** One derivative as the backward pass and as central differences give it. */
export interface GradcheckElement {
  /** `input`, or the path of a parameter. */
  readonly variable: string
  /** Place in the variable. */
  readonly index: readonly number[]
  /** Place in the output; null for a weighted sum of all outputs. */
  readonly output: readonly number[] | null
  readonly analytical: number
  readonly numerical: number
  /** |analytical - numerical| over what is allowed: more than 1 is wrong. */
  readonly excess: number
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
  readonly #worst = new Map<string, GradcheckElement | null>()
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
  ): void {
    let worst = this.#worst.get(variable) ?? null
    for (let i = 0; i < slopes.length; i++) {
      const [analytical, numerical] = [actual[i]!, slopes[i]!]
      const excess = excessOf(analytical, numerical, this.atol * weight + this.rtol * sizes[i]!)
      this.#compared++
      if (excess > 1) this.#failed++
      if (worst !== null && worst.excess >= excess) continue
      worst = { variable, index: indexOf(i, shape), output, analytical, numerical, excess }
    }
    this.#worst.set(variable, worst)
  }

  report(module: string): GradcheckReport {
    const variables = Object.fromEntries(this.#worst)
    const elements = [...this.#worst.values()].filter((element) => element !== null)
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

function inPlace({ variable, index, output, analytical, numerical }: GradcheckElement): string {
  const place = (at: readonly number[]): string => (at.length > 0 ? `[${at.join(', ')}]` : '')
  const of = output === null ? 'a sum of all outputs' : `output${place(output)}`
  const values = `backward gives ${analytical}, differences ${numerical}`
  return `that of ${of} by ${variable}${place(index)}: ${values}`
}
