import { setImmediate } from 'node:timers/promises'

import type { data } from '../index.js'
import { show } from '../show.js'
import { oddnessOf } from '../serve/rows.js'
import { servedPipeline } from '../serve/pipeline-model.js'
import type { ServedColumn, ServedModel } from '../serve/served-model.js'
import { flag, type OptionValues, text } from './arguments.js'
import { commandOf } from './command.js'
import { csvLine, dateText } from './csv.js'
import type { Io } from './io.js'
import { loadForecaster, loadPipeline } from './models.js'
import { readTable, TABLE_OPTIONS } from './tables.js'
import { UsageError } from './usage-error.js'

const OPTIONS = {
  keep: text('columns', 'columns of the rows to repeat: all, none, or names between commas', 'all'),
  proba: flag('a column for the probability of each class'),
  explain: flag('a column for what each column of the row adds to its prediction'),
  raw: flag('leave texts as they are that a spreadsheet takes for formulas'),
  ...TABLE_OPTIONS,
  json: flag('print an array of objects instead of CSV'),
}

export const command = commandOf({
  name: 'predict',
  about:
    'Predicts each row of a file (- for CSV from standard input) and prints the rows with their prediction as CSV.\n' +
    'Reads CSV, TSV, JSON, lines of JSON, Parquet and Arrow, by the ending of the name.\n' +
    'A model of train --horizon forecasts what follows on its last rows, or on those of a file.\n' +
    'Texts that a spreadsheet would take for formulas get an apostrophe before them, unless --raw is given.',
  positionals: ['model', '[file]'],
  options: OPTIONS,
  examples: [
    'gradlane predict model.safetensors rows.csv > predictions.csv',
    'gradlane predict model.safetensors rows.csv --keep id --proba',
    'gradlane predict model.safetensors - --json < rows.csv',
  ],
  run: predict,
})

/** Rows that are predicted and printed at once. */
const BLOCK = 1024

type Value = string | number | Date | null

async function predict(
  [modelFile, file]: readonly string[],
  options: OptionValues<typeof OPTIONS>,
  io: Io,
): Promise<number> {
  const forecaster = await loadForecaster(modelFile!)
  if (forecaster !== null) return forecasts(forecaster, file, options, io)
  if (file === undefined) throw new UsageError('missing: <file>, the rows to predict')
  const { pipeline, types } = await loadPipeline(modelFile!)
  const model = servedPipeline(pipeline, '')
  const table = await readTable(file, options, io, types)
  const names = model.columns.map(({ name }) => name)
  const read = table.select(names)
  tellOddities(model.columns, read, io)
  const keptNames = keptOf(table, options.keep)
  const kept = keptNames.map((name) => table.column(name))
  const answers = new Answers(model, options)
  const header = unique([...keptNames, ...answers.names])

  const { json, raw } = options
  await io.write(json ? '[' : csvLine(header, raw))
  for (let start = 0; start < table.length; start += BLOCK) {
    const rows = answers.of(read.slice(start, start + BLOCK).toRows())
    const texts = rows.map((answer, i) => {
      const row = [...kept.map((column) => column.get(start + i)), ...answer]
      if (!json) return csvLine(row, raw)
      return `${start + i > 0 ? ',' : ''}\n${jsonOf(header, row)}`
    })
    await io.write(texts.join(''))
    await setImmediate()
    io.signal.throwIfAborted()
  }
  if (json) await io.write(table.length > 0 ? '\n]\n' : ']\n')
  return 0
}

/** What follows, a line a step. */
async function forecasts(
  model: data.Forecaster,
  file: string | undefined,
  options: OptionValues<typeof OPTIONS>,
  io: Io,
): Promise<number> {
  const rows = file === undefined ? null : await readTable(file, options, io)
  const made = model.predict(rows)
  const keyed = made.some(({ key }) => key !== null)
  const header = [...(keyed ? ['key'] : []), model.time, model.target, 'lower', 'upper']
  const lines = made.map(({ key, time, value, lower, upper }) => {
    return [...(keyed ? [key] : []), time, value, lower, upper]
  })
  if (options.json) {
    const objects = lines.map((line) => jsonOf(header, line))
    await io.write(`[\n${objects.join(',\n')}\n]\n`)
  } else {
    await io.write([header, ...lines].map((line) => csvLine(line, options.raw)).join(''))
  }
  return 0
}

function keptOf(table: data.Table, keep: string): string[] {
  if (keep === 'all') return table.columnNames
  if (keep === 'none') return []
  const names = keep.split(',').filter((name) => name !== '')
  for (const name of names) table.column(name)
  return names
}

/** What is printed beside a row. */
class Answers {
  readonly names: readonly string[]
  readonly #model: ServedModel
  readonly #proba: boolean
  readonly #explain: boolean

  constructor(model: ServedModel, { proba, explain }: { proba: boolean; explain: boolean }) {
    const { target, classes, columns } = model
    this.#model = model
    this.#proba = proba && classes !== null
    this.#explain = explain
    this.names = [
      `predicted ${target}`,
      ...(classes === null ? [] : ['probability']),
      ...(this.#proba ? classes!.map((name) => `probability of ${name}`) : []),
      ...(explain ? columns.map(({ name }) => `why ${name}`) : []),
    ]
  }

  of(rows: readonly data.Row[]): Value[][] {
    const { classes, columns } = this.#model
    const predictions = this.#model.predict(rows) as Awaited<ReturnType<ServedModel['predict']>>
    return predictions.map(({ prediction, probabilities }, i) => {
      const values: Value[] = [prediction]
      if (classes !== null) values.push(probabilities![prediction]!)
      if (this.#proba) values.push(...classes!.map((name) => probabilities![name]!))
      if (this.#explain) {
        const { contributions } = this.#model.explain(rows[i]!) as Awaited<
          ReturnType<ServedModel['explain']>
        >
        const by = new Map(contributions.map(({ column, contribution }) => [column, contribution]))
        values.push(...columns.map(({ name }) => by.get(name) ?? 0))
      }
      return values
    })
  }
}

/** Tells once of each column whose values the model has not learned from. */
function tellOddities(columns: readonly ServedColumn[], rows: data.Table, io: Io): void {
  for (const column of columns) {
    if (column.type !== 'category' && column.type !== 'number') continue
    const cells = rows.column(column.name)
    const odd = new Map<string, number>()
    for (let row = 0; row < cells.length; row++) {
      const oddness = oddnessOf(column, cells.get(row))
      if (oddness !== null) odd.set(oddness, (odd.get(oddness) ?? 0) + 1)
    }
    const [first] = odd.keys()
    if (first === undefined) continue
    const more = [...odd.values()].reduce((sum, count) => sum + count, 0) - 1
    const others = more === 0 ? '' : ` (and ${more} more)`
    io.tell(`warning: column ${show(column.name)}: ${first}${others}`)
  }
}

/** A name that is there already gets a number. */
function unique(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let free = name
    for (let number = 2; taken.has(free); number++) free = `${name} ${number}`
    taken.add(free)
    return free
  })
}

/** Put together by hand, for a name may be __proto__. */
function jsonOf(names: readonly string[], values: readonly Value[]): string {
  const members = values.map((value, i) => {
    const plain = typeof value === 'object' && value !== null ? dateText(value) : value
    return `${JSON.stringify(names[i])}:${JSON.stringify(plain)}`
  })
  return `{${members.join(',')}}`
}
