// Workers that are terminated at random moments while they load the addon, ask for info(), make and
// start captured steps, or are refused: terminate-anywhere.mjs COUNT
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const TASKS = ['info', 'capture', 'start', 'refuse']

if (isMainThread) {
  const { makeWork } = await import('./work.mjs')
  const work = makeWork()
  const before = work()
  const spawn = (task) => new Worker(new URL(import.meta.url), { workerData: task })

  /** A round is one worker a task: in turn while they load, and once they have begun. */
  let loading = 200 // ms, as the last round found it
  const terminate = async (task, begun) => {
    const started = performance.now()
    const worker = spawn(task)
    if (begun) {
      await once(worker, 'message')
      loading = performance.now() - started
    }
    await setTimeout(Math.random() * (begun ? 10 : loading))
    await worker.terminate()
  }
  const count = Number(process.argv[2])
  for (let i = 0; i < count; i += TASKS.length) {
    const begun = (i / TASKS.length) % 2 === 0
    await Promise.all(TASKS.slice(0, count - i).map((task) => terminate(task, begun)))
  }
  if (work() !== before) throw new Error('the main thread computes something else')
  console.log('survived')
} else {
  const { capture, info, nn, randn, tensor } = await import('../../../dist/index.js')
  const model = new nn.Linear(4, 4)
  const criterion = new nn.CrossEntropyLoss()
  const x = randn([2, 4])
  const outside = tensor([4, 4], { dtype: 'int32' })
  const makeStep = () => capture(() => model.forward(x))
  const tasks = {
    info,
    capture: makeStep,
    start: () => makeStep().run({}, { times: 3, progressInterval: 1, onProgress: () => {} }),
    refuse: () => {
      try {
        criterion.forward(x, outside)
      } catch {
        // by the addon, as it should
      }
    },
  }
  parentPort.postMessage('began')
  for (;;) await tasks[workerData]()
}
