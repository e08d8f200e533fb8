// Work that uses the addon and its thread pool, over the built package: what the other programs do
// in the main thread and in workers.
import { getNumThreads, manualSeed, nn, optim, randn, setNumThreads } from '../../../dist/index.js'

/** A function whose every call trains a fresh network for some steps; its loss is always the same. */
export function makeWork() {
  if (getNumThreads() < 2) setNumThreads(2)
  manualSeed(7)
  const [x, y] = [randn([64, 256]), randn([64, 16])] // products large enough to be split
  return () => {
    manualSeed(8)
    const model = new nn.Sequential(new nn.Linear(256, 192), new nn.ReLU(), new nn.Linear(192, 16))
    const criterion = new nn.MSELoss()
    const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 })
    let loss = NaN
    for (let step = 0; step < 5; step++) {
      optimizer.zeroGrad()
      const prediction = model.forward(x)
      loss = criterion.forward(prediction, y).item()
      model.backward(x, criterion.backward(prediction, y))
      optimizer.step()
    }
    return loss
  }
}
