// gradlane with the step captured: node --import tsx benchmarks/drivers/gradlane-captured.ts native|free
//
// The step takes the numbers of the batch's rows, so a whole epoch is one call, as JAX's lax.scan.
import type { Trial } from '../trials.js'
import { build, gradlane, rowsOf } from './build.js'
import { serve, type Session, type TrialFiles } from './serve.js'

const { arange, capture, data, randperm, zeros } = gradlane

const isFree = process.argv[2] === 'free'

function prepare(trial: Trial, files: TrialFiles): Session {
  const { model, criterion, optimizer, x, y } = build(trial, files, isFree)
  const { samples, batch, lossSamples } = trial
  const dataset = new data.TensorDataset([x, y])
  const step = capture(
    ({ rows }) => {
      const [input, target] = dataset.gather(rows)
      optimizer.zeroGrad()
      const prediction = model.forward(input)
      const loss = criterion.forward(prediction, target)
      if (isFree) loss.backward()
      else model.backwardParameters(input, criterion.backward(prediction, target))
      optimizer.step()
      return loss
    },
    { inputs: { rows: zeros([batch], { dtype: 'int32' }) } },
  )
  const epoch = Math.floor(samples / batch)
  const inOrder = arange(samples, { dtype: 'int32' })
  let next = 0

  return {
    run(steps) {
      for (let done = 0; done < steps;) {
        const count = Math.min(epoch, steps - done)
        const rows = rowsOf(randperm(samples), 0, count * batch)
        step.scanSync({ rows: rows.reshape([count, batch]) })
        done += count
      }
    },
    learn(steps) {
      for (let i = 0; i < steps; ++i) {
        step.runSync({ rows: rowsOf(inOrder, next * batch, batch) })
        next = (next + 1) % epoch
      }
    },
    loss() {
      const prediction = model.forward(rowsOf(x, 0, lossSamples))
      return criterion.forward(prediction, rowsOf(y, 0, lossSamples)).item()
    },
  }
}

gradlane.setBackend('native')
const { version, isa } = gradlane.info()
await serve({ gradlane: version, isa: isa ?? 'none' }, prepare)
