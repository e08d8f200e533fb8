import { stat } from 'node:fs/promises'
import path from 'node:path'

import { data, type Importance, manualSeed } from '../index.js'
import { positive, share, whole } from '../options.js'
import { count, number as numberInWords, percent, some } from '../report/words.js'
import { show } from '../show.js'
import { flag, JSON_OUTPUT, number, type OptionValues, text, texts, word } from './arguments.js'
import { commandOf } from './command.js'
import { type Io, printJson } from './io.js'
import { nameOf, readTable, TABLE_OPTIONS } from './tables.js'
import { trainForecaster } from './training/forecast.js'
import { fitAndJudge, type Trained } from './training/fit.js'
import { type Judged, judgedInWords } from './training/judged.js'
import { type Parts, partsOf } from './training/parts.js'
import { unseenIn } from './training/unseen.js'
import { UsageError } from './usage-error.js'
import { tableOf } from './words.js'

const OPTIONS = {
  target: text('column', 'the column to predict', undefined, 't'),
  out: text('file', 'where the model goes', 'model.safetensors', 'o'),
  report: text('file', 'where the report page goes', 'report.html'),
  task: word('default: by the target', ['classification', 'regression']),
  drop: texts('columns', 'columns to leave out, as an id'),
  'test-size': number('share', 'of the rows, to judge the model by', share(0.2, '(0, 1)')),
  group: text('column', 'rows that share its value stay in one part; it is not learned from'),
  horizon: number(
    'n',
    'steps to forecast of a series by --time; --group tells several apart',
    whole(1),
  ),
  time: text('column', 'the latest rows by it are those to judge the model by'),
  epochs: number('n', 'most passes over the rows; default: by their number', whole(1)),
  'batch-size': number('n', 'rows of a step; default: by their number', whole(1)),
  lr: number('rate', 'highest learning rate; default: by the model', positive()),
  hidden: texts('widths', 'of the hidden layers, as 64,32; default: by the model'),
  balance: flag('count all classes alike, however many rows they have'),
  seed: number('n', 'of what is drawn: parts, weights, orders', whole(0, 0)),
  ...TABLE_OPTIONS,
  json: JSON_OUTPUT,
}

export const command = commandOf({
  name: 'train',
  about:
    'Trains a model that predicts a column of a table from the others: finds types and task, holds rows out, stops\n' +
    'when it gets no better, and compares the result with simpler models. Writes the model and a report. Reads CSV,\n' +
    'TSV, JSON, lines of JSON, Parquet and Arrow, by the ending of the name.',
  positionals: ['file'],
  options: OPTIONS,
  examples: [
    'gradlane train sales.csv --target price',
    'gradlane train patients.csv --target ill --drop id --balance --group hospital',
    'gradlane train data.csv --target y --json > result.json',
    'gradlane train sales.csv --time date --target units --horizon 14',
  ],
  run: train,
})

async function train(
  [file]: readonly string[],
  options: OptionValues<typeof OPTIONS>,
  io: Io,
): Promise<number> {
  const { out, report, seed, json } = options
  for (const name of [out, report]) await checkFolder(name)
  const table = await readTable(file!, options, io)
  io.tell(
    `${nameOf(file!)}: ${some(table.length, 'row')}, ${some(table.columnNames.length, 'column')}`,
  )
  const target = targetOf(table, options.target)
  if (options.horizon !== undefined) {
    manualSeed(seed)
    await trainForecaster(
      table,
      forecastOf(options, target, `${target}, from ${nameOf(file!)}`),
      io,
    )
    return 0
  }
  tellColumns(table, target, io)
  manualSeed(seed)
  const { task, drop, group, time } = options
  const parts = partsOf(
    table,
    { target, task, drop, testSize: options['test-size'], group, time },
    io,
  )
  const warnings = [...oddities(parts, target), ...unseenIn(parts, target)]
  for (const warning of warnings) io.tell(`warning: ${warning}`)
  if (warnings.length > 0)
    io.tell('note: --drop <columns> leaves columns out, --balance counts all classes alike')

  const trained = await fitAndJudge(parts, { target, ...settingsOf(options) }, io)
  const importance = await importanceOf(trained.model, parts.test, io)
  const judged = judgedOf(parts, trained)
  trained.model.facts = { data: nameOf(file!), seed, judged }
  await trained.model.save(out)
  const title = `${target}, from ${nameOf(file!)}`
  await trained.model.history!.report(report, { title, importance })

  const result = resultOf(table, target, parts, trained, importance, warnings)
  if (json) printJson(io, { ...result, model: out, report })
  else printResult(result, judged, io)
  io.tell(`written: ${out}, ${report}`)
  return 0
}

/** @throws UsageError for what says nothing to a forecast. */
function forecastOf(options: OptionValues<typeof OPTIONS>, target: string, title: string) {
  const { horizon, time, group, epochs, lr, out, report, json } = options
  const { task, drop, hidden, balance } = options
  const odd = Object.entries({
    task,
    drop: drop[0],
    hidden: hidden[0],
    balance: balance || undefined,
  })
  const [said] = odd.find(([, value]) => value !== undefined) ?? []
  if (said !== undefined) throw new UsageError(`--${said} says nothing to a forecast (--horizon)`)
  const batchSize = options['batch-size']
  return { target, time, horizon: horizon!, group, epochs, batchSize, lr, out, report, title, json }
}

/** Before a training whose result could not be written. */
async function checkFolder(file: string): Promise<void> {
  const folder = path.dirname(path.resolve(file))
  const found = await stat(folder).catch(() => null)
  if (found?.isDirectory() !== true)
    throw new UsageError(`${file} cannot be written: there is no folder ${folder}`)
}

/** What `data.describe` warns of, but for what reading has told. */
function oddities({ rows, task }: Parts, target: string): string[] {
  const { warnings } = data.describe(rows, { target, task })
  return warnings.filter((warning) => !rows.notes.includes(warning))
}

/** @throws UsageError when none is given; ValueError for one that is not there. */
function targetOf(table: data.Table, target: string | undefined): string {
  if (target !== undefined) return (table.column(target), target)
  const names = table.columnNames.slice(0, 30).map((name) => show(name))
  throw new UsageError(
    `which column shall be predicted? --target <column>, one of ${names.join(', ')}`,
  )
}

function tellColumns(table: data.Table, target: string, io: Io): void {
  const rows = table.columnNames.map((name) => {
    const column = table.column(name)
    let gaps = 0
    for (let row = 0; row < column.length; row++) if (column.isGap(row)) gaps += 1
    const categories =
      column.type === 'category' ? `, ${count(column.categories.length)} different` : ''
    const missing = gaps > 0 ? `, ${percent(gaps / column.length)} missing` : ''
    return [
      `  ${name}`,
      `${column.type}${categories}${missing}${name === target ? ' (target)' : ''}`,
    ]
  })
  for (const line of tableOf(rows, 2)) io.tell(line)
}

function settingsOf(options: OptionValues<typeof OPTIONS>) {
  const hidden = options.hidden.map((width) => {
    if (/^[1-9]\d{0,5}$/.test(width)) return Number(width)
    throw new UsageError(`--hidden: expected whole numbers of at least 1, got ${show(width)}`)
  })
  return {
    epochs: options.epochs,
    batchSize: options['batch-size'],
    lr: options.lr,
    hidden: hidden.length > 0 ? hidden : undefined,
    balance: options.balance,
  }
}

/** Rows that importance is measured on, at most. */
const MEASURED = 2000

async function importanceOf(model: data.Pipeline, test: data.Table, io: Io): Promise<Importance> {
  const some = test.length > MEASURED ? test.slice(0, MEASURED) : test
  return data.permutationImportance(model, some, { repeats: 3, signal: io.signal })
}

function resultOf(
  table: data.Table,
  target: string,
  { task, train, validation, test }: Parts,
  { model, figures, linear, baseline }: Trained,
  importance: Importance,
  warnings: readonly string[],
) {
  return {
    target,
    task,
    classes: model.classes,
    columns: Object.entries(table.types).map(([name, type]) => ({ name, type })),
    rows: { train: train.length, validation: validation.length, test: test.length },
    epochs: model.history!.epochs.length,
    parameters: model.describe().parameters,
    metrics: { model: figures, linear, baseline },
    importance: importance.columns,
    notes: table.notes,
    warnings,
  }
}

function judgedOf({ task, test }: Parts, { figures, linear, baseline }: Trained): Judged {
  const simplest = task === 'regression' ? 'always the mean' : 'always the most frequent class'
  return {
    rows: test.length,
    figures: { model: figures, 'linear model': linear, [simplest]: baseline },
  }
}

type Result = ReturnType<typeof resultOf>

/** Columns whose importance is printed. */
const MOST_IMPORTANT = 8

function printResult({ target, task, importance }: Result, judged: Judged, io: Io): void {
  const [sentence, ...table] = judgedInWords(judged)
  io.print(`${target}: ${task}, ${sentence!}`)
  for (const line of table) io.print(line)
  io.print('')
  io.print('importance of the columns (what the score loses when a column is shuffled)')
  const shown = importance.slice(0, MOST_IMPORTANT)
  const bars = shown.map(({ name, importance }) => [`  ${name}`, numberInWords(importance)])
  for (const line of tableOf(bars)) io.print(line)
}
