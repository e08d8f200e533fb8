// npm run bench: training steps, and lists of single operations. docs/benchmarks.md says how to read it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { chart } from './chart.js'
import type { Figures } from './lists.js'
import { describe, machine } from './machine.js'
import { readOptions } from './options.js'
import { train, type Training } from './training.js'

const options = readOptions()
const { threads, rounds, drivers, trials } = options
const command = ['npm run bench --', ...process.argv.slice(2)].join(' ')
const host = machine()
const start = new Date()
const folder = mkdtempSync(join(tmpdir(), 'gradlane-bench-'))
const lists: Record<string, Figures> = {}
console.log(`${describe(host)}\nthreads: ${threads}, rounds: ${rounds}, ${command}`)

let training: Training | undefined
try {
  if (trials.length > 0) training = await train(options, folder)
  for (const list of options.lists) {
    console.log(`\n${list.name}: ${list.title}`)
    lists[list.name] = await list.run(folder)
  }
} finally {
  rmSync(folder, { recursive: true })
}
if (training && Object.keys(training.failures).length > 0) process.exitCode = 1

if (!options.quick) {
  const minutes = Math.round((Date.now() - start.getTime()) / 6e3) / 10
  const record = {
    date: start.toISOString(),
    minutes,
    command,
    machine: host,
    loadAtEnd: Number(loadavg()[0]!.toFixed(1)),
    threads,
    rounds,
    ...training,
    lists,
  }
  const results = fileURLToPath(new URL('results', import.meta.url))
  mkdirSync(results, { recursive: true })
  const output = join(results, `bench-${options.out}`)
  writeFileSync(`${output}.json`, `${JSON.stringify(record, null, 1)}\n`)
  console.log(`\n${minutes} min; ${output}.json`)
  if (training && trials.some(({ name, charted }) => charted && training.results[name])) {
    const footnote = `${describe(host)} (${record.loadAtEnd} at the end); threads: ${threads}`
    writeFileSync(`${output}.svg`, chart(training, trials, drivers, footnote))
    console.log(`${output}.svg`)
  }
}
