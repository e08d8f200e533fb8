// Steps of networks that are written freely, by functions or in a `forward`, beside the same of layers with the
// backward passes called by hand: eager and captured, CPU time, in turns.
//
//   node --import tsx benchmarks/free-forms.ts [--out name]
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'

import {
  add,
  capture,
  info,
  manualSeed,
  matmul,
  nn,
  optim,
  rand,
  setNumThreads,
  tensor,
  type Tensor,
  transpose,
} from '../ts/index.js'
import { describe, machine } from './machine.js'
import { format, median } from './statistics.js'

const ROUNDS = 25
const WARM = 5

const { relu } = nn.functional
const conv = (inputs: number, outputs: number, stride = 1): nn.Conv2d =>
  new nn.Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false })

/** 784-512-256-10 of matrix products and sums. */
class Perceptron extends nn.Module {
  readonly weights: readonly nn.Parameter[]
  readonly biases: readonly nn.Parameter[]

  constructor() {
    super()
    const sizes = [784, 512, 256, 10]
    const linear = sizes.slice(1).map((outputs, i) => new nn.Linear(sizes[i]!, outputs))
    this.weights = linear.map(({ weight }) => new nn.Parameter(transpose(weight.detach(), 0, 1)))
    this.biases = linear.map(({ bias }) => bias!)
  }

  override forward(x: Tensor): Tensor {
    const last = this.weights.length - 1
    return this.weights.reduce((h, weight, i) => {
      const sum = add(matmul(h, weight), this.biases[i]!)
      return i < last ? relu(sum) : sum
    }, x)
  }
}

class Tabular extends nn.Module {
  readonly first = new nn.Linear(8, 32)
  readonly norm = new nn.BatchNorm1d(32)
  readonly second = new nn.Linear(32, 64)
  readonly dropout = new nn.Dropout(0.25)
  readonly last = new nn.Linear(64, 1)

  override forward(x: Tensor): Tensor {
    const h = relu(this.norm.forward(this.first.forward(x)))
    return this.last.forward(nn.functional.sigmoid(this.dropout.forward(this.second.forward(h))))
  }
}

class Block extends nn.Module {
  readonly conv1: nn.Conv2d
  readonly norm1: nn.BatchNorm2d
  readonly conv2: nn.Conv2d
  readonly norm2: nn.BatchNorm2d

  constructor(channels: number) {
    super()
    this.conv1 = conv(channels, channels)
    this.norm1 = new nn.BatchNorm2d(channels)
    this.conv2 = conv(channels, channels)
    this.norm2 = new nn.BatchNorm2d(channels)
  }

  override forward(x: Tensor): Tensor {
    const h = relu(this.norm1.forward(this.conv1.forward(x)))
    return relu(add(this.norm2.forward(this.conv2.forward(h)), x))
  }

  layers(): nn.Module[] {
    const { conv1, norm1, conv2, norm2 } = this
    return [
      new nn.Residual(new nn.Sequential(conv1, norm1, new nn.ReLU(), conv2, norm2)),
      new nn.ReLU(),
    ]
  }
}

/** Two residual blocks of 16 channels at 14 × 14 and 32 at 7 × 7. */
class ResidualCnn extends nn.Module {
  readonly stem = conv(1, 16, 2)
  readonly norm1 = new nn.BatchNorm2d(16)
  readonly block1 = new Block(16)
  readonly down = conv(16, 32, 2)
  readonly norm2 = new nn.BatchNorm2d(32)
  readonly block2 = new Block(32)
  readonly pool = new nn.AvgPool2d(7)
  readonly head = new nn.Linear(32, 10)

  override forward(x: Tensor): Tensor {
    const h = this.block1.forward(relu(this.norm1.forward(this.stem.forward(x))))
    const g = this.block2.forward(relu(this.norm2.forward(this.down.forward(h))))
    return this.head.forward(this.pool.forward(g).flatten(1))
  }
}

interface Workload {
  readonly name: string
  readonly steps: number
  readonly x: Tensor
  readonly y: Tensor
  readonly criterion: nn.CrossEntropyLoss | nn.MSELoss
  readonly layers: () => nn.Module
  readonly free: () => nn.Module
}

const classes = (count: number): Tensor =>
  tensor(
    Array.from({ length: count }, (_, i) => i % 10),
    { dtype: 'int32' },
  )

const workloads: readonly Workload[] = [
  {
    name: 'mnist_mlp as functions',
    steps: 4,
    x: rand([128, 784]),
    y: classes(128),
    criterion: new nn.CrossEntropyLoss(),
    layers: () =>
      new nn.Sequential(
        new nn.Linear(784, 512),
        new nn.ReLU(),
        new nn.Linear(512, 256),
        new nn.ReLU(),
        new nn.Linear(256, 10),
      ),
    free: () => new Perceptron(),
  },
  {
    name: 'tabular',
    steps: 100,
    x: rand([64, 8]),
    y: rand([64, 1]),
    criterion: new nn.MSELoss(),
    layers: () =>
      new nn.Sequential(
        new nn.Linear(8, 32),
        new nn.BatchNorm1d(32),
        new nn.ReLU(),
        new nn.Linear(32, 64),
        new nn.Dropout(0.25),
        new nn.Sigmoid(),
        new nn.Linear(64, 1),
      ),
    free: () => new Tabular(),
  },
  {
    name: 'residual CNN',
    steps: 4,
    x: rand([32, 1, 28, 28]),
    y: classes(32),
    criterion: new nn.CrossEntropyLoss(),
    layers: () =>
      new nn.Sequential(
        conv(1, 16, 2),
        new nn.BatchNorm2d(16),
        new nn.ReLU(),
        ...new Block(16).layers(),
        conv(16, 32, 2),
        new nn.BatchNorm2d(32),
        new nn.ReLU(),
        ...new Block(32).layers(),
        new nn.AvgPool2d(7),
        new nn.Flatten(),
        new nn.Linear(32, 10),
      ),
    free: () => new ResidualCnn(),
  },
]

/** Microseconds of CPU time. */
function timed(steps: number, step: () => unknown): number {
  const begin = process.cpuUsage()
  for (let i = 0; i < steps; i++) step()
  const { user, system } = process.cpuUsage(begin)
  return (user + system) / steps
}

function stepOf({ x, y, criterion }: Workload, model: nn.Module, isFree: boolean): () => Tensor {
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
  return () => {
    optimizer.zeroGrad()
    const prediction = model.forward(x)
    const loss = criterion.forward(prediction, y)
    if (isFree) loss.backward()
    else model.backwardParameters(x, criterion.backward(prediction, y))
    optimizer.step()
    return loss
  }
}

/** Microseconds a step of layers and of the free form, and the median of their ratios. */
function compare(workload: Workload, isCaptured: boolean): Record<string, number> {
  manualSeed(1)
  const [layers, free] = [workload.layers(), workload.free()].map((model, i) => {
    const step = stepOf(workload, model, i === 1)
    if (!isCaptured) return step
    const captured = capture(step)
    return () => captured.runSync()
  })
  const rounds = Array.from({ length: ROUNDS + WARM }, () => [
    timed(workload.steps, layers!),
    timed(workload.steps, free!),
  ]).slice(WARM)
  const of = (value: (round: number[]) => number): number => median(rounds.map(value))
  return {
    layers: of(([a]) => a!),
    free: of(([, b]) => b!),
    ratio: of(([a, b]) => b! / a!),
  }
}

const { values } = parseArgs({ options: { out: { type: 'string' } } })
setNumThreads(1)
const started = machine()
const { version, isa } = info()
console.log(`${describe(started)}, ${isa ?? 'reference'}, 1 thread`)
const results = workloads.map((workload) => {
  const [eager, captured] = [false, true].map((isCaptured) => compare(workload, isCaptured))
  for (const [mode, { layers, free, ratio }] of Object.entries({ eager, captured }) as [
    string,
    Record<'layers' | 'free' | 'ratio', number>,
  ][]) {
    console.log(
      `${workload.name}, ${mode}: ${format(layers)} us a step of layers, ${format(free)} written freely, ` +
        `${format(ratio)} times`,
    )
  }
  return { name: workload.name, eager, captured }
})
if (values.out !== undefined) {
  const result = {
    date: new Date().toISOString(),
    command: `node --import tsx benchmarks/free-forms.ts --out ${values.out}`,
    machine: started,
    loadAtEnd: machine().load,
    versions: { gradlane: version, isa },
    results,
  }
  const file = new URL(`results/${values.out}.json`, import.meta.url)
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`)
}
