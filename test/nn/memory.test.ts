import { expect } from 'chai'

import { Generator, nn, optim, randn } from '../../ts/index.js'
import { collectGarbage } from '../support/collect-garbage.js'

describe('memory of a training loop', () => {
  it('is the same after 1,000 and after 5,000 steps that never leave JavaScript', function () {
    this.timeout(120_000)
    const generator = new Generator(1)
    const model = new nn.Sequential(
      new nn.Linear(32, 4, { generator }),
      new nn.ReLU(),
      new nn.Sequential(new nn.Linear(4, 4, { generator }), new nn.Sigmoid()),
      new nn.Linear(4, 4, { generator }),
    )
    const inputs = randn([256, 32], { generator })
    const targets = randn([256, 4], { generator })
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3, momentum: 0.9 })
    const criterion = new nn.MSELoss()
    const train = (steps: number): void => {
      for (let step = 0; step < steps; step++) {
        // a last batch that is smaller, as at the end of an epoch
        const rows = step % 10 === 9 ? 100 : 256
        const input = inputs.narrow(0, 0, rows).clone()
        const target = targets.narrow(0, 0, rows).clone()
        optimizer.zeroGrad()
        const prediction = model.forward(input)
        criterion.forward(prediction, target)
        model.backward(input, criterion.backward(prediction, target))
        optimizer.step()
      }
    }
    /** What stays after so many steps. When V8 collects garbage is its own affair, so it is told to. */
    const staysAfter = (steps: number): { arrays: number; resident: number } => {
      for (let done = 0; done < steps; done += 200) {
        train(200)
        // a collection frees the buffers that the last one found
        collectGarbage()
        collectGarbage()
      }
      const { arrayBuffers, rss } = process.memoryUsage()
      return { arrays: arrayBuffers, resident: rss }
    }
    const before = staysAfter(1000)
    const after = staysAfter(4000)
    // 4,000 steps make 300 MB of tensors, the smallest of which, the loss, would be 16 KB if it stayed
    expect(after.arrays - before.arrays).to.be.below(16 * 1000)
    expect(after.resident / before.resident).to.be.below(1.05)
  })
})
