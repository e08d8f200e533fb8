import { complaint, ValueError } from '../errors.js'
import { LabelEncoder } from '../data/preprocessing/label-encoder.js'
import type { RowInput } from '../data/table/table.js'
import { Split } from '../nn/split.js'
import { type Options, positive, readOptions, unchecked } from '../options.js'
import { show } from '../show.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { Modes } from '../train/modes.js'
import type { Fitted } from './fitted.js'
import { integratedGradients, numberOf, type Output, shareOf } from './integrated-gradients.js'
import { usualRow } from './profile.js'

export interface ExplainOptions {
  /** The class whose share is explained. Default: the one that is predicted. */
  class?: string | number
  /**
   * The row that this one is compared with. Default: the means of the training's numbers and dates, its
   * most frequent categories, empty texts.
   */
  baseline?: RowInput
  /** How exactly contributions add up, as a part of the difference. Default 1e-3. */
  tolerance?: number
}

const OPTIONS = {
  class: unchecked<string | number>(),
  baseline: unchecked<RowInput>(),
  tolerance: positive(1e-3),
} satisfies Options<ExplainOptions>

/** What a column of a row does to its answer. */
export interface Contribution {
  readonly column: string
  /** What the row holds. */
  readonly cell: RowInput[string]
  /** Share of the class, or the target's unit. */
  readonly contribution: number
}

/** Why a row has its answer: how far each column moves it from that of a baseline. */
export interface Explanation {
  readonly answer: string | number
  /** The class whose share is explained; null where a number is predicted. */
  readonly class: string | number | null
  /** The share of that class, or the number that is predicted. */
  readonly value: number
  readonly baseline: { readonly row: RowInput; readonly value: number }
  /** The largest first. Together they are value - baseline.value, but for `remainder`. */
  readonly contributions: readonly Contribution[]
  readonly remainder: number
}

export function explained(
  who: string,
  fitted: Fitted,
  row: RowInput,
  options: ExplainOptions,
): Explanation {
  const { class: asked, baseline: given, tolerance } = readOptions(who, OPTIONS, options)
  const { columns, target, profile } = fitted
  const x = columns.transform(row)
  const baseline = given ?? usualRow(profile)
  const x0 = columns.transform(baseline)
  const [answer] = target.decode(fitted.forward(x))
  const [chosen, output] = outputOf(who, fitted, asked, answer!)
  const { network, places, embed } = behindVectors(who, fitted)
  const result = integratedGradients(network, embed(x), embed(x0), output, tolerance)
  const contributions = Array.from(places, ([column, [start, end]]) => {
    const parts = result.contributions.subarray(start, end)
    return { column, cell: row[column], contribution: parts.reduce((sum, part) => sum + part, 0) }
  })
  contributions.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
  return {
    answer: answer!,
    class: chosen,
    value: result.value,
    baseline: { row: baseline, value: result.baseline },
    contributions,
    remainder: result.remainder,
  }
}

/**
 * The network behind the vectors of categories, of which alone there are derivatives, and what stands where
 * in a row of its inputs. A category's contribution is the sum of those of its vector's numbers.
 */
function behindVectors(who: string, { columns, network }: Fitted) {
  const { embeddings, outputIndices } = columns
  if (embeddings.length === 0)
    return { network, places: outputIndices, embed: (row: Tensor): Tensor => row }
  const [vectors, behind, ...others] = network.children()
  if (!(vectors instanceof Split) || behind === undefined || others.length > 0) {
    const got = `one of class ${network.constructor.name}`
    const expected = 'vectors of categories and a module behind them'
    throw new ValueError(complaint(who, 'the network', expected, got))
  }
  const moved = (place: number): number =>
    embeddings.reduce((sum, at) => sum + (at.place < place ? at.embeddingDim - 1 : 0), place)
  const places = Array.from(outputIndices, ([column, [start, end]]) => {
    return [column, [moved(start), moved(end)]] as const
  })
  const embed = (row: Tensor): Tensor =>
    Modes.evaluating(vectors).during(() => vectors.forward(row))
  return { network: behind, places, embed }
}

function outputOf(
  who: string,
  { target, classes }: Fitted,
  asked: string | number | undefined,
  answer: string | number,
): [string | number | null, Output] {
  if (target instanceof LabelEncoder) {
    const chosen = asked ?? answer
    const place = classes!.indexOf(chosen)
    if (place >= 0) return [chosen, shareOf(place, classes!.length)]
    throw new ValueError(complaint(who, 'class', `one of ${show(classes)}`, show(asked)))
  }
  if (asked !== undefined)
    throw new ValueError(complaint(who, 'class', 'left out where a number is predicted', asked))
  const [mean, one] = target.decode(tensor([0, 1])) as number[]
  return [null, numberOf(mean!, one! - mean!)]
}
