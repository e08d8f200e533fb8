import { expect } from 'chai'

import { capture, type CapturedStep, nn, randn, type Tensor, zeros, ones } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

function counting(): { counter: Tensor; step: CapturedStep<{ x: Tensor }, Tensor> } {
  const counter = zeros([1], { dtype: 'float64' })
  const holder = new nn.Parameter(counter)
  holder.grad = counter
  const linear = new nn.Linear(60, 60)
  const step = capture(
    ({ x }: { x: Tensor }) => {
      holder.addGrad(ones([1], { dtype: 'float64' }))
      return linear.forward(x)
    },
    { inputs: { x: randn([60, 60]) } },
  )
  return { counter, step }
}

describe('what onProgress throws', () => {
  eachBackend((backend) => {
    for (const how of ['run', 'scan'] as const) {
      it(`ends a ${how} after the step in progress, which rejects with it`, async () => {
        const { counter, step } = counting()
        const reason = new Error('a broken pipe')
        let calls = 0
        const options = {
          progressInterval: 0.1,
          onProgress: () => {
            calls++
            throw reason
          },
        }
        // so many steps that the test ends in time only if the run does
        const rows = backend === 'native' ? 20_000 : 2000
        const error = await (
          how === 'run'
            ? step.run({}, { ...options, times: 1e9 })
            : step.scan({ x: zeros([rows, 60, 60]) }, options)
        ).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        expect(error).to.equal(reason)
        expect(calls).to.be.at.least(1)
        expect(step.running).to.equal(false)
        const done = counter.item()
        expect(done).to.be.below(how === 'run' ? 1e9 : rows)
        await step.run({})
        expect(counter.item()).to.equal(done + 1)
      })
    }
  })
})
