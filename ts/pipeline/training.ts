import { complaint, ValueError } from '../errors.js'
import type { Criterion } from '../criterion/criterion.js'
import type { Column } from '../data/table/column.js'
import { ColumnTransformer } from '../data/preprocessing/column-transformer.js'
import { LabelEncoder } from '../data/preprocessing/label-encoder.js'
import { targetFor } from '../data/preprocessing/target.js'
import type { TargetEncoding } from '../data/preprocessing/target-encoding.js'
import { trainTestSplit } from '../data/split/train-test-split.js'
import { rowNames } from '../data/table/names-rows.js'
import { Table } from '../data/table/table.js'
import { Module } from '../nn/module.js'
import { Sequential } from '../nn/sequential.js'
import { AdamW } from '../optim/adamw.js'
import type { LRScheduler, ReduceLROnPlateau } from '../optim/index.js'
import { OneCycleLR } from '../optim/scheduler/one-cycle-lr.js'
import type { Values } from '../options.js'
import { show } from '../show.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkCriterion, checkModel } from '../train/arguments.js'
import { fit } from '../train/fit.js'
import { History } from '../train/history.js'
import type { TrainingOptimizer } from '../train/snapshot.js'
import { warn } from '../train/warn.js'
import { checkOutputs } from './check-outputs.js'
import { usualCriterion } from './criterion.js'
import { Fitted } from './fitted.js'
import { defaultNetwork } from './network.js'
import type { ClassWeights, FIT, PIPELINE, PipelineFitOptions } from './options.js'
import { profileOfTable } from './profile.js'
import { type Part, SameRows } from './same-rows.js'
import { type Recipe, recipeOf } from './recipe.js'
import { checkVaries, targetColumn } from './target-column.js'

type PipelineSettings = Values<typeof PIPELINE>
type FitSettings = Values<typeof FIT>

export interface Training {
  readonly fitted: Fitted
  readonly history: History
}

/**
 * Makes a pipeline's model from a table.
 *
 * @throws ValueError, NotFiniteError, ShapeError when table, options and network do not fit; what `fit`
 *   throws.
 */
export async function train(
  who: string,
  settings: PipelineSettings,
  given: FitSettings,
  table: Table,
): Promise<Training> {
  given.signal?.throwIfAborted()
  const { training, validation } = partsOf(who, settings, given, table)
  const { target: name, task } = settings
  const target = targetFor(training.column(name), { task })
  const classWeights = weightsOf(who, given.classWeights, target, training.column(name))
  const { signal } = given
  const history = given.history ?? new History()
  const chosen = columnsOf(who, settings, training, history)
  const columns = await chosen.fitAsync(training, { signal })
  const partOf = async (table: Table): Promise<Part> => ({
    x: await columns.transformAsync(table, { signal }),
    y: target.transform(table.column(name)),
  })
  const learned = await partOf(training)
  const held = validation && (await partOf(validation))

  const recipe = recipeOf(training.length, target.task)
  const { outputs } = target
  const network = networkOf(who, settings, recipe, columns, learned.x, outputs)
  const criterion = criterionOf(who, settings, given, target, recipe, classWeights)
  const epochs = given.epochs ?? recipe.epochs
  const optimizer = optimizerOf(settings, recipe, network)
  const before = history.epochs.length
  await fit(network, [learned.x, learned.y], {
    ...passedOn(given),
    callbacks: callbacksOf(who, given, learned),
    criterion,
    optimizer,
    scheduler: schedulerOf(settings, recipe, optimizer, epochs),
    epochs,
    batchSize: settings.batchSize ?? recipe.batchSize,
    validation: held && [held.x, held.y],
    metrics: given.metrics ?? [target.task === 'classification' ? 'accuracy' : 'r2'],
    history,
  })
  const profile = profileOfTable(training, columns.columnNames)
  const fitted = new Fitted(columns, target, network, profile, {
    ended: new Date().toISOString(),
    rows: training.length,
    validationRows: validation?.length ?? 0,
    epochs: history.epochs.length - before,
    logs: { ...history.last },
  })
  return { fitted, history }
}

/** The rows that are learned from, and those that are held out. */
function partsOf(
  who: string,
  { target: name, task }: PipelineSettings,
  { validation, validationSplit, generator }: FitSettings,
  table: Table,
): { training: Table; validation: Table | undefined } {
  checkTarget(who, 'the table', table, name)
  checkVaries(who, name, table.column(name))
  if (validation !== undefined) {
    if (validationSplit !== undefined)
      throw new ValueError(`${who}: validation and validationSplit exclude each other`)
    checkTarget(who, 'validation', validation, name)
    return { training: table, validation }
  }
  if (validationSplit === undefined) return { training: table, validation: undefined }
  const classes = targetFor(table.column(name), { task }).task === 'classification'
  const stratify = classes ? name : undefined
  const { train, test } = trainTestSplit(table, { testSize: validationSplit, stratify, generator })
  checkVaries(who, name, train.column(name))
  return { training: train, validation: test }
}

function checkTarget(who: string, what: string, table: unknown, name: string): void {
  if (!(table instanceof Table)) {
    const hint = 'data.Table.fromRows(rows) makes one'
    throw new ValueError(complaint(who, what, 'a Table', table, hint))
  }
  targetColumn(who, table, name)
}

/** New ones, so that those in use stay as they are. */
function columnsOf(
  who: string,
  settings: PipelineSettings,
  table: Table,
  history: History,
): ColumnTransformer {
  const { columns, target } = settings
  if (columns === undefined) {
    const ids = rowNames(table, target)
    if (ids.length > 0) {
      const names = ids.map((name) => show(name)).join(', ')
      const text = `left out as each row has another value there, as an id has: ${names}`
      history.warnings.push(text)
      warn(`${who}: ${text}`)
    }
    return ColumnTransformer.for(table, target)
  }
  if (columns.columnNames.includes(target)) {
    const got = `one that reads the target ${show(target)}`
    throw new ValueError(complaint(who, 'columns', 'of what is known before the target', got))
  }
  return ColumnTransformer.fromConfig(columns.config())
}

function weightsOf(
  who: string,
  weights: ClassWeights | undefined,
  target: TargetEncoding,
  column: Column,
): Tensor | undefined {
  if (weights === undefined) return undefined
  if (!(target instanceof LabelEncoder))
    throw new ValueError(
      complaint(who, 'classWeights', 'left out where a number is predicted', weights),
    )
  const classes = target.classes.map(String)
  if (weights !== 'balanced') {
    const given = new Map(Object.entries(weights))
    const named = classes.map((name) => show(name)).join(', ')
    const odd = [...given.keys()].find((name) => !classes.includes(name))
    const lacking = classes.find((name) => !given.has(name))
    if (odd === undefined && lacking === undefined)
      return tensor(classes.map((name) => given.get(name)!))
    const got = odd === undefined ? `none for ${show(lacking)}` : `one for ${show(odd)}`
    throw new ValueError(complaint(who, 'classWeights', `a number for each of ${named}`, got))
  }
  const rows = new Map<string, number>()
  for (let row = 0; row < column.length; row++) {
    const name = String(column.get(row))
    rows.set(name, (rows.get(name) ?? 0) + 1)
  }
  return tensor(classes.map((name) => column.length / (classes.length * rows.get(name)!)))
}

function networkOf(
  who: string,
  { network: make }: PipelineSettings,
  recipe: Recipe,
  columns: ColumnTransformer,
  x: Tensor,
  outputs: number,
): Module {
  const embedding = columns.embeddingModule()
  const vectors = columns.embeddings.reduce((sum, { embeddingDim }) => sum + embeddingDim - 1, 0)
  const inputs = x.shape[1]! + vectors
  const made = make?.(inputs, outputs) ?? defaultNetwork(inputs, outputs, recipe)
  if (!(made instanceof Module))
    throw new ValueError(complaint(who, 'what network returns', 'a Module', made))
  checkModel(who, made)
  const network = embedding === null ? made : new Sequential(embedding, made)
  network.eval()
  checkOutputs(network, 1, outputs, network.forward(x.narrow(0, 0, 1)))
  return network.train()
}

function criterionOf(
  who: string,
  { criterion }: PipelineSettings,
  { classWeights }: FitSettings,
  { task }: TargetEncoding,
  { labelSmoothing }: Recipe,
  weight: Tensor | undefined,
): Criterion {
  if (criterion === undefined) return usualCriterion(task, { weight, labelSmoothing })
  checkCriterion(who, criterion)
  if (classWeights === undefined) return criterion
  throw new ValueError(`${who}: classWeights and a criterion of your own exclude each other`)
}

function optimizerOf(
  { optimizer: make, lr }: PipelineSettings,
  recipe: Recipe,
  network: Module,
): TrainingOptimizer {
  const parameters = network.parameters()
  if (make !== undefined) return make(parameters)
  // Biases and the scales of normalisations are not drawn to 0.
  const weights = parameters.filter(({ ndim }) => ndim > 1)
  const others = parameters.filter(({ ndim }) => ndim < 2)
  const groups = [
    // A step draws weights to 0 by lr · weightDecay, which another lr does not change.
    { params: weights, weightDecay: (recipe.weightDecay * recipe.lr) / (lr ?? recipe.lr) },
    { params: others, weightDecay: 0 },
  ]
  return new AdamW(
    groups.filter(({ params }) => params.length > 0),
    { lr: lr ?? recipe.lr },
  )
}

function schedulerOf(
  { optimizer: make, scheduler, lr }: PipelineSettings,
  recipe: Recipe,
  optimizer: TrainingOptimizer,
  epochs: number,
): LRScheduler | ReduceLROnPlateau | undefined {
  if (scheduler !== undefined) return scheduler(optimizer, epochs)
  if (make !== undefined || epochs < SHORTEST_CYCLE) return undefined
  return new OneCycleLR(optimizer, {
    maxLr: lr ?? recipe.lr,
    totalSteps: epochs,
    pctStart: 0.1,
    cycleMomentum: false,
  })
}

/** So few epochs have no time to warm up. */
const SHORTEST_CYCLE = 5

/** What `fit` takes as it was given. */
function passedOn(given: FitSettings): Partial<PipelineFitOptions> {
  const { clipGradNorm, accumulate, signal, threads, priority } = given
  const { progress, capture, details, checkpoint, resume } = given
  return {
    clipGradNorm,
    accumulate,
    signal,
    threads,
    priority,
    progress,
    capture,
    details,
    checkpoint,
    resume,
  }
}

/** With one that holds a resumed training to the rows of the one before, where there is a checkpoint. */
function callbacksOf(who: string, { callbacks, checkpoint }: FitSettings, rows: Part) {
  return checkpoint === undefined ? callbacks : [new SameRows(who, rows), ...(callbacks ?? [])]
}
