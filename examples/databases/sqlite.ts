// A table of SQLite in which some rows lack a value, and a model that fills it in. By better-sqlite3, which
// wants Node 22 or newer: npx tsx examples/databases/sqlite.ts
import Database from 'better-sqlite3'
import { data, manualSeed } from '../../ts/index.js'
import { fillSqlite } from '../support/penguins-table.js'

const database = new Database(':memory:')
await fillSqlite(database)
const columns =
  'species, island, bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g, sex'

manualSeed(1)
const known = database.prepare<[], data.RowInput>(
  `SELECT ${columns} FROM penguins WHERE species IS NOT NULL`,
)
const table = await data.readRows(known.iterate()) // row by row, as SQLite finds them
const { train, test } = data.trainTestSplit(table, { testSize: 0.25, stratify: 'species' })
const model = new data.Pipeline({ target: 'species' })
await model.fit(train)
const { accuracy } = await model.evaluate(test)
console.log(`${table.length} rows, test accuracy ${(100 * Number(accuracy)).toFixed(1)} %`)

const unknown = database.prepare<[], data.RowInput & { id: number }>(
  `SELECT id, ${columns} FROM penguins WHERE species IS NULL`,
)
const update = database.prepare('UPDATE penguins SET species = ? WHERE id = ?')
for (const { id, ...penguin } of unknown.all()) {
  const species = model.predict(penguin)
  update.run(species, id)
  console.log(`${id}: ${species}`)
}
database.close()
