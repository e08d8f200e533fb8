import type { Task } from '../data/preprocessing/target-encoding.js'
import type { ColumnType } from '../data/table/column.js'
import { show } from '../show.js'
import type { Values } from '../options.js'
import type { Fitted, TrainingRecord } from './fitted.js'
import type { PIPELINE } from './options.js'
import type { Facts } from './pipeline-file.js'
import type { ColumnProfile } from './profile.js'

/** What a pipeline reads, predicts and has learned. */
export interface PipelineDescription {
  readonly target: string
  readonly task: Task
  /** Null where a number is predicted. */
  readonly classes: readonly (string | number)[] | null
  /** What is read, in the training. */
  readonly columns: readonly (ColumnProfile & { readonly name: string })[]
  /** Names of the network's inputs. */
  readonly features: readonly string[]
  /** The network as it prints, and the elements of its parameters. */
  readonly network: string
  readonly parameters: number
  readonly training: TrainingRecord
  /** What was said of it, and travels in its file. */
  readonly facts: Facts
}

export function descriptionOf(target: string, fitted: Fitted, facts: Facts): PipelineDescription {
  const { task, columns, network, profile, record } = fitted
  return {
    target,
    task,
    classes: fitted.classes,
    columns: Array.from(profile, ([name, column]) => ({ name, ...column })),
    features: columns.featureNames,
    network: String(network),
    parameters: network.parameters().reduce((sum, { length }) => sum + length, 0),
    training: record,
    facts,
  }
}

const MOST = 12

export function textOf(settings: Values<typeof PIPELINE>, fitted: Fitted | null): string {
  const target = show(settings.target)
  if (fitted === null) return `Pipeline(target ${target}, not fitted)`
  const { task, profile, network, record } = fitted
  const classes = fitted.classes?.map((name) => show(name))
  const answers = classes === undefined ? 'a number' : `one of ${some(classes)}`
  const types = Array.from(profile, ([name, { type }]): [string, ColumnType] => [name, type])
  const columns = some(types.map(([name, type]) => `${show(name)} (${type})`))
  return [
    `Pipeline(`,
    `  target: ${target}, ${task}, ${answers}`,
    `  columns: ${columns}`,
    `  network: ${String(network).replaceAll('\n', '\n  ')}`,
    `  trained on ${record.rows} rows, ${record.epochs} epochs`,
    ')',
  ].join('\n')
}

function some(names: readonly string[]): string {
  return names.length > MOST ? `${names.slice(0, MOST).join(', ')}, …` : names.join(', ')
}
