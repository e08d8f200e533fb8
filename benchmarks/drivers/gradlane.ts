// gradlane itself, as an ordinary user writes it: node --import tsx benchmarks/drivers/gradlane.ts native|reference|free
import type { Trial } from '../trials.js'
import { build, endless, gradlane, rowsOf } from './build.js'
import { serve, type Session, type TrialFiles } from './serve.js'

/** Written as functions, for `loss.backward()`; otherwise of layers, whose backward is called by hand. */
const isFree = process.argv[2] === 'free'

function prepare(trial: Trial, files: TrialFiles): Session {
  const { model, criterion, optimizer, x, y, shuffled, inOrder } = build(trial, files, isFree)
  const next = endless(inOrder)

  const step = (input: typeof x, target: typeof y): void => {
    optimizer.zeroGrad()
    const prediction = model.forward(input)
    const loss = criterion.forward(prediction, target)
    if (isFree) loss.backward()
    else model.backwardParameters(input, criterion.backward(prediction, target))
    optimizer.step()
  }

  return {
    run(steps) {
      let done = 0
      while (done < steps) {
        for (const [input, target] of shuffled) {
          step(input, target)
          if (++done === steps) break
        }
      }
    },
    learn(steps) {
      for (let i = 0; i < steps; ++i) step(...next.next().value)
    },
    loss() {
      const prediction = model.forward(rowsOf(x, 0, trial.lossSamples))
      return criterion.forward(prediction, rowsOf(y, 0, trial.lossSamples)).item()
    },
  }
}

gradlane.setBackend(process.argv[2] === 'reference' ? 'reference' : 'native')
const { version, isa } = gradlane.info()
await serve({ gradlane: version, isa: isa ?? 'none' }, prepare)
