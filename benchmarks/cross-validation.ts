import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { data, Generator, manualSeed } from '../ts/index.js'

/** A table that pipelines and their peers are compared on. */
export interface Comparison {
  readonly name: string
  readonly table: data.Table
  readonly target: string
  readonly task: 'classification' | 'regression'
}

const FOLDS = 5
const folder = fileURLToPath(new URL('../test/fixtures/data/', import.meta.url))

/** A table whose target is known in each row, without the columns that only name the rows. */
async function comparison(
  name: string,
  target: string,
  file: string | Uint8Array,
  names: readonly string[] = [],
): Promise<Comparison> {
  const all = (await data.readCsv(typeof file === 'string' ? join(folder, file) : file)).drop(names)
  const column = all.column(target)
  const rows = Array.from({ length: all.length }, (_, row) => row)
  const table = all.take(rows.filter((row) => !column.isGap(row)))
  const task = column.type === 'number' ? 'regression' : 'classification'
  return { name, table, target, task }
}

/** The small tables by their names. */
export const comparisons: Readonly<Record<string, () => Promise<Comparison>>> = {
  penguins: () => comparison('penguins', 'species', 'penguins.csv'),
  cars: () => comparison('cars', 'mpg', 'cars.csv', ['name']),
  wine: () => comparison('wine', 'class', 'wine.csv'),
  'breast cancer': () => comparison('breast cancer', 'diagnosis', 'breast_cancer.csv'),
  subscriptions: async () => {
    const { subscriptions } = (await import('../test/fixtures/data/subscriptions.mjs')) as {
      subscriptions: () => Iterable<string>
    }
    return comparison('subscriptions', 'churned', Buffer.from([...subscriptions()].join('\n')))
  },
}

/** The folds of a repeat, of each class alike. */
export function foldsOf({ table, target, task }: Comparison, repeat: number): data.Fold[] {
  const options = { nSplits: FOLDS, shuffle: true, generator: new Generator(repeat) }
  return task === 'classification'
    ? [...new data.StratifiedKFold(options).split(table, target)]
    : [...new data.KFold(options).split(table)]
}

/** Accuracy or R², times 100, of a pipeline that chooses everything itself: the mean over the folds. */
export async function scoreOf(comparison: Comparison, repeat: number): Promise<number> {
  const { table, target } = comparison
  let sum = 0
  for (const [fold, { train, test }] of foldsOf(comparison, repeat).entries()) {
    manualSeed(FOLDS * repeat + fold)
    const pipeline = new data.Pipeline({ target })
    await pipeline.fit(table.take(train), { details: false })
    const { accuracy, r2 } = await pipeline.evaluate(table.take(test))
    sum += ((accuracy ?? r2) as number) / FOLDS
  }
  return 100 * sum
}
