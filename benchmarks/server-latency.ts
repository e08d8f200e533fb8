// How long the example server lets requests wait while it trains, against the same server without a
// training, in windows that take turns: npx tsx benchmarks/server-latency.ts [--rounds 10]
// [--seconds 5] [--out name]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { Generator, info, randn } from '../ts/index.js'
import { describe, machine } from './machine.js'
import { format, median, quantile } from './statistics.js'

const CONNECTIONS = 16
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

interface Window {
  readonly requests: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly worst: number
  /** Of the training. */
  readonly epochs: number
}

const driver = fileURLToPath(new URL('drivers/server.ts', import.meta.url))
const server = spawn(process.execPath, ['--import', 'tsx', driver], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const [line] = (await once(server.stdout, 'data')) as [Buffer]
const port = Number(line.toString())
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS + 1 })

async function ask(method: string, path: string, body = ''): Promise<string> {
  const sent = request({ port, host: '127.0.0.1', method, path, agent }).end(body)
  const [response] = (await once(sent, 'response')) as [
    NodeJS.ReadableStream & { statusCode: number },
  ]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  if (response.statusCode >= 400) throw new Error(`${path}: ${response.statusCode} ${text}`)
  return text
}

const points = randn([ROWS, COLUMNS], { generator: new Generator(1) }).toArray() as number[][]
const rows = points.map((row, i) => row.map((value) => Number((value + 1.5 * (i % 2)).toFixed(3))))
const labels = rows.map((_, i) => i % 2)
const training = JSON.stringify({ rows, labels, epochs: 10_000 })
const question = JSON.stringify({ rows: rows.slice(0, 8) })

async function windowOf(): Promise<Omit<Window, 'epochs'>> {
  const times: number[] = []
  const end = performance.now() + 1000 * seconds
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < end) {
        const start = performance.now()
        await ask('POST', '/predict', question)
        times.push(performance.now() - start)
      }
    }),
  )
  const [p50, p99, worst] = [0.5, 0.99, 1].map((q) => quantile(times, q)) as [
    number,
    number,
    number,
  ]
  return { requests: times.length, p50, p99, worst }
}

async function measured(trains: boolean): Promise<Window> {
  if (!trains) return { ...(await windowOf()), epochs: 0 }
  await ask('POST', '/train', training)
  const window = await windowOf()
  const status = await ask('GET', '/status')
  await ask('POST', '/stop')
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
server.stdin.end()
agent.destroy()

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
