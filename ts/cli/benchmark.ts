import { noGrad } from '../autograd/grad-mode.js'
import { capture, nn, optim, randn, tensor } from '../index.js'
import type { Io } from './io.js'

interface Network {
  readonly name: string
  readonly layers: string
  readonly batch: number
  readonly input: readonly number[]
  readonly classes: number
  readonly build: () => nn.Module
}

const NETWORKS: readonly Network[] = [
  {
    name: 'table',
    layers: '20-64-64-2',
    batch: 64,
    input: [20],
    classes: 2,
    build: () => dense([20, 64, 64, 2]),
  },
  {
    name: 'digits',
    layers: '784-128-10',
    batch: 64,
    input: [784],
    classes: 10,
    build: () => dense([784, 128, 10]),
  },
  {
    name: 'images',
    layers: '32x32x3, conv 16-32-64, 10',
    batch: 32,
    input: [3, 32, 32],
    classes: 10,
    build: () =>
      new nn.Sequential(
        ...[3, 16, 32].flatMap((channels, i) => [
          new nn.Conv2d(channels, 16 << i, 3, { padding: 1 }),
          new nn.ReLU(),
          new nn.MaxPool2d(2),
        ]),
        new nn.Flatten(),
        new nn.Linear(64 * 4 * 4, 10),
      ),
  },
]

function dense(widths: readonly number[]): nn.Module {
  const layers = widths.slice(1).flatMap((width, i) => {
    const linear = new nn.Linear(widths[i]!, width)
    return i + 2 < widths.length ? [linear, new nn.ReLU()] : [linear]
  })
  return new nn.Sequential(...layers)
}

/** Medians over the rounds. */
export interface Measured {
  readonly network: string
  readonly layers: string
  readonly batch: number
  /** Of a whole training step. */
  readonly stepMicroseconds: number
  /** Of a forward pass of one row. */
  readonly rowMicroseconds: number
}

interface Subject extends Network {
  readonly train: (times: number) => Promise<unknown>
  readonly answer: () => void
  readonly steps: number[]
  readonly rows: number[]
}

export async function measure(rounds: number, seconds: number, io: Io): Promise<Measured[]> {
  const { signal } = io
  const subjects = NETWORKS.map((network) => subjectOf(network, signal))
  for (let round = 0; round < rounds; round++) {
    io.tell(`round ${round + 1} of ${rounds}`)
    for (const { train, answer, steps, rows } of subjects) {
      steps.push(await perCall(seconds, train))
      rows.push(
        await perCall(seconds, (times) => {
          for (let i = 0; i < times; i++) answer()
        }),
      )
      signal.throwIfAborted()
    }
  }
  return subjects.map(({ name, layers, batch, steps, rows }) => ({
    network: name,
    layers,
    batch,
    stepMicroseconds: median(steps),
    rowMicroseconds: median(rows),
  }))
}

function subjectOf(network: Network, signal: AbortSignal): Subject {
  const { build, batch, input, classes } = network
  const model = build()
  const optimizer = new optim.AdamW(model.parameters())
  const criterion = new nn.CrossEntropyLoss()
  const x = randn([batch, ...input])
  const labels = Array.from({ length: batch }, (_, i) => i % classes)
  const y = tensor(labels, { dtype: 'int32' })
  const step = capture(() => {
    optimizer.zeroGrad()
    const prediction = model.forward(x)
    model.backwardParameters(x, criterion.backward(prediction, y))
    optimizer.step()
  })
  const row = x.narrow(0, 0, 1)
  const train = (times: number): Promise<unknown> => step.run({}, { times, signal })
  const answer = (): void => void noGrad(() => model.forward(row))
  return { ...network, train, answer, steps: [], rows: [] }
}

/** Microseconds of a call, from as many as fill the time. */
async function perCall(seconds: number, run: (times: number) => unknown): Promise<number> {
  for (let times = 1; ; times *= 2) {
    const started = performance.now()
    await run(times)
    const ms = performance.now() - started
    if (ms >= seconds * 500) return (ms * 1000) / times
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}
