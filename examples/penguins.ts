// Which penguin is it? From a CSV with gaps to a file that answers: npx tsx examples/penguins.ts [file]
import { data, manualSeed } from '../ts/index.js'

manualSeed(1)
const table = await data.readCsv(new URL('../test/fixtures/data/penguins.csv', import.meta.url))
const { train, test } = data.trainTestSplit(table, { testSize: 0.25, stratify: 'species' })

const model = new data.Pipeline({ target: 'species' })
await model.fit(train)

const { accuracy } = await model.evaluate(test)
console.log(`test accuracy ${(100 * Number(accuracy)).toFixed(1)} %`)
const { columns } = await data.permutationImportance(model, test)
for (const { name, importance } of columns)
  console.log(`${name.padEnd(18)} ${(100 * importance).toFixed(1).padStart(5)} points`)

const file = process.argv[2]
if (file !== undefined) await model.save(file)
