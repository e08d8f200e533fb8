/**
 * A million rows of 20 columns, fitted and transformed, and what the event loop felt meanwhile, as JSON:
 *
 * node --import tsx benchmarks/preprocessing.ts > benchmarks/results/preprocessing.json
 */
import { performance } from 'node:perf_hooks'

import { data } from '../ts/index.js'
import { machine } from './machine.js'
import { makeTable, ROWS } from './rows.js'
import { rounded, watch, type Watched } from './turns.js'

const TRIALS = 3
const table = makeTable()

interface Trial extends Watched {
  readonly fitSeconds: number
  readonly transformSeconds: number
}

async function trial(): Promise<Trial> {
  const columns = data.ColumnTransformer.for(table)
  const start = performance.now()
  let fitted = start
  const watched = await watch(async () => {
    await columns.fitAsync(table)
    fitted = performance.now()
    await columns.transformAsync(table)
  })
  const fitSeconds = rounded((fitted - start) / 1000)
  return { fitSeconds, transformSeconds: rounded(watched.seconds - fitSeconds), ...watched }
}

const host = machine()
const trials: Trial[] = []
for (let i = 0; i < TRIALS; i++) trials.push(await trial())
const result = {
  what: 'ColumnTransformer.for(table): fitAsync, then transformAsync of the same table',
  command: 'node --import tsx benchmarks/preprocessing.ts',
  rows: ROWS,
  columns: table.columnNames.length,
  machine: host,
  trials,
}
console.log(JSON.stringify(result, null, 2))
