// npm run bench:tables: pipelines beside scikit-learn's models, 5 x 5-fold cross-validation on the tables of
// test/fixtures/data, on the same folds. Accuracy or R², times 100.
//   npm run bench:tables -- --python <python with scikit-learn and pandas>    default: python3
//   npm run bench:tables -- --ours --tables wine,cars                         without the peers
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import type { data } from '../ts/index.js'
import { type Comparison, comparisons, foldsOf, scoreOf } from './cross-validation.js'
import { describe, machine } from './machine.js'

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    repeats: { type: 'string', default: '5' },
    tables: { type: 'string', default: Object.keys(comparisons).join() },
    ours: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const repeats = Array.from({ length: Number(values.repeats) }, (_, repeat) => repeat)

interface Scores {
  readonly name: string
  readonly scores: Record<string, number[]>
}

function csvOf(table: data.Table): string {
  const texts = table.toRows().map((row) =>
    Object.values(row)
      .map((cell) => (cell instanceof Date ? cell.toISOString() : String(cell ?? '')))
      .join(),
  )
  return [table.columnNames.join(), ...texts].join('\n')
}

/** What scikit-learn's models come to on the same rows. */
function peers(all: readonly Comparison[]): { scikitLearn: string; tables: Scores[] } {
  const folder = mkdtempSync(join(tmpdir(), 'gradlane-tables-'))
  try {
    const jobs = all.map((one, i) => {
      const csv = join(folder, `${i}.csv`)
      writeFileSync(csv, csvOf(one.table))
      const folds = repeats.map((repeat) => foldsOf(one, repeat).map(({ test }) => [...test]))
      const { name, target, task, table } = one
      return { name, csv, target, task, types: table.types, folds }
    })
    const file = join(folder, 'jobs.json')
    writeFileSync(file, JSON.stringify(jobs))
    const script = fileURLToPath(new URL('peers/tables.py', import.meta.url))
    const { status, stdout } = spawnSync(values.python, [script, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    })
    if (status !== 0) throw new Error(`${values.python} ended with ${status}`)
    return JSON.parse(stdout) as { scikitLearn: string; tables: Scores[] }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const mean = (scores: readonly number[]): number =>
  scores.reduce((sum, score) => sum + score, 0) / scores.length

const host = machine()
console.error(describe(host))
const all = await Promise.all(values.tables.split(',').map((name) => comparisons[name]!()))
const theirs = values.ours ? null : peers(all)
const tables: Scores[] = []
for (const [i, one] of all.entries()) {
  const gradlane: number[] = []
  for (const repeat of repeats) gradlane.push(await scoreOf(one, repeat))
  const scores = { gradlane, ...theirs?.tables[i]!.scores }
  tables.push({ name: one.name, scores })
  const figures = Object.entries(scores).map(([name, of]) => `${name} ${mean(of).toFixed(2)}`)
  console.log(`${one.name.padEnd(14)} ${figures.join('  ')}`)
}
if (values.out !== undefined) {
  const rounded = tables.map(({ name, scores }) => {
    const entries = Object.entries(scores).map(([model, of]) => {
      return [
        model,
        { mean: Number(mean(of).toFixed(3)), repeats: of.map((x) => Number(x.toFixed(3))) },
      ]
    })
    return { name, ...(Object.fromEntries(entries) as object) }
  })
  const record = {
    date: new Date().toISOString(),
    command: 'npm run bench:tables',
    machine: host,
    unit: 'accuracy or R², times 100: means over the folds of each repeat',
    scikitLearn: theirs?.scikitLearn,
    tables: rounded,
  }
  writeFileSync(values.out, `${JSON.stringify(record, null, 2)}\n`)
}
