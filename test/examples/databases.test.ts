import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { getBackend } from '../../ts/index.js'
import { Cluster, findPostgres } from '../support/postgres.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

function run(node: string, args: readonly string[], env: Record<string, string> = {}): string {
  const options = { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } } as const
  const { status, stdout, stderr } = spawnSync(node, ['--import', 'tsx', ...args], options)
  expect(status, stderr).to.equal(0)
  return stdout
}

/** Every twentieth penguin lacks its species; they lie in the file by species, in this order. */
function expectFilledIn(out: string): void {
  const [, rows, accuracy] = /^(\d+) rows, test accuracy ([\d.]+) %$/m.exec(out)!
  expect(Number(rows)).to.equal(344 - 17)
  expect(Number(accuracy)).to.be.above(92)
  const answers = [...out.matchAll(/^(\d+): (\w+)$/gm)].map(([, id, species]) => [id, species])
  const truth = (id: number): string => (id < 152 ? 'Adelie' : id < 220 ? 'Chinstrap' : 'Gentoo')
  const ids = Array.from({ length: 17 }, (_, i) => 20 * i + 19)
  expect(answers.map(([id]) => Number(id))).to.deep.equal(ids)
  const right = answers.filter(([id, species]) => truth(Number(id)) === species)
  expect(right.length).to.be.at.least(15) // number 339 has nothing but gaps
}

// Rows become tables without a kernel, and penguins.ts trains the same pipeline on the reference.
const suite = getBackend() === 'native' ? describe : describe.skip
suite('examples/databases', () => {
  const newer = Number(process.versions.node.split('.')[0]) >= 22
  const node = newer ? process.execPath : process.env['NODE_NEWER']
  if (node === undefined || node === '') {
    it('sqlite.ts was not run, because this Node is older than 22: name a newer one in NODE_NEWER')
  } else {
    it('sqlite.ts fills in what the rows of a table lack', () => {
      expectFilledIn(run(node, ['examples/databases/sqlite.ts']))
    })

    it('rows of the SQLite that is inside of Node become the same table', () => {
      const program = `
        import Database from 'better-sqlite3'
        import { DatabaseSync } from 'node:sqlite'
        import { data } from './ts/index.js'
        const tables = [Database, DatabaseSync].map((Kind) => {
          const database = new Kind(':memory:')
          database.exec("CREATE TABLE t (a integer, b real, c text); INSERT INTO t VALUES (1, 0.5, 'x'), (2, NULL, 'y')")
          return data.readRows(database.prepare('SELECT * FROM t').iterate())
        })
        const [peer, own] = await Promise.all(tables)
        console.log(JSON.stringify([peer.toRows(), own.toRows(), peer.types, own.types]))`
      const [peer, own, ...types] = JSON.parse(
        run(node, ['--input-type=module', '-e', program]),
      ) as object[]
      expect(peer).to.deep.equal([
        { a: 1, b: 0.5, c: 'x' },
        { a: 2, b: null, c: 'y' },
      ])
      expect(own).to.deep.equal(peer)
      expect(types[0]).to.deep.equal({ a: 'number', b: 'number', c: 'category' })
      expect(types[1]).to.deep.equal(types[0])
    })
  }

  const programs = findPostgres()
  if (programs === null) {
    it(
      'postgres.ts was not run, because there is no PostgreSQL: install it, or name its folder in POSTGRES',
    )
  } else {
    it('postgres.ts fills in what the rows of a table lack', () => {
      const cluster = new Cluster(programs)
      try {
        expectFilledIn(
          run(process.execPath, ['examples/databases/postgres.ts'], cluster.environment),
        )
      } finally {
        cluster.stop()
      }
    })
  }
})
