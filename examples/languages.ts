// Which language is a word of? Runs of letters, hashed, tell: npx tsx examples/languages.ts [word …]
import { data, manualSeed } from '../ts/index.js'
import { words } from './support/words.js'

manualSeed(1)
const rows = Object.entries(words).flatMap(([language, list]) =>
  list.split(/\s+/).map((word) => ({ word, language })),
)
const table = data.Table.fromRows(rows)
const { train, test } = data.trainTestSplit(table, { testSize: 0.2, stratify: 'language' })

const model = new data.Pipeline({
  columns: new data.ColumnTransformer({
    word: new data.HashingVectorizer({ analyzer: 'charWb', ngramRange: [1, 4], nFeatures: 1024 }),
  }),
  target: 'language',
})
await model.fit(train)

const { accuracy } = await model.evaluate(test)
console.log(`accuracy for words it has not seen: ${(100 * Number(accuracy)).toFixed(1)} %`)
for (const word of process.argv.slice(2)) console.log(`${word}: ${model.predict({ word })}`)
