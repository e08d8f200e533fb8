// What the graph costs: a node in forward and in backward, and a long chain.
//
//   node --import tsx benchmarks/autograd.ts
import process from 'node:process'

import { add, exp, mul, noGrad, ones, type Tensor } from '../ts/index.js'
import { describe, machine } from './machine.js'
import { format, median } from './statistics.js'

const OPERATIONS = 50
const PASSES = 500
const ROUNDS = 25
const WARM = 8

interface Chain {
  readonly name: string
  readonly operation: (y: Tensor, x: Tensor) => Tensor
}

const chains: readonly Chain[] = [
  { name: 'add(y, x)', operation: (y, x) => add(y, x) },
  { name: 'mul(y, x)', operation: (y, x) => mul(y, x) },
  { name: 'exp(y)', operation: (y) => exp(y) },
  { name: 'reshape', operation: (y) => y.reshape([2]) },
]

/** Microseconds of CPU time. */
function timed(body: () => void): number {
  const begin = process.cpuUsage()
  body()
  const { user, system } = process.cpuUsage(begin)
  return user + system
}

function run({ operation }: Chain, x: Tensor, length = OPERATIONS): Tensor {
  let y = x
  for (let i = 0; i < length; i++) y = operation(y, x)
  return y
}

/** Microseconds an operation: forward without a graph, with one, and backward. */
function measure(chain: Chain): Record<'forward' | 'node' | 'backward', number> {
  const x = ones([2]).requiresGrad_()
  const seed = ones([2])
  const rounds = Array.from({ length: ROUNDS }, () => {
    x.grad = null
    const forward = timed(() => {
      for (let i = 0; i < PASSES; i++) noGrad(() => run(chain, x))
    })
    const graph = timed(() => {
      for (let i = 0; i < PASSES; i++) run(chain, x)
    })
    const both = timed(() => {
      for (let i = 0; i < PASSES; i++) run(chain, x).backward(seed)
    })
    return { forward, node: graph - forward, backward: both - graph }
  }).slice(WARM)
  const of = (name: keyof (typeof rounds)[0]): number =>
    median(rounds.map((round) => round[name])) / (PASSES * OPERATIONS)
  return { forward: of('forward'), node: of('node'), backward: of('backward') }
}

console.log(describe(machine()))
for (const chain of chains) {
  const { forward, node, backward } = measure(chain)
  console.log(
    `${chain.name.padEnd(10)} of 2 elements: ${format(forward)} us without a graph, ` +
      `+ ${format(node)} us a node, backward ${format(backward)} us`,
  )
}
const chain = timed(() => {
  const x = ones([]).requiresGrad_()
  run({ name: '', operation: (y) => add(y, 1) }, x, 100_000).backward()
})
console.log(`100,000 operations forward and backward: ${format(chain / 1e6)} s`)
