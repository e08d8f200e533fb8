// lock.mjs FILE: trains with a checkpoint at FILE, then says what became of it: done, or the error's code.
// With a third argument it trains until it is killed, and says `training` once it has begun.
import process from 'node:process'
import { parentPort, workerData } from 'node:worker_threads'

import { fit, nn, optim, tensor } from '../../../dist/index.js'

const [file, forever] = workerData ?? process.argv.slice(2)
const say = (text) => {
  if (parentPort) parentPort.postMessage(text)
  else process.stdout.write(`${text}\n`)
}
const model = new nn.Linear(2, 1)
const options = {
  criterion: new nn.MSELoss(),
  optimizer: new optim.SGD(model.parameters(), { lr: 1e-3 }),
  checkpoint: { path: file, everySteps: 1 },
  epochs: forever ? 1e9 : 1,
  callbacks: [{ onTrainBegin: () => say('training') }],
}
try {
  await fit(model, [tensor([[1, 2]]), tensor([[3]])], { ...options, resume: true })
  say('done')
} catch (error) {
  say(error.code)
}
