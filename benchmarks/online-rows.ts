// Rows of eight numbers and one that follows from them, and a pipeline 8-32-64-1 that was fitted to them.
import { data, Generator, manualSeed, nn, randn } from '../ts/index.js'

const COLUMNS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

/** With their target `y`. */
export function onlineRows(count: number): Record<string, number>[] {
  const values = randn([count, COLUMNS.length], { generator: new Generator(1) }).toArray()
  return (values as number[][]).map((row) => {
    const cells = COLUMNS.map((name, i) => [name, Number(row[i]!.toFixed(3))] as const)
    return { ...Object.fromEntries(cells), y: 2 * row[0]! + row[1]! * row[2]! }
  })
}

export async function fittedPipeline(): Promise<data.Pipeline> {
  manualSeed(1)
  const model = new data.Pipeline({
    target: 'y',
    columns: new data.ColumnTransformer(
      Object.fromEntries(COLUMNS.map((name) => [name, new data.StandardScaler()])),
    ),
    network: (inputs, outputs) =>
      new nn.Sequential(
        new nn.Linear(inputs, 32),
        new nn.ReLU(),
        new nn.Linear(32, 64),
        new nn.ReLU(),
        new nn.Linear(64, outputs),
      ),
  })
  await model.fit(data.Table.fromRows(onlineRows(2000)), { epochs: 2 })
  return model
}
