import type { Cells, Input } from './cells.js'
import type { Json, TransformerState } from './state.js'
import type { Steps } from './steps.js'

/** A fit under way. @internal */
export interface Fitting<F extends Fitted = Fitted> {
  /** The next rows. */
  observe(cells: readonly Cells[], row: number): void
  finish(): Steps<F>
}

/** What was learned; it does not change. @internal */
export interface Fitted {
  /** What comes out, by what goes in. */
  outputs(inputs: readonly Input[]): Input[]
  /** What comes out, for the transformer after this one. `row` is the number of the first. */
  apply(cells: readonly Cells[], row: number): Cells[]
  /** The same into rows of `width` numbers, from their place `offset` on, where zeros stand. */
  write(
    cells: readonly Cells[],
    row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void
  /** Categories of the first feature that the fit did not see, with the number of their rows. */
  unseen?(cells: Cells): ReadonlyMap<string, number>
  /** From numbers that came out to what went in. */
  inverse(cells: readonly Cells[]): Cells[]
  state(): TransformerState
}

/** How a transformer was made. */
export interface TransformerConfig {
  readonly name: string
  readonly options: Readonly<Record<string, Json>>
}

/** What can be fitted. @internal */
export interface Fittable {
  begin(inputs: readonly Input[]): Fitting
}
