/**
 * A CSV of a million rows of 20 columns, read, and what the event loop felt meanwhile, as JSON:
 *
 * node --import tsx benchmarks/read-csv.ts > benchmarks/results/read-csv.json
 */
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { data } from '../ts/index.js'
import { machine } from './machine.js'
import { makeTable, ROWS } from './rows.js'
import { watch, type Watched } from './turns.js'

const TRIALS = 3

/** What a spreadsheet would write: numbers of two decimals, dates with their time, nothing for a gap. */
function* linesOf(table: data.Table): Iterable<string> {
  const columns = table.columnNames.map((name) => table.column(name))
  yield `${table.columnNames.join()}\n`
  for (let row = 0; row < table.length; row++) {
    const cells = columns.map((column) => {
      const cell = column.get(row)
      if (typeof cell === 'number') return cell.toFixed(2)
      return cell instanceof Date ? cell.toISOString() : (cell ?? '')
    })
    yield `${cells.join()}\n`
  }
}

const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-csv-'))
try {
  const file = path.join(folder, 'rows.csv')
  const columns = await (async () => {
    const table = makeTable()
    await pipeline(Readable.from(linesOf(table)), createWriteStream(file))
    return table.columnNames.length
  })()
  const host = machine()
  const trials: Watched[] = []
  for (let i = 0; i < TRIALS; i++) {
    trials.push(
      await watch(async () => {
        const { length } = await data.readCsv(file)
        if (length !== ROWS) throw new Error(`read ${length} rows`)
      }),
    )
  }
  const result = {
    what: 'readCsv of a file, types found',
    command: 'node --import tsx benchmarks/read-csv.ts',
    rows: ROWS,
    columns,
    megabytes: Math.round(statSync(file).size / 1e6),
    machine: host,
    trials,
  }
  console.log(JSON.stringify(result, null, 2))
} finally {
  rmSync(folder, { recursive: true })
}
