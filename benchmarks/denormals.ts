// What denormals cost where they are computed with, and that they cost nothing where they count as 0
// (`setFlushDenormal`): operations and trainings on denormals and on ordinary numbers, each in both
// modes in turn, one thread, CPU time: npx tsx benchmarks/denormals.ts [--rounds 11] [--out name]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import {
  capture,
  div,
  exp,
  Generator,
  info,
  manualSeed,
  matmul,
  mul,
  nn,
  optim,
  randn,
  setFlushDenormal,
  setNumThreads,
  sqrt,
  square,
  tensor,
  type Tensor,
} from '../ts/index.js'
import { describe, machine } from './machine.js'
import { format, median } from './statistics.js'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '11' }, out: { type: 'string' } },
})
const rounds = Number(values.rounds)
const MILLISECONDS = 20 // that a round of one mode takes, about

/** Bell-shaped numbers times 2^exponent. */
function numbers(shape: readonly number[], seed: number, exponent = 0): Tensor {
  const x = randn(shape, { generator: new Generator(seed) })
  for (let i = 0; i < x.length; i++) x.data[i]! *= 2 ** exponent
  return x
}

type Step = () => Tensor | undefined

/** An operation on 64 KiB of numbers of some 2^exponent. */
const operations: Readonly<Record<string, (exponent: number) => Step>> = {
  multiply: (exponent) => {
    const [x, y] = [numbers([16384], 1, exponent), numbers([16384], 2)]
    return () => mul(x, y)
  },
  divide: (exponent) => {
    const [x, y] = [numbers([16384], 1, exponent), numbers([16384], 2)]
    return () => div(x, y)
  },
  'square root': (exponent) => {
    const x = numbers([16384], 1, exponent)
    for (let i = 0; i < x.length; i++) x.data[i] = Math.abs(x.data[i]!)
    return () => sqrt(x)
  },
  square: (exponent) => {
    const x = numbers([16384], 1, exponent / 2)
    return () => square(x)
  },
  exp: (exponent) => {
    const x = numbers([16384], 1)
    for (let i = 0; i < x.length; i++) x.data[i] = exponent * Math.LN2 + x.data[i]!
    return () => exp(x)
  },
  'matrix product 128³': (exponent) => {
    const [a, b] = [numbers([128, 128], 1, exponent), numbers([128, 128], 2)]
    return () => matmul(a, b)
  },
  'Adam, 16 K parameters': (exponent) => {
    const parameter = new nn.Parameter(numbers([16384], 1))
    // their squares are what fades first
    parameter.grad = numbers([16384], 2, exponent / 2)
    const optimizer = new optim.Adam([parameter])
    return () => {
      optimizer.step()
      return undefined
    }
  },
}

/** Sigmoid after Sigmoid: gradients shrink to a tenth and less with each layer, Adam squares them. */
function deep(layers: number): Step {
  manualSeed(1)
  const body = Array.from({ length: layers }, () => [new nn.Linear(128, 128), new nn.Sigmoid()])
  const model = new nn.Sequential(...body.flat(), new nn.Linear(128, 10))
  const criterion = new nn.CrossEntropyLoss()
  // which stays where it is, however many steps are timed
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-9 })
  const x = numbers([16, 128], 3)
  const y = tensor(
    Array.from({ length: 16 }, (_, i) => i % 10),
    { dtype: 'int32' },
  )
  return () => {
    optimizer.zeroGrad()
    const output = model.forward(x)
    const loss = criterion.forward(output, y)
    model.backwardParameters(x, criterion.backward(output, y))
    optimizer.step()
    return loss
  }
}

const cases: Readonly<Record<string, readonly [ordinary: () => Step, denormal: () => Step]>> = {
  ...Object.fromEntries(
    Object.entries(operations).map(([name, make]) => [
      name,
      [() => make(0), () => make(-131)] as const,
    ]),
  ),
  'training of 4 layers, of 24': [() => deep(4), () => deep(24)],
}

interface Runnable {
  runSync(inputs: object, options: { times: number }): unknown
}

/** Microseconds of CPU time a call, so many calls. */
function timed(step: Runnable, times: number): number {
  const { user, system } = process.cpuUsage()
  step.runSync({}, { times })
  const after = process.cpuUsage()
  return (after.user + after.system - user - system) / times
}

/** How many times as long the computation with denormals takes, by medians. */
function cost(make: () => Step): { flushed: number; computed: number; ratio: number } {
  const steps = [true, false].map((flush) => {
    setFlushDenormal(flush)
    const step: Runnable = capture(make())
    let times = 1
    while (timed(step, times) * times < 1000 * MILLISECONDS) times *= 2
    return { flush, step, times, microseconds: [] as number[] }
  })
  for (let round = 0; round < rounds; round++) {
    for (const { flush, step, times, microseconds } of steps) {
      setFlushDenormal(flush)
      microseconds.push(timed(step, times))
    }
  }
  const [flushed, computed] = steps.map(({ microseconds }) => median(microseconds)) as [
    number,
    number,
  ]
  return { flushed, computed, ratio: computed / flushed }
}

setNumThreads(1)
const started = machine()
console.log(`${describe(started)}, ${info().isa ?? 'reference'}`)
const results = Object.entries(cases).map(([name, [ordinary, denormal]]) => {
  const result = { name, ordinary: cost(ordinary), denormal: cost(denormal) }
  console.log(
    `${name}: computed to flushed ${format(result.denormal.ratio)} times on denormals ` +
      `(${format(result.denormal.computed)} to ${format(result.denormal.flushed)} us), ` +
      `${format(result.ordinary.ratio)} on ordinary numbers`,
  )
  return result
})

if (values.out !== undefined) {
  const { version, isa } = info()
  const result = {
    date: new Date().toISOString(),
    command: `npx tsx benchmarks/denormals.ts --rounds ${rounds} --out ${values.out}`,
    machine: started,
    loadAtEnd: machine().load,
    versions: { gradlane: version, isa },
    unit: 'microseconds of CPU time',
    results,
  }
  const file = new URL(`results/${values.out}.json`, import.meta.url)
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`)
}
