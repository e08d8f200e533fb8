// What a row costs that a pipeline learns from, and how long the example service that learns lets
// predictions wait meanwhile, against the same service without rows to learn from, in windows that take
// turns: npx tsx benchmarks/learning-latency.ts [--rounds 10] [--seconds 5] [--out name]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { info } from '../ts/index.js'
import { describe, machine } from './machine.js'
import { fittedPipeline, onlineRows } from './online-rows.js'
import { CONNECTIONS, Driven, type Latencies } from './requests.js'
import { format, median } from './statistics.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '5' },
    out: { type: 'string' },
  },
})
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
const rows = onlineRows(2000)

/** Of a row, in microseconds. */
interface Cost {
  readonly wall: number
  /** Of all threads of the process. */
  readonly cpu: number
}

/** Medians of 10 passes over the rows, one row a call, after one that warms up. */
async function costOf(replay: number): Promise<Cost> {
  const model = await fittedPipeline()
  const costs: Cost[] = []
  for (let pass = 0; pass <= 10; pass++) {
    const [start, cpu] = [performance.now(), process.cpuUsage()]
    for (const row of rows) await model.partialFit(row, { replay })
    const { user, system } = process.cpuUsage(cpu)
    const wall = (1000 * (performance.now() - start)) / rows.length
    if (pass > 0) costs.push({ wall, cpu: (user + system) / rows.length })
  }
  return { wall: median(costs.map(({ wall }) => wall)), cpu: median(costs.map(({ cpu }) => cpu)) }
}

interface Window extends Latencies {
  /** Rows that were learned from. */
  readonly learned: number
}

console.log(`${describe(machine())}\n${CONNECTIONS} connections, windows of ${seconds} s`)
const started = machine()
const cost = { plain: await costOf(0), replay: await costOf(500) }
for (const [what, { wall, cpu }] of Object.entries(cost))
  console.log(`partialFit, ${what}: ${format(wall)} us a row, ${format(cpu)} us of CPU time`)

const server = await Driven.start('learning.ts')
const question = { ...rows[0]!, y: null } // which is not read

/** While one more connection sends rows to learn from, the next one once the last one is answered. */
async function measured(learns: boolean): Promise<Window> {
  let [learned, over] = [0, false]
  const learning = async (): Promise<void> => {
    while (!over) await server.ask('POST', '/learn', JSON.stringify(rows[learned++ % rows.length]))
  }
  const done = learns ? learning() : Promise.resolve()
  const window = await server.latencies('/predict', JSON.stringify(question), seconds)
  over = true
  await done
  return { ...window, learned }
}

await measured(true) // warm code
const pairs: { idle: Window; learning: Window }[] = []
for (let round = 0; round < rounds; round++) {
  const pair = { idle: await measured(false), learning: await measured(true) }
  pairs.push(pair)
  const { idle, learning } = pair
  console.log(
    `idle p50 ${format(idle.p50)} p99 ${format(idle.p99)} (${idle.requests} requests), learning p50 ` +
      `${format(learning.p50)} p99 ${format(learning.p99)} (${learning.requests}, ${learning.learned} rows); ` +
      `p99 times ${format(learning.p99 / idle.p99)}`,
  )
}
server.end()
const ratio = median(pairs.map(({ idle, learning }) => learning.p99 / idle.p99))
console.log(`p99 while it learns: ${format(ratio)} times that without (median of ${rounds})`)

if (values.out !== undefined) {
  const { version, isa } = info()
  const file = new URL(`results/${values.out}.json`, import.meta.url)
  const result = {
    date: new Date().toISOString(),
    command: `npx tsx benchmarks/learning-latency.ts --rounds ${rounds} --seconds ${seconds} --out ${values.out}`,
    machine: started,
    loadAtEnd: machine().load,
    versions: { gradlane: version, isa },
    microsecondsOfARow: cost,
    ...{ connections: CONNECTIONS, seconds },
    p99Ratio: ratio,
    p99: {
      idle: median(pairs.map(({ idle }) => idle.p99)),
      learning: median(pairs.map(({ learning }) => learning.p99)),
    },
    windows: pairs,
  }
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`)
}
