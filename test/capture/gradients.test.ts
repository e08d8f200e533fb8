/** Whether a parameter has a gradient is decided in JavaScript; a captured step follows it. */
import { expect } from 'chai'

import {
  capture,
  CaptureError,
  manualSeed,
  mul,
  nn,
  ones,
  optim,
  type Tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const x = ones([2, 3])
const weightsOf = (model: nn.Module): number[][] =>
  model.parameters().map(({ data }) => Array.from(data))
const gradientsOf = (model: nn.Module): (number[] | null)[] =>
  model.parameters().map(({ grad }) => (grad === null ? null : Array.from(grad.data)))

function made() {
  manualSeed(2)
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 2))
  const optimizer = new optim.AdamW(model.parameters(), { lr: 0.1, weightDecay: 0.5 })
  const backward = (): void => {
    model.forward(x)
    model.backwardParameters(x, ones([2, 2]))
  }
  const step = (): void => {
    optimizer.zeroGrad()
    backward()
    optimizer.step()
  }
  return { model, optimizer, backward, step }
}

describe('gradients and capture', () => {
  eachBackend(() => {
    it('are null after a capture as before it, so that the next step moves nothing', () => {
      const { model, optimizer, step } = made()
      const before = weightsOf(model)
      capture(step)
      expect(gradientsOf(model)).to.deep.equal([null, null, null, null])
      optimizer.step()
      expect(weightsOf(model)).to.deep.equal(before)
      expect(optimizer.stateDict().state).to.deep.equal({})
    })

    it('after one that was refused, too', () => {
      const { model, optimizer, backward } = made()
      const before = weightsOf(model)
      expect(() => capture(backward)).to.throw(CaptureError, /zeroGrad/)
      const reads = (): Tensor => {
        backward()
        return ones([model.parameters()[0]!.grad!.data.length])
      }
      expect(() => capture(reads)).to.throw(CaptureError, /reading data/)
      expect(gradientsOf(model)).to.deep.equal([null, null, null, null])
      optimizer.step()
      expect(weightsOf(model)).to.deep.equal(before)
    })

    it('nor are there results that were never computed', () => {
      const { model, backward } = made()
      const criterion = new nn.MSELoss()
      const target = ones([2, 2])
      backward()
      const step = (): Tensor => criterion.forward(model.forward(x), target)
      capture(step)
      expect(() => capture(() => mul(step(), step().item()))).to.throw(CaptureError)
      expect(criterion.output).to.equal(null)
      for (const module of model.modules()) expect(module.output).to.equal(null)
      expect(() => model.backward(x, ones([2, 2]))).to.throw(ValueError, /before any forward/)
    })

    it('are those that were there, and after a run those of the step', async () => {
      const [eager, captured] = [made(), made()]
      captured.backward()
      const before = captured.model.parameters().map(({ grad }) => grad)
      const numbers = gradientsOf(captured.model)
      const step = capture(captured.step)
      captured.model.parameters().forEach(({ grad }, i) => {
        expect(grad).to.equal(before[i])
      })
      expect(gradientsOf(captured.model)).to.deep.equal(numbers)
      for (const way of ['run', 'runSync'] as const) {
        captured.optimizer.zeroGrad()
        if (way === 'run') await step.run()
        else step.runSync()
        eager.step()
        expect(gradientsOf(captured.model)).to.deep.equal(gradientsOf(eager.model))
        expect(weightsOf(captured.model)).to.deep.equal(weightsOf(eager.model))
      }
    })

    it('that add up are not forgotten in silence', () => {
      const { model, optimizer, backward } = made()
      backward()
      const step = capture(backward)
      step.runSync()
      const [, bias] = gradientsOf(model)
      optimizer.zeroGrad()
      expect(() => {
        step.runSync()
      }).to.throw(CaptureError, /zeroGrad/)
      backward()
      step.runSync()
      expect(gradientsOf(model)[1]).to.deep.equal(bias)
    })

    it('that come from outside are those of the moment', () => {
      const [eager, captured] = [made(), made()]
      const step = capture(() => {
        captured.optimizer.step()
      })
      const update = (of: typeof eager, run: () => void): number[][] => {
        of.backward()
        run()
        of.optimizer.zeroGrad()
        of.model.parameters()[1]!.grad = ones([4])
        run()
        of.optimizer.zeroGrad()
        run()
        return weightsOf(of.model)
      }
      const wanted = update(eager, () => {
        eager.optimizer.step()
      })
      const got = update(captured, () => {
        step.runSync()
      })
      expect(got).to.deep.equal(wanted)
    })
  })
})
