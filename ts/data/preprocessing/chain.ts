import { complaint, ValueError } from '../../errors.js'
import { blocksOf, type Cells, type Input } from './cells.js'
import type { Steps } from './steps.js'
import type { Fittable, Fitted } from './fitted.js'

/** A fitted transformer and what it takes. @internal */
export interface Link {
  readonly inputs: readonly Input[]
  readonly fitted: Fitted
}

/**
 * Fits transformers, each to what those before it make of the cells.
 *
 * @throws ValueError for infinite numbers and no rows.
 * @internal
 */
export function* fitChain(
  transformers: readonly Fittable[],
  inputs: readonly Input[],
  cells: readonly Cells[],
): Steps<Link[]> {
  const links: Link[] = []
  let types = inputs
  for (const transformer of transformers) {
    const fitting = transformer.begin(types)
    let rows = 0
    for (const [block, row] of blocksOf(cells)) {
      checkFinite(transformer.constructor.name, inputs, block, row)
      const before = applyAll(links, block, row)
      fitting.observe(before, row)
      rows += 1
      yield
    }
    if (rows === 0) {
      const what = inputs.length === 0 ? 'the features' : inputs[0]!.name
      throw new ValueError(complaint(`${transformer.constructor.name}.fit`, what, 'rows', 'none'))
    }
    const fitted = yield* fitting.finish()
    links.push({ inputs: types, fitted })
    types = fitted.outputs(types)
  }
  return links
}

/** What the links make of some rows, one after the other. @internal */
export function applyAll(links: readonly Link[], cells: readonly Cells[], row: number): Cells[] {
  return links.reduce<Cells[]>((some, { fitted }) => fitted.apply(some, row), [...cells])
}

/** Writes what the links make of the cells, block by block. @internal */
export function* writeChain(
  links: readonly Link[],
  cells: readonly Cells[],
  out: Float32Array | Float64Array,
  width: number,
  offset: number,
): Steps<void> {
  for (const [block, row] of blocksOf(cells)) {
    writeBlock(links, block, row, out.subarray(row * width), width, offset)
    yield
  }
}

/** @internal */
export function writeBlock(
  links: readonly Link[],
  block: readonly Cells[],
  row: number,
  out: Float32Array | Float64Array,
  width: number,
  offset: number,
): void {
  const last = links.at(-1)
  if (last === undefined) return
  checkFinite('transform', links[0]!.inputs, block, row)
  last.fitted.write(applyAll(links.slice(0, -1), block, row), row, out, width, offset)
}

/** @throws ValueError for an infinite number; NaN is a gap. */
function checkFinite(
  who: string,
  inputs: readonly Input[],
  cells: readonly Cells[],
  row: number,
): void {
  cells.forEach((some, i) => {
    if (some.type !== 'number' && some.type !== 'date') return
    const { values } = some
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!
      if (value !== Infinity && value !== -Infinity) continue
      const what = `row ${row + at} of ${inputs[i]!.name}`
      throw new ValueError(complaint(who, what, 'a finite number', value))
    }
  })
}
