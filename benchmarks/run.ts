// npm run bench: one training step of every trial in every driver. docs/benchmarks.md says how to read it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { chart } from './chart.js'
import { Child } from './child.js'
import { writeDataset } from './dataset.js'
import { drivers as allDrivers, type Driver } from './drivers.js'
import { describe, machine } from './machine.js'
import { measure, type Result } from './measure.js'
import type { Hello } from './protocol.js'
import { table } from './report.js'
import { trials as allTrials } from './trials.js'

const USAGE = `npm run bench -- [options]
  --only a,b       trials: ${allTrials.map((trial) => trial.name).join(', ')}
  --drivers a,b    drivers: ${allDrivers.map((driver) => driver.name).join(', ')}
  --rounds n       rounds of each driver (default 7)
  --seconds s      how long a driver trains in one round (default 0.5)
  --threads n      threads of every driver (default 1)
  --out name       benchmarks/results/training-<name>.json and .svg (default: the date)
  --quick          no Python peers, one short round, nothing written: every trial runs and learns`

interface Options {
  readonly threads: number
  readonly rounds: number
  readonly seconds: number
  readonly quick: boolean
  readonly out: string
  readonly trials: typeof allTrials
  readonly drivers: typeof allDrivers
}

function pick<Item extends { readonly name: string }>(
  option: string,
  all: readonly Item[],
  names: string | undefined,
): readonly Item[] {
  if (names === undefined) return all
  return names.split(',').map((name) => {
    const item = all.find((candidate) => candidate.name === name)
    if (item === undefined) throw new Error(`--${option}: there is no ${name}\n\n${USAGE}`)
    return item
  })
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0))
    throw new Error(`--${option}: expected a positive number, got ${text}\n\n${USAGE}`)
  return value
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      drivers: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      threads: { type: 'string', default: '1' },
      out: { type: 'string', default: new Date().toISOString().slice(0, 10) },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    process.exit()
  }
  const { quick, out } = values
  const drivers = pick('drivers', allDrivers, values.drivers)
  return {
    quick,
    out,
    threads: positive('threads', values.threads),
    rounds: positive('rounds', values.rounds ?? (quick ? '1' : '7')),
    seconds: positive('seconds', values.seconds ?? (quick ? '0.02' : '0.5')),
    trials: pick('only', allTrials, values.only),
    drivers: values.drivers === undefined && quick ? drivers.filter(({ quick }) => quick) : drivers,
  }
}

interface Crew {
  readonly children: Map<string, Child>
  readonly versions: Record<string, Hello['versions']>
  readonly missing: Record<string, string>
}

async function start(drivers: readonly Driver[], threads: number): Promise<Crew> {
  const crew: Crew = { children: new Map(), versions: {}, missing: {} }
  for (const driver of drivers) {
    try {
      const known = driver.missing?.()
      if (known !== undefined) throw new Error(known)
      const { child, versions } = await Child.start(driver, threads)
      crew.children.set(driver.name, child)
      crew.versions[driver.name] = versions
    } catch (error) {
      if (driver.ours) throw error
      crew.missing[driver.name] = error instanceof Error ? error.message : String(error)
    }
  }
  return crew
}

const options = readOptions()
const labels = new Map(options.drivers.map(({ name, label }) => [name, label]))
const folder = mkdtempSync(join(tmpdir(), 'gradlane-bench-'))
const host = machine()
const command = ['npm run bench --', ...process.argv.slice(2)].join(' ')
const crew = await start(options.drivers, options.threads)
const results: Record<string, Result[]> = {}

try {
  console.log(`${describe(host)}\n${options.threads} threads, ${options.rounds} rounds, ${command}`)
  if (options.quick) console.log('quick: every trial runs and learns, its times mean nothing')
  for (const [name, versions] of Object.entries(crew.versions)) {
    const list = Object.entries(versions).map((entry) => entry.join(' '))
    console.log(`  ${labels.get(name)}: ${list.join(', ')}`)
  }
  for (const [name, reason] of Object.entries(crew.missing)) {
    console.log(`  ${labels.get(name)}: MISSING, ${reason}`)
  }
  for (const trial of options.trials) {
    const files = join(folder, trial.name)
    writeDataset(trial, files)
    const measured = await measure(trial, files, crew.children, {
      rounds: options.rounds,
      secondsARound: options.seconds,
    })
    results[trial.name] = measured
    console.log(`\n${trial.name}\n${table(measured, labels)}`)
    rmSync(files, { recursive: true })
  }
} finally {
  for (const child of crew.children.values()) child.stop()
  rmSync(folder, { recursive: true })
}

if (!options.quick) {
  const output = fileURLToPath(new URL(`results/training-${options.out}`, import.meta.url))
  mkdirSync(fileURLToPath(new URL('results', import.meta.url)), { recursive: true })
  const { threads, rounds } = options
  const { versions, missing } = crew
  const record = { date: new Date().toISOString(), command, machine: host, threads, rounds }
  writeFileSync(
    `${output}.json`,
    `${JSON.stringify({ ...record, versions, missing, results }, null, 2)}\n`,
  )
  writeFileSync(`${output}.svg`, chart(results, labels, `${describe(host)}; threads: ${threads}`))
  console.log(`\n${output}.json\n${output}.svg`)
}
