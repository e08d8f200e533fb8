// npm run bench:distributed: training on two hosts, which are network namespaces with a core each, beside PyTorch's
// DistributedDataParallel on the same ones. As root, with iproute2. docs/distributed.md says what came of it.
//   --rounds n   rounds of each (default 5)      --seconds s   of training in one round (default 0.7)
//   --only a,b   of mnist_mlp, accumulated, cifar_cnn, transformer, calls
//   --out name   benchmarks/results/<name>.json (default: distributed)
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { Hosts, whyNoHosts } from '../test/distributed/hosts.js'
import { type CallFigures, measureCalls } from './distributed/calls.js'
import { NETWORKS } from './distributed/networks.js'
import { type Figures, measureTraining, tableOf, workloads } from './distributed/training.js'
import { describe, machine } from './machine.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.7' },
    only: { type: 'string' },
    out: { type: 'string', default: 'distributed' },
  },
})
const reason = whyNoHosts()
if (reason !== null) {
  console.error(`bench:distributed: no hosts: ${reason}`)
  process.exit(2)
}
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
const only = values.only?.split(',')
const wants = (name: string): boolean => only?.includes(name) ?? true
const start = new Date()
const host = machine()
console.log(`${describe(host)}\ntwo hosts, one core a rank, rounds: ${rounds}`)

const folder = mkdtempSync(join(tmpdir(), 'gradlane-distributed-'))
const hosts = new Hosts(2)
const training: Figures[] = []
let calls: CallFigures | null = null
try {
  for (const workload of workloads.filter(({ name }) => wants(name))) {
    const figures = await measureTraining(workload, hosts, folder, { rounds, seconds })
    training.push(figures)
    console.log(`\n${tableOf(figures)}`)
  }
  if (wants('calls')) calls = await measureCalls(hosts, folder, rounds)
} finally {
  hosts.remove()
  rmSync(folder, { recursive: true })
}

const minutes = Math.round((Date.now() - start.getTime()) / 6e3) / 10
const file = new URL(`results/${values.out}.json`, import.meta.url)
const record = {
  date: start.toISOString(),
  minutes,
  command: ['npm run bench:distributed --', ...process.argv.slice(2)].join(' '),
  machine: host,
  loadAtEnd: machine().load,
  networks: NETWORKS.map(({ name }) => name),
  training,
  calls,
}
writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`)
console.log(`\n${minutes} min`)
