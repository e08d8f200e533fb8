// npx tsx benchmarks/distributed-model.ts: step times of 2 to 256 ranks on paper, from what
// benchmarks/results/distributed.json has measured, checked against what it measured at 2 to 4 ranks.
import { readFileSync } from 'node:fs'

import type { CallFigures } from './distributed/calls.js'
import { allReduceSeconds, type Constants, stepSeconds } from './distributed/model.js'
import type { Figures } from './distributed/training.js'
import { format } from './statistics.js'

const file = new URL('results/distributed.json', import.meta.url)
const { training, calls } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly training: readonly Figures[]
  readonly calls: CallFigures
}
const GIGABIT = 1e9 / 8

/** Of a message between two hosts and back, and of what a core copies: from the calls at 2 ranks, not throttled. */
function measured(): Constants {
  const { fastest } = calls.allReduce.find(({ system }) => system.startsWith('gradlane over'))!
  const [small, large] = [fastest[1024]! / 1e3, fastest[4 << 20]! / 1e3]
  const few = calls.scaling.find(({ ranks, bytes }) => ranks === 2 && bytes === 1024)!
  const many = calls.scaling.find(({ ranks, bytes }) => ranks === 4 && bytes === 1024)!
  const message = Math.max(0, (many.milliseconds - few.milliseconds) / 1e3 / 6)
  return {
    call: Math.max(0, small - 3 * message),
    message,
    latency: 0, // between namespaces
    bandwidth: Infinity,
    throughput: (4 << 20) / (large - small),
    additions: 8e9,
  }
}

const constants = measured()
console.log(
  `call ${format(constants.call * 1e6)} us, message ${format(constants.message * 1e6)} us, ` +
    `a core copies ${format(constants.throughput / 1e9)} GB/s`,
)
console.log('\nall-reduce at 1 Gbit/s: ranks, bytes, measured ms, by the model')
for (const { ranks, bytes, milliseconds } of calls.scaling) {
  const paper = allReduceSeconds(ranks, bytes, { ...constants, bandwidth: GIGABIT }) * 1e3
  const cells = [
    ranks,
    bytes,
    format(milliseconds),
    format(paper),
    (milliseconds / paper).toFixed(2),
  ]
  console.log(`  ${cells.join('  ')}`)
}

const RANKS = [2, 4, 8, 16, 32, 64, 128, 256]
/** One way, over TCP within a rack: assumed. */
const NETWORKS = [
  { name: '1 Gbit/s', bandwidth: GIGABIT, latency: 50e-6 },
  { name: '10 Gbit/s', bandwidth: 10 * GIGABIT, latency: 20e-6 },
  { name: '100 Gbit/s', bandwidth: 100 * GIGABIT, latency: 10e-6 },
]
const GRADIENTS: Readonly<Record<string, number>> = {
  cifar_cnn: 2.23e6,
  transformer: 1.69e6,
  mnist_mlp: 2.14e6,
}
const BUCKETS = 2

for (const { workload, rows } of training) {
  const bytes = GRADIENTS[workload]
  if (bytes === undefined) continue
  const compute = rows[0]!.fastest / 1e3
  const model = { name: workload, compute, bytes, buckets: BUCKETS }
  console.log(
    `\n${workload}: ${format(compute * 1e3)} ms, ${bytes / 1e6} MB; ms a step beside (behind) the backward pass`,
  )
  console.log(`| network | ${RANKS.join(' | ')} |`)
  for (const { name, ...network } of NETWORKS) {
    const cells = RANKS.map((ranks) => {
      const [beside, behind] = [true, false].map((overlapped) =>
        format(stepSeconds(model, ranks, { ...constants, ...network }, overlapped) * 1e3),
      )
      return `${beside} (${behind})`
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
}
