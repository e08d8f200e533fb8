import { data, io as files } from '../index.js'
import { count, number, percent, some } from '../report/words.js'
import { dateText } from './csv.js'
import { JSON_OUTPUT } from './arguments.js'
import { commandOf } from './command.js'
import { type Io, printJson } from './io.js'
import { isJudged, judgedInWords } from './training/judged.js'
import { bytes, tableOf } from './words.js'

export const command = commandOf({
  name: 'inspect',
  about:
    'What a model file holds: what it predicts or forecasts, its columns and training, its tensors, and the text\n' +
    'that travels with them. Any file of safetensors has tensors. Nothing in a file is executed.',
  positionals: ['model'],
  options: { json: JSON_OUTPUT },
  examples: ['gradlane inspect model.safetensors'],
  run: async ([file], { json }, io) => {
    const { tensors, metadata } = await files.loadSafetensors(file!)
    const model = MODEL in metadata ? await files.readModel(file!) : null
    const holds = (section: string): boolean =>
      model !== null && Object.hasOwn(model.extra, section)
    const pipeline = holds('pipeline') ? (await data.Pipeline.load(file!)).describe() : null
    const forecaster = holds('forecaster') ? (await data.Forecaster.load(file!)).describe() : null
    const described = pipeline ?? forecaster
    const architecture = described === null && model !== null ? String(model.model) : null
    const rows = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
      return { name, dtype, shape, bytes: data.byteLength }
    })
    const facts = Object.entries(metadata).filter(([key]) => !key.startsWith('gradlane_'))
    const written = model?.version ?? null
    if (json) {
      const shown = {
        version: written,
        pipeline,
        forecaster,
        architecture,
        metadata: Object.fromEntries(facts),
      }
      return (printJson(io, { ...shown, tensors: rows }), 0)
    }
    if (written !== null) io.print(`written by gradlane ${written}`)
    if (pipeline !== null) printPipeline(pipeline, io)
    if (forecaster !== null) printForecaster(forecaster, io)
    if (architecture !== null) io.print(architecture)
    for (const [key, value] of facts) io.print(`${key}: ${value}`)
    const size = rows.reduce((sum, row) => sum + row.bytes, 0)
    io.print(`${some(rows.length, 'tensor')}, ${bytes(size)}`)
    const cells = rows.map((row) => [`  ${row.name}`, row.dtype, `(${row.shape.join(', ')})`])
    for (const line of tableOf(cells, 3)) io.print(line)
    return 0
  },
})

/** The name of the metadata that a whole model has. */
const MODEL = 'gradlane_model'

function printPipeline(description: data.PipelineDescription, io: Io): void {
  const { target, task, classes, columns, network, parameters, training, facts } = description
  const { ended, rows, validationRows, epochs, logs } = training
  const kinds = classes === null ? '' : `, one of ${classes.join(', ')}`
  io.print(`predicts ${target}: ${task}${kinds}`)
  io.print('columns:')
  const cells = columns.map((column) => [`  ${column.name}`, column.type, rangeOf(column, rows)])
  for (const line of tableOf(cells, 3)) io.print(line)
  io.print(`trained on ${some(rows, 'row')} for ${some(epochs, 'epoch')}, ended ${ended}`)
  const figures = Object.entries(logs).map(([name, value]) => `${name} ${number(value)}`)
  if (validationRows > 0) io.print(`stopped by ${some(validationRows, 'row')} for validation`)
  io.print(`last epoch: ${figures.join(', ')}`)
  for (const [name, fact] of Object.entries(facts)) {
    const lines = isJudged(fact) ? judgedInWords(fact) : [`${name}: ${factInWords(fact)}`]
    for (const line of lines) io.print(line)
  }
  io.print(`network of ${some(parameters, 'parameter')}:`)
  io.print(network)
}

/** So many series are listed. */
const MOST_SERIES = 20

function printForecaster(description: data.ForecasterDescription, io: Io): void {
  const { target, time, key, horizon, past, season, frequency, covariates, known } = description
  const { series, measured, network, parameters } = description
  io.print(`forecasts ${target}: ${some(horizon, 'step')} of ${frequency}, by the ${past} before`)
  io.print(`time: ${time}`)
  if (key !== null) io.print(`series by: ${key}`)
  if (covariates.length > 0) io.print(`known up to now: ${covariates.join(', ')}`)
  if (known.length > 0) io.print(`known ahead: ${known.join(', ')}`)
  if (season > 1) io.print(`season: ${some(season, 'step')}`)
  const cells = series.slice(0, MOST_SERIES).map(({ key, until }) => {
    const at = typeof until === 'string' ? dateText(new Date(until)) : String(until)
    return key === null ? ['learned until', at] : [`  ${key}`, at]
  })
  if (key !== null) io.print('learned until:')
  for (const line of tableOf(cells, 2)) io.print(line)
  const more = series.length - cells.length
  if (more > 0) io.print(`  and ${count(more)} more`)
  io.print(`intervals by the errors of ${some(measured, 'window')}`)
  io.print(`network of ${some(parameters, 'parameter')}:`)
  io.print(network)
}

/** On one line: figures by their names, all else as JSON. */
function factInWords(fact: unknown): string {
  if (typeof fact === 'string') return fact
  const entries: [string, unknown][] = Object.entries(Object(fact) as object)
  const areFigures = entries.length > 0 && entries.every(([, value]) => typeof value === 'number')
  if (!areFigures) return JSON.stringify(fact)
  return entries.map(([name, value]) => `${name} ${number(value as number)}`).join(', ')
}

function rangeOf(column: data.PipelineDescription['columns'][number], rows: number): string {
  const gaps = column.gaps > 0 ? `, ${percent(column.gaps / rows)} missing` : ''
  if (column.type === 'text') return gaps.slice(2)
  if (column.type === 'category') {
    const shown = column.categories.slice(0, 6).map(([name]) => name)
    const more = column.categories.length - shown.length + column.others
    return `${shown.join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}${gaps}`
  }
  const { type, min, max } = column
  if (min === null || max === null) return gaps.slice(2)
  const [from, to] = [min, max].map((value) =>
    type === 'date' ? dateText(new Date(value)) : number(value),
  )
  return `${from} to ${to}${gaps}`
}
