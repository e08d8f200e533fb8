// npm run bench:import: CPU milliseconds that a fresh process takes for `import 'gradlane'`, beyond one that
// imports nothing. Interleaved, so that a slow minute of the machine falls on all.
//   npm run bench:import -- --against <checkout>    beside the dist/ of another checkout
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

import { describe, machine } from './machine.js'
import { format, median } from './statistics.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '21' },
    against: { type: 'string' },
    out: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const here = fileURLToPath(new URL('..', import.meta.url))

function importFrom(checkout: string): string {
  const { href } = pathToFileURL(path.join(checkout, 'dist', 'index.js'))
  return `await import(${JSON.stringify(href)});`
}

const programs: Record<string, string> = { nothing: '', 'index.js': importFrom(here) }
if (values.against !== undefined) programs['the other'] = importFrom(values.against)
const names = Object.keys(programs)

function cpuMilliseconds(program: string): number {
  const code = `${program}const { user, system } = process.cpuUsage();console.log(user + system)`
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', code])
  return Number(printed.toString()) / 1000
}

const host = machine()
console.log(describe(host))
const samples = Array.from({ length: rounds }, () =>
  Object.fromEntries(names.map((name) => [name, cpuMilliseconds(programs[name]!)])),
) as Record<string, number>[]

const results = Object.fromEntries(
  names.map((name) => {
    const whole = median(samples.map((sample) => sample[name]!))
    const beyond = median(samples.map((sample) => sample[name]! - sample['nothing']!))
    const ratio = median(samples.map((sample) => sample[name]! / sample['nothing']!))
    console.log(
      `${name.padEnd(10)} ${format(whole).padStart(7)} ms, beyond nothing ${format(beyond)} ms, ratio ${ratio.toFixed(2)}`,
    )
    return [name, { whole, beyond, ratio }]
  }),
)
if (values.out !== undefined) {
  const given = process.argv.slice(2)
  const withoutFolder = given
    .map((word) => (word === values.against ? '<other checkout>' : word))
    .join(' ')
  const record = {
    date: new Date().toISOString(),
    command: `npm run bench:import -- ${withoutFolder}`,
    machine: host,
    unit: 'CPU milliseconds; beyond: more than a process that imports nothing; ratio: to that',
    rounds,
    results,
  }
  const file = fileURLToPath(new URL(`results/${values.out}.json`, import.meta.url))
  writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`)
}
