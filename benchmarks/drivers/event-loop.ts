// How late timers are while a library trains 784-512-256-10 in this process by its own loop, with all
// threads: node --import tsx benchmarks/drivers/event-loop.ts gradlane|wasm|cpu|idle <seconds>
// Prints one line of JSON.
import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'

import type * as Gradlane from '../../ts/index.js'
import { quantile } from '../statistics.js'

const [driver = 'gradlane', seconds = '8'] = process.argv.slice(2)
const SAMPLES = 6000
const BATCH = 128
const TICK_MS = 10

const features = Float32Array.from({ length: SAMPLES * 784 }, () => Math.random())
const labels = Int32Array.from({ length: SAMPLES }, (_, i) => i % 10)

/** Trains until `stop` is called; resolves with the steps that were run. */
interface Training {
  readonly done: Promise<number>
  stop(): void
}

const trainings: Readonly<Record<string, () => Promise<Training>>> = {
  async gradlane() {
    const built = new URL('../../dist/index.js', import.meta.url).href
    const gradlane = (await import(built)) as typeof Gradlane
    const { data, fit, fromTypedArray, History, nn, optim } = gradlane
    const x = fromTypedArray(features, [SAMPLES, 784])
    const y = fromTypedArray(labels, [SAMPLES])
    const model = new nn.Sequential(
      ...[new nn.Linear(784, 512), new nn.ReLU(), new nn.Linear(512, 256), new nn.ReLU()],
      new nn.Linear(256, 10),
    )
    const controller = new AbortController()
    const history = new History()
    const loader = new data.DataLoader([x, y], { batchSize: BATCH, shuffle: true })
    const run = fit(model, loader, {
      criterion: new nn.CrossEntropyLoss(),
      optimizer: new optim.Adam(model.parameters()),
      epochs: 1e6,
      metrics: ['accuracy'],
      signal: controller.signal,
      history,
    })
    return {
      done: run.then(
        () => 0,
        (error: unknown) => {
          if (!controller.signal.aborted) throw error
          return history.epochs.length * loader.length
        },
      ),
      stop: () => {
        controller.abort()
      },
    }
  },
  wasm: () => tfjs('wasm'),
  cpu: () => tfjs('cpu'),
  async idle() {
    let stop = (): void => undefined
    const done = new Promise<number>((resolve) => {
      stop = () => {
        resolve(0)
      }
    })
    return Promise.resolve({ done, stop })
  },
}

async function tfjs(backend: string): Promise<Training> {
  const tf = await import('@tensorflow/tfjs')
  if (backend === 'wasm') {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
    const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
    setWasmPaths(dirname(entry) + sep)
  }
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend ${backend}`)
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 512, inputShape: [784], activation: 'relu' }),
      tf.layers.dense({ units: 256, activation: 'relu' }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  })
  const loss = 'categoricalCrossentropy'
  model.compile({ optimizer: tf.train.adam(), loss, metrics: ['accuracy'] })
  const x = tf.tensor(features, [SAMPLES, 784])
  const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 10)
  let steps = 0
  const onBatchEnd = (): void => {
    steps++
  }
  const options = { epochs: 1e6, batchSize: BATCH, shuffle: true, verbose: 0 as const }
  const run = model.fit(x, y, { ...options, callbacks: { onBatchEnd } })
  return {
    done: run.then(() => steps),
    stop: () => {
      model.stopTraining = true
    },
  }
}

const training = await trainings[driver]!()
await new Promise((resolve) => setTimeout(resolve, 1000)) // captures and compiles are not counted
const late: number[] = []
const start = performance.now()
let due = start + TICK_MS
const timer = setInterval(() => {
  const now = performance.now()
  late.push(Math.max(0, now - due))
  due = now + TICK_MS
}, TICK_MS)
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000))
clearInterval(timer)
const elapsed = performance.now() - start
training.stop()
const steps = await training.done
const onTime = late.filter((ms) => ms <= TICK_MS / 2).length / (elapsed / TICK_MS)
const figures = {
  p50: quantile(late, 0.5),
  p99: quantile(late, 0.99),
  worst: Math.max(...late),
  onTime: Math.min(1, onTime),
  stepsPerSecond: steps / (elapsed / 1000 + 1),
}
console.log(JSON.stringify(figures))
