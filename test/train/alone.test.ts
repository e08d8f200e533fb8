import { expect } from 'chai'

import {
  lrFind,
  lrFindSync,
  nn,
  optim,
  rand,
  sanityCheck,
  sanityCheckSync,
  type Tensor,
} from '../../ts/index.js'
import { processes, setProcesses } from '../../ts/kernels/processes.js'
import { timeLayers } from '../../ts/train/details/layers.js'
import { Modes } from '../../ts/train/modes.js'
import { finish } from '../../ts/train/task.js'

describe('a process among several', () => {
  const seen = new Set<number>()
  class Probe extends nn.Module {
    override forward(x: Tensor): Tensor {
      seen.add(processes())
      return x
    }
  }
  const model = new nn.Sequential(
    new nn.BatchNorm1d(6, { sync: true }),
    new Probe(),
    new nn.Linear(6, 6),
  )
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const sample = (samples: number): [Tensor, Tensor] => [rand([samples, 6]), rand([samples, 6])]
  const sweep = { criterion, optimizer, steps: 3 }
  const work: Readonly<Record<string, () => unknown>> = {
    'takes the times of layers': () =>
      finish(timeLayers(model, Modes.of(model), criterion, sample, 1000)),
    'looks for mistakes': () => sanityCheck(model, sample(8), { criterion, steps: 3 }),
    'looks for mistakes at once': () => sanityCheckSync(model, sample(8), { criterion, steps: 3 }),
    'looks for a learning rate': () => lrFind(model, [sample(8), sample(8), sample(8)], sweep),
    'looks for a learning rate at once': () =>
      lrFindSync(model, [sample(8), sample(8), sample(8)], sweep),
  }
  for (const [title, run] of Object.entries(work)) {
    it(`${title} for itself: how often it computes may differ`, async () => {
      seen.clear()
      setProcesses(3)
      try {
        await run()
        expect(processes()).to.equal(3)
      } finally {
        setProcesses(1)
      }
      expect([...seen]).to.deep.equal([1])
    })
  }
})
