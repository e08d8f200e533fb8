// How long the example server lets requests wait while it trains, against the same server without a
// training, in windows that take turns: npx tsx benchmarks/server-latency.ts [--rounds 10]
// [--seconds 5] [--out name]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { Generator, info, randn } from '../ts/index.js'
import { describe, machine } from './machine.js'
import { CONNECTIONS, Driven, type Latencies } from './requests.js'
import { format, median } from './statistics.js'

const ROWS = 40_000
const COLUMNS = 4

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '5' },
    out: { type: 'string' },
  },
})
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]

interface Window extends Latencies {
  /** Of the training. */
  readonly epochs: number
}

const server = await Driven.start('server.ts')

const points = randn([ROWS, COLUMNS], { generator: new Generator(1) }).toArray() as number[][]
const rows = points.map((row, i) => row.map((value) => Number((value + 1.5 * (i % 2)).toFixed(3))))
const labels = rows.map((_, i) => i % 2)
const training = JSON.stringify({ rows, labels, epochs: 10_000 })
const question = JSON.stringify({ rows: rows.slice(0, 8) })

async function measured(trains: boolean): Promise<Window> {
  const windowOf = () => server.latencies('/predict', question, seconds)
  if (!trains) return { ...(await windowOf()), epochs: 0 }
  await server.ask('POST', '/train', training)
  const window = await windowOf()
  const status = await server.ask('GET', '/status')
  await server.ask('POST', '/stop')
  const { state, last } = JSON.parse(status) as { state: string; last: { epoch: number } | null }
  if (state !== 'training') throw new Error(`the training ended within a window: ${state}`)
  return { ...window, epochs: last?.epoch ?? 0 }
}

console.log(`${describe(machine())}\n${CONNECTIONS} connections, windows of ${seconds} s`)
const started = machine()
await measured(true) // the first model, and warm code
const pairs: { idle: Window; training: Window }[] = []
for (let round = 0; round < rounds; round++) {
  const pair = { idle: await measured(false), training: await measured(true) }
  pairs.push(pair)
  const { idle, training } = pair
  console.log(
    `idle p50 ${format(idle.p50)} p99 ${format(idle.p99)} (${idle.requests} requests), training ` +
      `p50 ${format(training.p50)} p99 ${format(training.p99)} (${training.requests}, ${training.epochs} epochs); ` +
      `p99 times ${format(training.p99 / idle.p99)}`,
  )
}
const ratio = median(pairs.map(({ idle, training }) => training.p99 / idle.p99))
console.log(`p99 while it trains: ${format(ratio)} times that without (median of ${rounds})`)
server.end()

if (values.out !== undefined) {
  const { version, isa } = info()
  const file = new URL(`results/${values.out}.json`, import.meta.url)
  const command = `npx tsx benchmarks/server-latency.ts --rounds ${rounds} --seconds ${seconds} --out ${values.out}`
  const result = {
    date: new Date().toISOString(),
    command,
    machine: started,
    loadAtEnd: machine().load,
    versions: { gradlane: version, isa },
    ...{ connections: CONNECTIONS, rows: ROWS, columns: COLUMNS, seconds },
    p99Ratio: ratio,
    p99: {
      idle: median(pairs.map(({ idle }) => idle.p99)),
      training: median(pairs.map((pair) => pair.training.p99)),
    },
    windows: pairs,
  }
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`)
}
