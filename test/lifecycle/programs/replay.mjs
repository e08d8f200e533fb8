// Replays that end in every way: replay.mjs finish|exit|worker-exit|terminate|collect
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

import { capture, nn, optim, randn, setNumThreads } from '../../../dist/index.js'

/** A step of about 100 us, some of it on two threads. */
function makeStep() {
  setNumThreads(2)
  const model = new nn.Sequential(new nn.Linear(256, 128), new nn.ReLU(), new nn.Linear(128, 64))
  const optimizer = new optim.Adam(model.parameters())
  const criterion = new nn.MSELoss()
  const x = randn([64, 256])
  const y = randn([64, 64])
  return capture(() => {
    optimizer.zeroGrad()
    const prediction = model.forward(x)
    const loss = criterion.forward(prediction, y)
    model.backwardParameters(x, criterion.backward(prediction, y))
    optimizer.step()
    return loss
  })
}

const threads = () => readdirSync('/proc/self/task').length
const mode = isMainThread ? process.argv[2] : workerData

switch (mode) {
  case 'finish': // nothing else keeps the process alive
    makeStep()
      .run({}, { times: 500 })
      .then((loss) => console.log(Number.isFinite(loss.item())))
    break
  case 'exit':
    makeStep().run({}, { times: 1e9, progressInterval: 1, onProgress: () => process.exit(7) })
    break
  case 'worker-exit':
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url), { workerData: mode })
      const [code] = await once(worker, 'exit')
      process.exitCode = code === 7 ? 7 : 1
    } else {
      makeStep().run({}, { times: 1e9, progressInterval: 1, onProgress: () => process.exit(7) })
    }
    break
  case 'terminate':
    if (isMainThread) {
      const step = makeStep()
      const before = step.runSync().item()
      for (let round = 0; round < 6; round++) {
        const url = new URL(import.meta.url)
        const workers = Array.from({ length: 4 }, () => new Worker(url, { workerData: mode }))
        await Promise.all(workers.map((worker) => once(worker, 'message')))
        await setTimeout(round * 5) // a different moment each time
        await Promise.all(workers.map((worker) => worker.terminate()))
        if (!(step.runSync().item() < before)) throw new Error('the main thread learns no more')
      }
      console.log('survived')
    } else {
      makeStep().run({}, { times: 1e9 })
      makeStep().run({}, { times: 1e9, progressInterval: 1, onProgress: () => {} })
      parentPort.postMessage('started')
    }
    break
  case 'collect': {
    const before = threads()
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 5; i++) await makeStep().run()
      global.gc()
      await setTimeout(1)
    }
    console.log(threads() - before < 20)
    break
  }
}
