import type { Database } from 'better-sqlite3'
import type { ClientBase } from 'pg'
import { data } from '../../ts/index.js'

/** What stands in for a table of your own, in words that SQLite and PostgreSQL know. */
const create = `CREATE TEMP TABLE penguins (
  id integer PRIMARY KEY, species text, island text, bill_length_mm double precision,
  bill_depth_mm double precision, flipper_length_mm integer, body_mass_g numeric, sex text
)`

/** The penguins, numbered; of every twentieth the species is not known. */
async function rows(): Promise<Record<string, data.Cell>[]> {
  const file = new URL('../../test/fixtures/data/penguins.csv', import.meta.url)
  const table = await data.readCsv(file)
  return table.toRows().map(({ species, ...penguin }, id) => {
    return { id, species: id % 20 === 19 ? null : species!, ...penguin }
  })
}

export async function fillSqlite(database: Database): Promise<void> {
  const penguins = await rows()
  const names = Object.keys(penguins[0]!)
  database.exec(create)
  const values = names.map((name) => `@${name}`)
  const insert = database.prepare(
    `INSERT INTO penguins (${names.join()}) VALUES (${values.join()})`,
  )
  for (const penguin of penguins) insert.run(penguin)
}

export async function fillPostgres(client: ClientBase): Promise<void> {
  await client.query(create)
  const insert = 'INSERT INTO penguins SELECT * FROM json_populate_recordset(NULL::penguins, $1)'
  await client.query(insert, [JSON.stringify(await rows())])
}
