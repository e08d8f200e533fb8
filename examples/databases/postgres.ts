// A table of PostgreSQL in which some rows lack a value, and a model that fills it in. By pg, which connects
// to what PGHOST, PGUSER and the like name: npx tsx examples/databases/postgres.ts
import pg from 'pg'
import { data, manualSeed } from '../../ts/index.js'
import { fillPostgres } from '../support/penguins-table.js'

const client = new pg.Client()
await client.connect()
await fillPostgres(client)
const columns =
  'species, island, bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g, sex'
// `numeric` has more digits than a number may hold, so pg gives it as text.
const types = { body_mass_g: 'number' } as const

/** The rows of a query, a thousand at a time: a large table does not have to fit into memory twice. */
async function* rowsOf(query: string): AsyncIterable<data.RowInput> {
  await client.query('BEGIN')
  await client.query(`DECLARE found NO SCROLL CURSOR FOR ${query}`)
  for (;;) {
    const { rows } =
      await client.query<Record<string, string | number | null>>('FETCH 1000 FROM found')
    if (rows.length === 0) break
    yield* rows
  }
  await client.query('COMMIT')
}

manualSeed(1)
const known = rowsOf(`SELECT ${columns} FROM penguins WHERE species IS NOT NULL`)
const table = await data.readRows(known, { types })
const { train, test } = data.trainTestSplit(table, { testSize: 0.25, stratify: 'species' })
const model = new data.Pipeline({ target: 'species' })
await model.fit(train)
const { accuracy } = await model.evaluate(test)
console.log(`${table.length} rows, test accuracy ${(100 * Number(accuracy)).toFixed(1)} %`)

const unknown = rowsOf(`SELECT id, ${columns} FROM penguins WHERE species IS NULL ORDER BY id`)
const asked = await data.readRows(unknown, { types: { ...types, species: 'category' } })
const answers = model.predict(asked.drop(['id']))
for (const [row, species] of answers.entries()) {
  const id = asked.column('id').get(row)
  await client.query('UPDATE penguins SET species = $1 WHERE id = $2', [species, id])
  console.log(`${String(id)}: ${species}`)
}
await client.end()
