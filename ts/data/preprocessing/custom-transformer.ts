import { isDeepStrictEqual } from 'node:util'

import { checkArguments, checkList } from '../../check.js'
import { ClassRegistry } from '../../class-registry.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import type { Column } from '../table/column.js'
import { categoriesOf } from '../table/column-from.js'
import { ByWriting } from './by-writing.js'
import { type Cells, type Input, rowsOf } from './cells.js'
import type { Fitting, TransformerConfig } from './fitted.js'
import { columnOf } from './inverse.js'
import type { Json, StateReader, TransformerState } from './state.js'
import { done } from './steps.js'
import { Encoder } from './transformer.js'

/** How transformers of a class of a user's own are made again. @internal */
export interface RegisteredTransformer {
  readonly name: string
  readonly constructor: abstract new (...args: never[]) => CustomTransformer
  options(transformer: CustomTransformer): TransformerConfig['options']
  create(options: unknown): unknown
}

/** @internal */
export const customTransformers = new ClassRegistry<RegisteredTransformer>()

/**
 * A transformer of one's own: from a column to one number, or several, for each of its cells. What it learns
 * of the column in `fit` is JSON and part of a model's file; `data.registerTransformer` gives its class the
 * name that a file holds.
 *
 * @example
 * class Rank extends data.CustomTransformer {
 *   learn(column) { return column.values.filter((value) => value === value).sort() }
 *   compute(column, sorted) { return [column.values.map((value) => sorted.findIndex((other) => other >= value))] }
 * }
 * data.registerTransformer('Rank', Rank)
 */
export abstract class CustomTransformer<L extends Json = Json> extends Encoder<Custom> {
  constructor() {
    checkArguments(new.target.name, 0, arguments)
    super()
  }

  /** What there is to learn of a column, as JSON. Default: null. */
  learn(_column: Column): L {
    return null as L
  }

  /** Names of the numbers, which follow the column's own; `''` stands for that. Default: one number. */
  outputNames(_learned: L): readonly string[] {
    return ['']
  }

  /** For each name the numbers of all cells. A gap that stays one is NaN. */
  abstract compute(column: Column, learned: L): readonly ArrayLike<number>[]

  /** @throws ValueError when the class is not registered. */
  override config(): TransformerConfig {
    const registered = customTransformers.of(this)
    const { name } = this.constructor
    if (registered !== undefined)
      return { name: registered.name, options: registered.options(this) }
    const hint = `data.registerTransformer('${name}', ${name}) lets pipelines and files hold it`
    throw new ValueError(complaint(name, 'its class', 'a registered one', 'none', hint))
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting<Custom> {
    const blocks: Cells[][] = inputs.map(() => [])
    return {
      observe: (cells) => {
        cells.forEach((some, i) => blocks[i]!.push(some))
      },
      finish: () => {
        const learned = blocks.map((some) => {
          return plain(this.constructor.name, this.learn(columnOf(joined(some))))
        })
        return done(new Custom(this, inputs, learned))
      },
    }
  }

  /** @internal */
  override restore(reader: StateReader, inputs: readonly Input[]): Custom {
    return new Custom(this, inputs, reader.list('learned', inputs.length) as Json[])
  }

  override toString(): string {
    return customTransformers.of(this) === undefined
      ? `${this.constructor.name}()`
      : super.toString()
  }
}

/** @internal */
export class Custom extends ByWriting {
  readonly #names: readonly (readonly string[])[]

  constructor(
    readonly transformer: CustomTransformer,
    override readonly inputs: readonly Input[],
    readonly learned: readonly Json[],
  ) {
    super()
    this.#names = learned.map((own) => {
      const names = transformer.outputNames(own)
      const who = `${transformer.constructor.name}.outputNames`
      checkList(who, 'what it returns', names)
      const texts = names.filter((name) => typeof name === 'string')
      if (texts.length > 0 && new Set(texts).size === names.length) return [...texts]
      throw new ValueError(complaint(who, 'what it returns', 'different texts', names))
    })
  }

  override outputs(inputs: readonly Input[]): Input[] {
    return inputs.flatMap(({ name }, i) =>
      this.#names[i]!.map((own): Input => {
        return { name: own === '' ? name : `${name}_${own}`, type: 'number' }
      }),
    )
  }

  override write(
    cells: readonly Cells[],
    _row: number,
    out: Float32Array | Float64Array,
    width: number,
    offset: number,
  ): void {
    let start = offset
    cells.forEach((some, feature) => {
      const rows = rowsOf([some])
      for (const numbers of this.#numbers(some, feature, rows)) {
        for (let row = 0; row < rows; row++) out[row * width + start] = numbers[row]!
        start += 1
      }
    })
  }

  #numbers(cells: Cells, feature: number, rows: number): readonly ArrayLike<number>[] {
    const lists: unknown = this.transformer.compute(columnOf(cells), this.learned[feature]!)
    const { length } = this.#names[feature]!
    const fits = (list: unknown): boolean => {
      if (!ArrayBuffer.isView(list) && !Array.isArray(list)) return false
      const numbers = Array.from(list as ArrayLike<unknown>)
      return numbers.length === rows && numbers.every((number) => typeof number === 'number')
    }
    if (Array.isArray(lists) && lists.length === length && lists.every(fits))
      return lists as ArrayLike<number>[]
    const expected = `${length} of ${rows} numbers each, a list for each name`
    const who = `${this.transformer.constructor.name}.compute`
    throw new ShapeError(complaint(who, 'what it returns', expected, lists))
  }

  override inverse(): Cells[] {
    const who = `${this.transformer.constructor.name}.inverseTransform`
    throw new ValueError(complaint(who, 'the way back', 'known', 'a transformer of your own'))
  }

  override state(): TransformerState {
    return { learned: this.learned }
  }
}

/** A copy of what JSON can say. @throws ValueError for anything else. */
function plain(who: string, learned: unknown): Json {
  let copy: Json | undefined
  try {
    copy = JSON.parse(JSON.stringify(learned)) as Json
  } catch {
    // a circle, a bigint, a function
  }
  if (copy !== undefined && isDeepStrictEqual(copy, learned)) return copy
  throw new ValueError(complaint(`${who}.learn`, 'what it returns', 'JSON', learned))
}

/** Blocks of one column. */
function joined(blocks: readonly Cells[]): Cells {
  const [first] = blocks
  if (blocks.length === 1) return first!
  if (first!.type === 'number' || first!.type === 'date') {
    const parts = blocks as readonly { readonly values: Float64Array }[]
    const values = new Float64Array(parts.reduce((sum, part) => sum + part.values.length, 0))
    let start = 0
    for (const part of parts) {
      values.set(part.values, start)
      start += part.values.length
    }
    return { type: first!.type, values }
  }
  const texts = blocks.flatMap((block) => {
    const column = columnOf(block)
    return Array.from({ length: column.length }, (_, row) => column.get(row) as string | null)
  })
  return first!.type === 'text' ? { type: 'text', values: texts } : categoriesOf(texts)
}
